"""归档: scans of the signed original, and what the archive waits for (structures.md 5.5)."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from audit.models import Event
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.guards import open_actions
from governance.keeping import scans_of
from governance.models import AgendaItem, Meeting, Secrecy
from reports.selectors.overview import overview_of
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
PDF, JPG = b"%PDF-1.4 signed", b"\xff\xd8\xff scanned"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def signed(cast: Cast) -> Meeting:
    return factories.make_signed(cast)


def scan(name: str = "签字原件.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def attach(cast: Cast, meeting: Meeting, *files: SimpleUploadedFile, role: str = "clerk", **values: Any) -> Meeting:
    given = {"files": files, "by": cast.user(role), "at": timezone.now()} | values
    return services.attach_scans(meeting=meeting, **given)


def remove(cast: Cast, meeting: Meeting, pk: Any, role: str = "clerk") -> Meeting:
    return services.remove_scan(meeting=meeting, scan=pk, by=cast.user(role), at=timezone.now())


def archive(cast: Cast, meeting: Meeting, role: str = "clerk", **values: Any) -> Meeting:
    return services.archive_meeting(meeting=meeting, by=cast.user(role), at=timezone.now(), **values)


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def web(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_archive_waits_for_the_signed_original(cast: Cast, signed: Meeting) -> None:
    with pytest.raises(WrongState, match="还缺签字扫描件"):
        archive(cast, signed)
    assert "archive" not in {step.name for step in open_actions(signed, cast.user("clerk"))}
    meeting = attach(cast, signed, scan(), scan("第2页.jpg", JPG))
    assert {file.name for file in scans_of(meeting)} == {"签字原件.pdf", "第2页.jpg"}
    assert "archive" in {step.name for step in open_actions(meeting, cast.user("clerk"))}
    meeting = archive(cast, meeting)
    assert (meeting.status, meeting.archived_by) == ("archived", cast.user("clerk"))
    assert Event.objects.get(kind="governance.meeting.archived").data["scans"] == 2
    with pytest.raises(WrongState, match="现在是“已归档”"):
        archive(cast, meeting)


def test_lists_and_figures_count_an_archived_meeting_among_the_signed(cast: Cast, signed: Meeting) -> None:
    meeting = archive(cast, attach(cast, signed, scan()))
    client = web(cast.user("secretary"))
    for status, found in (("signed", True), ("archived", True), ("minuted", False)):
        answer = client.get(reverse("governance:meetings"), {"status": status})
        assert (str(meeting.pk) in answer.content.decode()) is found, status
    assert overview_of(factories.make_bureau(), timezone.localdate()).total.numbers.signed == 1


def test_who_records_archives_and_nobody_else(cast: Cast, signed: Meeting) -> None:
    meeting = attach(cast, signed, scan())
    for role in ("deputy", "member"):
        with pytest.raises(NotAllowed):
            archive(cast, meeting, role)
        with pytest.raises(NotAllowed):
            attach(cast, meeting, scan(), role=role)
    with pytest.raises(Stale):
        archive(cast, meeting, version=signed.version)
    archive(cast, meeting, "secretary")


def test_scans_come_after_the_signature_and_go_before_the_archive(cast: Cast, signed: Meeting) -> None:
    with pytest.raises(WrongState, match="签发后再上传"):
        attach(cast, factories.make_minuted(cast), scan())
    meeting = attach(cast, signed, scan("a.pdf"), scan("b.pdf"))
    first, second = scans_of(meeting)
    meeting = remove(cast, meeting, first.pk)
    with pytest.raises(WrongState, match="已经移除"):
        remove(cast, meeting, first.pk)
    meeting = archive(cast, meeting)
    with pytest.raises(WrongState, match="扫描件不能再移除"):
        remove(cast, meeting, second.pk)
    attach(cast, meeting, scan("更正页.pdf"))
    assert Attachment.objects.count() == 2


def test_only_scans_are_taken_and_every_fault_is_named(cast: Cast, signed: Meeting) -> None:
    faulty = (scan("纪要.docx", b"PK\x03\x04"), scan("空.pdf", b""), scan("假.jpg", b"MZ no picture"))
    with pytest.raises(InvalidInput) as refused:
        attach(cast, signed, *faulty)
    said = [fault.reason for fault in refused.value.faults]
    assert len(said) == 3 and "“纪要.docx”不是扫描件" in said[0]
    with pytest.raises(InvalidInput, match="选择签字后的纪要扫描件"):
        attach(cast, signed)
    with pytest.raises(InvalidInput, match="一次最多传 9 份"):
        attach(cast, signed, *(scan(f"{n}.pdf") for n in range(10)))
    assert not Attachment.objects.exists()


def test_an_archived_meeting_cannot_be_changed_by_sql(cast: Cast, signed: Meeting) -> None:
    meeting = archive(cast, attach(cast, signed, scan()))
    for values in ({"status": "held"}, {"seal": "0" * 64}, {"place": "别处"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Meeting.objects.filter(pk=meeting.pk).update(**values)


def test_the_page_takes_scans_and_shows_how_long_they_are_kept(cast: Cast, signed: Meeting, settings: Any) -> None:
    client, url = web(cast.user("clerk")), reverse("governance:scans", args=[signed.pk])
    shown = words(client.get(signed.get_absolute_url()))
    assert "保管期限：永久" in shown and "还没有签字扫描件" in shown and "非涉密系统，不得上传涉密文件" in shown
    refused = client.post(url, {"version": signed.version, "scans": [scan("a.exe")]})
    assert refused.status_code == 422 and "不是扫描件" in words(refused)
    answer = client.post(url, {"version": signed.version, "scans": [scan()]}, follow=True)
    assert "签字扫描件已上传" in words(answer) and "签字原件.pdf" in words(answer)
    assert reverse("governance:meeting-action", args=[signed.pk, "archive"]) in answer.content.decode()
    assert "上传扫描件" not in words(web(cast.user("deputy")).get(signed.get_absolute_url()))
    version = Meeting.objects.get(pk=signed.pk).version
    key = Attachment.objects.get().pk
    assert client.post(url, {"version": version, "remove": str(key)}).status_code == 302
    assert not Attachment.objects.exists()
    settings.MINUTES_RETENTION = "30 年"
    assert "保管期限：30 年" in words(client.get(signed.get_absolute_url()))


def test_scans_with_a_restricted_item_are_for_its_readers(cast: Cast, signed: Meeting) -> None:
    meeting = attach(cast, signed, scan("金丝雀.pdf"))
    file = scans_of(meeting)[0]
    deputy = web(cast.user("deputy"))
    answer = deputy.get(file.get_absolute_url())
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    AgendaItem.objects.filter(meeting=signed).update(secrecy=Secrecy.RESTRICTED)
    assert "金丝雀" not in words(deputy.get(signed.get_absolute_url()))
    assert deputy.get(file.get_absolute_url()).status_code == 404


def test_a_meeting_is_archived_by_api(cast: Cast, signed: Meeting) -> None:
    client, path = web(cast.user("clerk")), f"/api/v1/governance/meetings/{signed.pk}/"
    refused = client.post(f"{path}actions/archive/", {}, content_type="application/json")
    assert refused.status_code == 409 and "还缺签字扫描件" in refused.json()["detail"]
    attach(cast, signed, scan())
    assert client.get(path).json()["actions"] == ["archive", "correct"]
    body = client.post(f"{path}actions/archive/", {}, content_type="application/json").json()
    assert (body["status"], body["actions"]) == ("archived", ["correct"])
