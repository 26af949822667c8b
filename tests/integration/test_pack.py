"""会议材料包: what stands in the archive, under which names, for whom, and that it is never held as a whole."""

import hashlib
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach
from audit.models import Event
from governance import pack
from governance.models import AgendaItem, ItemReader, Meeting, Secrecy
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import signed_in, text_of

pytestmark = pytest.mark.django_db
SECRET = "金丝雀任免"


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """Three items, the first two with files."""
    meeting = factories.make_meeting(cast, matters=("P01", "P21", "P24"), at=timezone.now() + timedelta(days=4))
    put(cast, meeting, 1, "方案.pdf", b"%PDF-1.4 one")
    put(cast, meeting, 1, "方案.pdf", b"%PDF-1.4 two")
    put(cast, meeting, 1, "方案.PDF", b"%PDF-1.4 three")
    put(cast, meeting, 2, "说明.txt", "预算".encode())
    return meeting


def put(cast: Cast, meeting: Meeting, order: int, name: str, content: bytes) -> Attachment:
    item = meeting.items.get(order=order)
    AgendaItem.objects.filter(pk=item.pk).update(materials=item.materials + 1)
    upload = SimpleUploadedFile(name, content)
    return attach(upload=upload, on=item, school=cast.school, by=cast.user("clerk"), at=timezone.now())


def url(meeting: Meeting) -> str:
    return reverse("governance:pack", args=[meeting.pk])


def taken(user: User, meeting: Meeting) -> ZipFile:
    answer = signed_in(user).get(url(meeting))
    assert answer.status_code == 200 and answer.streaming and answer.headers["Content-Type"] == "application/zip"
    return ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]


def index(archive: ZipFile) -> str:
    return archive.read("index.html").decode()


def test_each_item_has_its_folder_and_no_two_files_share_a_name(cast: Cast, meeting: Meeting) -> None:
    archive = taken(cast.user("deputy"), meeting)
    assert archive.testzip() is None
    assert archive.namelist() == [
        "index.html",
        "style.css",
        "01 议题1/方案.pdf",
        "01 议题1/方案 (2).pdf",
        "01 议题1/方案 (3).PDF",
        "02 议题2/说明.txt",
    ]
    assert archive.read("01 议题1/方案 (2).pdf") == b"%PDF-1.4 two"
    assert len({name.casefold() for name in archive.namelist()}) == 6


def test_the_offline_page_lists_agenda_files_sizes_and_digests(cast: Cast, meeting: Meeting) -> None:
    archive = taken(cast.user("deputy"), meeting)
    html = index(archive)
    assert "3 个议题，4 份材料" in html and "没有材料" in html and "<script" not in html and "http" not in html
    for name in archive.namelist()[2:]:
        content = archive.read(name)
        assert hashlib.sha256(content).hexdigest() in html and f">{len(content)}<" in html
    links = re.findall(r'href="([^"]+)"', html)
    assert {unquote(link) for link in links} == set(archive.namelist()[1:]), "links work from the unpacked folder"


NAMES = (
    ("../../etc/passwd", "_._etc_passwd"),
    ("..", "未命名"),
    ("", "未命名"),
    ("a\x00b\u202ec\nd.pdf", "abcd.pdf"),
    ('<>:"/\\|?*.pdf', "_________.pdf"),
    ("CON", "_CON"),
    ("nul.txt", "_nul.txt"),
    ("末尾有点...", "末尾有点"),
    ("长" * 300 + ".docx", "长" * 55 + ".docx"),
    ("C:\\temp\\x.pdf", "C__temp_x.pdf"),
)


@pytest.mark.parametrize(("raw", "safe"), NAMES)
def test_names_never_lead_out_of_their_folder(raw: str, safe: str) -> None:
    made = pack.safe_name(raw, 60)
    assert made == safe.strip(" .") or made == safe
    assert not set('<>:"/\\|?*\x00') & set(made) and made not in (".", "..") and len(made) <= 61


