"""检查卷宗: asked for by who may, made in the background, complete, checkable, without a word that one may not read."""

import hashlib
import json
import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.services import attach
from audit.models import Event
from common.errors import InvalidInput, NotAllowed, WrongState
from governance.models import AgendaItem, Dossier, DossierStatus, ItemReader, Meeting
from governance.models.items import Secrecy
from governance.services import dossier as service
from governance.tasks import dossiers, expire
from schools.permissions import Body, Post
from tests import factories

pytestmark = pytest.mark.django_db
ARCHIVE = "/governance/archive/"


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001", "松风中学")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(cast: factories.Cast, user: User, **values: Any) -> Dossier:
    today = timezone.localdate()
    given = {"body": "", "since": today - timedelta(days=30), "until": today, **values}
    return service.request_dossier(school=cast.school, by=user, at=timezone.now(), **given)


def made(cast: factories.Cast, user: User, **values: Any) -> tuple[Dossier, ZipFile]:
    """A finished dossier, fetched through its door."""
    dossier = ask(cast, user, **values)
    dossiers()
    dossier.refresh_from_db()
    assert dossier.status == DossierStatus.DONE
    answer = client_of(user).get(reverse("governance:dossier", args=[dossier.pk]))
    assert answer.status_code == 200
    return dossier, ZipFile(BytesIO(b"".join(answer.streaming_content)))


def words_of(archive: ZipFile) -> str:
    """All text in the ZIP: pages, and the XML inside of the Word files."""
    said = []
    for name in archive.namelist():
        content = archive.read(name)
        if name.endswith(".docx"):
            inner = ZipFile(BytesIO(content))
            content = b"".join(inner.read(part) for part in inner.namelist() if part.endswith(".xml"))
        said.append(name + content.decode("utf-8", "replace"))
    return "".join(said)