def test_titles_that_mean_harm_stay_inside_the_archive(cast: Cast, meeting: Meeting) -> None:
    AgendaItem.objects.filter(meeting=meeting, order=2).update(title='../..\\x<script>alert(1)</script>"')
    archive = taken(cast.user("deputy"), meeting)
    for name in archive.namelist():
        assert ".." not in name.split("/") and "\\" not in name and not name.startswith("/") and name.count("/") <= 1
    assert "<script>" not in index(archive)


def test_items_that_may_not_be_read_are_named_by_number_alone(cast: Cast, meeting: Meeting) -> None:
    put(cast, meeting, 2, f"{SECRET}.txt", SECRET.encode())
    item = meeting.items.get(order=2)
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED, title=SECRET)
    ItemReader.objects.create(item=item, person=cast.people["secretary"])
    for user in (cast.user("deputy"), factories.make_bureau()):
        archive = taken(user, meeting)
        assert not any(name.startswith("02") for name in archive.namelist())
        assert "2. 限定人员议题，无权查看" in index(archive)
        everything = "".join(archive.namelist()) + "".join(archive.read(n).decode() for n in archive.namelist())
        assert SECRET not in everything
    archive = taken(cast.user("secretary"), meeting)
    assert f"02 {SECRET}/{SECRET}.txt" in archive.namelist()
    assert Event.objects.filter(kind="governance.item.read", actor=cast.user("secretary")).count() == 1


def test_taking_it_is_recorded_and_looking_at_the_head_is_not(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("deputy"))
    assert client.head(url(meeting)).status_code == 200
    assert not Event.objects.filter(kind="governance.meeting.pack_taken").exists()
    b"".join(client.get(url(meeting)).streaming_content)  # type: ignore[attr-defined]
    fact = Event.objects.get(kind="governance.meeting.pack_taken")
    assert fact.actor == cast.user("deputy") and fact.data["files"] == 4
    assert fact.data["size"] == sum(Attachment.objects.values_list("size", flat=True))


def test_a_file_whose_bytes_are_gone_is_named_and_the_rest_comes(cast: Cast, meeting: Meeting) -> None:
    lost = Attachment.objects.get(name="说明.txt")
    lost.file.storage.delete(lost.file.name)
    archive = taken(cast.user("deputy"), meeting)
    assert len(archive.namelist()) == 5 and "说明.txt（服务器上找不到这个文件" in index(archive)


def test_the_archive_is_written_piece_by_piece(cast: Cast, meeting: Meeting) -> None:
    big = b"%PDF-1.4" + bytes(3_000_000)
    put(cast, meeting, 3, "大.pdf", big)
    found = Meeting.objects.select_related("school").prefetch_related("items").get(pk=meeting.pk)
    made = pack.pack_of(found, found.items.all())
    longest, total = 0, 0
    for part in pack.streamed(made):
        longest, total = max(longest, len(part)), total + len(part)
    assert total > 3_000_000 and longest < 3 * pack.CHUNK


def test_strangers_learn_nothing_and_the_page_offers_it_where_there_are_materials(cast: Cast, meeting: Meeting) -> None:
    other = factories.make_cast("FH002")
    assert signed_in(other.user("secretary")).get(url(meeting)).status_code == 404
    assert "材料包" in text_of(signed_in(cast.user("deputy")).get(meeting.get_absolute_url()))
    empty = factories.make_meeting(cast)
    assert "材料包" not in text_of(signed_in(cast.user("deputy")).get(empty.get_absolute_url()))


def test_it_costs_the_same_for_1_and_20_items(cast: Cast) -> None:
    counts = []
    for number in (1, 20):
        meeting = factories.make_meeting(cast, matters=tuple(["P01"] * number))
        for order in range(1, number + 1):
            put(cast, meeting, order, "方案.pdf", b"%PDF-1.4")
        client = signed_in(cast.user("deputy"))
        client.get("/me/")
        with CaptureQueriesContext(connection) as counted:
            b"".join(client.get(url(meeting)).streaming_content)  # type: ignore[attr-defined]
        counts.append(len(counted))
    assert counts[0] == counts[1]