def test_a_dossier_holds_everything_and_every_sum_is_right(cast: factories.Cast) -> None:
    meeting = factories.make_recorded(cast)
    attach(
        upload=SimpleUploadedFile("方案.txt", "食材检测方案".encode()), on=meeting.items.get(), school=cast.school,
        by=cast.user("clerk"), at=timezone.now(),
    )  # fmt: skip
    dossier, archive = made(cast, cast.user("secretary"))
    folder = f"{meeting.number()} 党组织会议"
    names = set(archive.namelist())
    assert {
        "index.html", "style.css", "manifest.json", "SHA256SUMS", f"{folder}/会议.html", f"{folder}/纪要.html",
        f"{folder}/纪要.docx", f"{folder}/表决票汇总.docx", f"{folder}/签到表.docx", f"{folder}/材料/01 议题1/方案.txt",
    } == names  # fmt: skip
    sums = dict(line.split("  ", 1)[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == names - {"SHA256SUMS"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())
    manifest = json.loads(archive.read("manifest.json"))
    assert {row["path"] for row in manifest["files"]} == names - {"SHA256SUMS", "manifest.json"}
    assert (manifest["meetings"], manifest["withheld"]) == (1, [])
    page = archive.read(f"{folder}/会议.html").decode()
    for word in ("沈书记01", "举手", "方案.txt", "应到 4 人"):
        assert word in page, word
    assert (dossier.meetings_done, dossier.percent) == (1, 100)
    assert Event.objects.filter(kind="governance.dossier.downloaded", subject__contains=str(dossier.pk)).count() == 1


def test_its_pages_work_from_a_folder_without_scripts_and_every_link_leads_somewhere(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    factories.make_recorded(cast, Body.PRINCIPAL, matters=("A10",))
    _, archive = made(cast, cast.user("secretary"))
    from urllib.parse import unquote

    names = set(archive.namelist())
    pages = [name for name in names if name.endswith(".html")]
    assert len(pages) == 5
    for name in pages:
        html = archive.read(name).decode()
        assert "<script" not in html and "http" not in html and " style=" not in html
        here = name.split("/")[:-1]
        for link in re.findall(r'(?:href|src)="([^"]+)"', html):
            parts = [*here]
            for piece in unquote(link).split("/"):
                parts = parts[:-1] if piece == ".." else [*parts, piece]
            assert "/".join(parts) in names, (name, link)


def test_signed_meetings_bring_results_decisions_and_tasks(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    _, archive = made(cast, cast.user("secretary"))
    page = archive.read(f"{meeting.number()} 党组织会议/会议.html").decode()
    decision = meeting.decisions.get()
    for word in (decision.number, "完成专题学习", "符合", "R-Q01", meeting.seal):
        assert word in page, word


def test_restricted_items_are_left_out_and_told_as_withheld(cast: factories.Cast) -> None:
    meeting = factories.make_recorded(cast, matters=("P01", "P02"))
    first = meeting.items.order_by("order").first()
    assert first is not None
    AgendaItem.objects.filter(pk=first.pk).update(title="干部任免金丝雀", decision_text="金丝雀决定", summary="金丝雀")
    attach(
        upload=SimpleUploadedFile("金丝雀.txt", "金丝雀".encode()), on=first, school=cast.school, by=cast.user("clerk"),
        at=timezone.now(),
    )  # fmt: skip
    attach(
        upload=SimpleUploadedFile("扫描.txt", "金丝雀原件".encode()), on=meeting, school=cast.school,
        by=cast.user("clerk"), at=timezone.now(),
    )  # fmt: skip
    AgendaItem.objects.filter(pk=first.pk).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.filter(item=first).delete()
    ItemReader.objects.create(item=first, person=cast.people["principal"])
    dossier, archive = made(cast, factories.make_bureau())
    assert "金丝雀" not in words_of(archive)
    assert "限定人员议题，无权查看" in words_of(archive) and dossier.withheld == 1
    assert json.loads(archive.read("manifest.json"))["withheld"] == [
        {"meeting": meeting.number(), "body": "party", "order": 1}
    ]
    _, whole = made(cast, cast.user("principal"))
    assert "干部任免金丝雀" in words_of(whole) and any("签发件" in name for name in whole.namelist())


def test_the_bureau_leaves_its_trace_at_each_meeting(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    made(cast, factories.make_bureau(Post.SUPERVISOR))
    assert Event.objects.filter(kind="governance.meeting.read", subject=f"governance.meeting:{meeting.pk}").count() == 1


def test_only_who_sees_the_schools_meetings_as_a_whole_may_ask(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    stranger = factories.make_cast("FH002", "竹坞小学", office="城西教办")
    today = timezone.localdate()
    for user in (cast.user("member"), cast.user("team"), factories.make_office_user(), stranger.user("secretary")):
        with pytest.raises(NotAllowed):
            ask(cast, user)
    assert client_of(cast.user("member")).get(ARCHIVE).status_code == 404
    given = {"school": "FH001", "since": today.isoformat(), "until": today.isoformat()}
    answer = client_of(stranger.user("secretary")).post(ARCHIVE, given)
    assert answer.status_code == 422 and not Dossier.objects.exists()
    for role in ("secretary", "principal", "clerk"):
        assert ask(cast, cast.user(role))


def test_it_is_for_the_requester_alone_and_for_a_week(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    dossier, _ = made(cast, cast.user("secretary"))
    url = reverse("governance:dossier", args=[dossier.pk])
    for user in (cast.user("principal"), factories.make_bureau()):
        assert client_of(user).get(url).status_code == 404
    storage, name = dossier.file.storage, dossier.file.name
    Dossier.objects.filter(pk=dossier.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    answer = client_of(cast.user("secretary")).get(url, follow=True)
    assert "已到期" in answer.content.decode()
    assert storage.exists(name)


def test_after_a_week_the_file_is_removed(cast: factories.Cast, django_capture_on_commit_callbacks: Any) -> None:
    factories.make_recorded(cast)
    dossier, _ = made(cast, cast.user("secretary"))
    storage, name = dossier.file.storage, dossier.file.name
    Dossier.objects.filter(pk=dossier.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        expire()
    dossier.refresh_from_db()
    assert (dossier.status, dossier.file.name) == (DossierStatus.EXPIRED, "") and not storage.exists(name)


def test_a_file_with_words_that_became_restricted_is_not_given_out(cast: factories.Cast) -> None:
    meeting = factories.make_recorded(cast)
    dossier, _ = made(cast, cast.user("secretary"))
    AgendaItem.objects.filter(meeting=meeting).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.filter(item__meeting=meeting).delete()
    with pytest.raises(WrongState, match="知悉范围"):
        service.take_dossier(dossier=dossier, by=cast.user("secretary"), at=timezone.now())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"since": date(2026, 2, 1), "until": date(2026, 1, 1)}, "开始日期之后"),
        ({"since": date(2010, 1, 1)}, "三年"),
        ({"since": date(2001, 1, 1), "until": date(2001, 2, 1)}, "没有召开过会议"),
        ({"body": "council"}, "选党组织会议"),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_to_do(cast: factories.Cast, values: Any, words: str) -> None:
    factories.make_recorded(cast)
    with pytest.raises(InvalidInput) as refusal:
        ask(cast, cast.user("secretary"), **values)
    assert words in refusal.value.faults[0].reason


def test_drafts_and_other_bodies_are_not_in_it(cast: factories.Cast) -> None:
    held = factories.make_recorded(cast)
    factories.make_meeting(cast)
    factories.make_recorded(cast, Body.PRINCIPAL, matters=("A10",))
    dossier, _ = made(cast, cast.user("secretary"), body="party")
    assert dossier.meetings_total == 1
    assert dossier.included == [str(pk) for pk in Meeting.objects.get(pk=held.pk).items.values_list("pk", flat=True)]


def test_the_page_shows_progress_and_then_the_file(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    client, today = client_of(cast.user("clerk")), timezone.localdate()
    given = {"school": "FH001", "body": "", "since": f"{today.year}-01-01", "until": today.isoformat()}
    answer = client.post(ARCHIVE, given, follow=True)
    page = answer.content.decode()
    assert "已开始生成" in page and 'hx-trigger="every 2s"' in page and "等待开始" in page
    part = client.get(ARCHIVE, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section") and "0 / 1" in part
    dossiers()
    page = client.get(ARCHIVE).content.decode()
    assert "可以下载" in page and "hx-trigger" not in page


def test_a_worker_that_fails_or_dies_three_times_ends_it(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_recorded(cast)
    dossier = ask(cast, cast.user("secretary"))
    at = timezone.now()
    for round_ in range(service.TRIES):
        assert service.claim_dossier(at=at + service.SILENT_AFTER * 2 * round_) == dossier
    last = service.claim_dossier(at=at + service.SILENT_AFTER * 20)
    assert last is not None
    service.make_dossier(last)
    dossier.refresh_from_db()
    assert dossier.status == DossierStatus.FAILED
    again = ask(cast, cast.user("secretary"))
    monkeypatch.setattr(service, "_make", lambda _: 1 / 0)
    dossiers()
    again.refresh_from_db()
    assert again.status == DossierStatus.FAILED
    assert "没有生成" in client_of(cast.user("secretary")).get(ARCHIVE).content.decode()


def test_a_live_worker_is_not_taken_over(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    ask(cast, cast.user("secretary"))
    at = timezone.now()
    assert service.claim_dossier(at=at) and service.claim_dossier(at=at) is None


def test_no_more_than_three_wait_at_once(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    for _ in range(service.WAITING_AT_ONCE):
        ask(cast, cast.user("secretary"))
    with pytest.raises(WrongState, match="还有卷宗"):
        ask(cast, cast.user("secretary"))
