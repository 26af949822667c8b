"""全文搜索: words of items, minutes, topics and files, in Chinese and pinyin, and nothing of what one may not read."""

from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from attachments import texts
from attachments.models import Attachment, AttachmentText, TextState
from attachments.services import attach, detach
from attachments.tasks import read_waiting
from audit.models import Event
from governance.models import AgendaItem, ItemReader, Meeting, Topic, TopicReader
from governance.models.items import Secrecy
from reports import fulltext, indexing
from reports.grams import asked, for_fts5, for_tsquery, grams_of, snippet
from reports.models import SearchNote, SearchText, TextKind
from reports.tasks import index
from schools.permissions import Post
from tests import factories

pytestmark = pytest.mark.django_db
SEARCH = "/search/"


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001", "松风中学")


@pytest.fixture
def stranger() -> factories.Cast:
    return factories.make_cast("FH002", "竹坞小学", office="城西教办")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def page(user: User, term: str, **asked_for: str) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(SEARCH, {"q": term, **asked_for})
    assert answer.status_code == 200
    return answer


def hits(user: User, term: str, **asked_for: str) -> list[tuple[str, str]]:
    """Kind and title of what is found."""
    return [
        (hit.kind.value, "".join(piece.text for piece in hit.title))
        for hit in page(user, term, **asked_for).context["hits"].rows
    ]


def meeting_with(cast: factories.Cast, title: str, summary: str = "", decided: str = "") -> Meeting:
    """A held meeting with one item of those words, indexed."""
    meeting = factories.make_held(cast)
    AgendaItem.objects.filter(meeting=meeting).update(title=title, summary=summary, decision_text=decided)
    index()
    return meeting


def make_topic(cast: factories.Cast, title: str, **values: Any) -> Topic:
    at = timezone.now()
    given = {
        "proposer": cast.people["member"], "entered_by": cast.user("member"), "status": "submitted", "year": 2026,
        "serial": 7, "submitted_at": at, "submitted_by": cast.user("member"), **values,
    }  # fmt: skip
    topic = Topic(school=cast.school, body="party", title=title, **given)
    topic.commit(at)
    indexing.index_topics([topic.pk])
    return topic


def attach_text(meeting: Meeting, words: str, cast: factories.Cast, name: str = "方案.txt") -> Attachment:
    item = meeting.items.get()
    upload = SimpleUploadedFile(name, words.encode())
    return attach(upload=upload, on=item, school=cast.school, by=cast.user("clerk"), at=timezone.now())


# ---- finding ----


@pytest.mark.parametrize(
    "term",
    [
        "食堂",
        "堂承",
        "食堂承包招标方案",
        "案",
        "招标 食堂",
        "ｓｈｉｔａｎｇ",
        "shitangchengbao",
        "chengbao",
        "stcb",
        "tcb",
    ],
)
def test_an_item_is_found_by_any_part_of_its_title_and_by_pinyin(cast: factories.Cast, term: str) -> None:
    meeting_with(cast, "食堂承包招标方案")
    assert hits(cast.user("secretary"), term) == [("item", "食堂承包招标方案")]


@pytest.mark.parametrize("term", ["食堂方案", "招食", "tangshi", "不存在", "食堂 门卫"])
def test_words_that_do_not_stand_together_are_not_a_hit(cast: factories.Cast, term: str) -> None:
    meeting_with(cast, "食堂承包招标方案")
    assert hits(cast.user("secretary"), term) == []


def test_summary_and_minutes_are_found_with_the_place_marked_and_escaped(cast: factories.Cast) -> None:
    meeting_with(
        cast,
        "采购",
        "为<b>改善</b>就餐条件" + "，说明" * 60 + "引入第三方食材检测机构" + "，另议" * 60,
        "同意引入检测机构。",
    )
    answer = page(cast.user("secretary"), "检测机构")
    found = {hit.kind.value: hit for hit in answer.context["hits"].rows}
    assert set(found) == {"item", "minutes"}
    assert [piece.text for piece in found["item"].text if piece.hit] == ["检测机构"]
    html = answer.content.decode()
    assert "<mark>检测机构</mark>" in html
    html = page(cast.user("secretary"), "就餐条件").content.decode()
    assert "&lt;b&gt;改善&lt;/b&gt;<mark>就餐条件</mark>" in html and "<b>改善" not in html


def test_signed_minutes_are_found_by_their_sealed_words(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    index()
    assert ("minutes", "议题1") in hits(cast.user("secretary"), "会议同意")
    assert meeting.get_absolute_url() in page(cast.user("secretary"), "会议同意").content.decode()


def test_topics_and_files_are_found_and_counted_by_kind(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "实验室改造")
    make_topic(cast, "实验室改造", background="线路老化")
    attach_text(meeting, "实验室改造预算明细", cast, "预算.txt")
    read_waiting()
    index()
    answer = page(cast.user("secretary"), "实验室")
    assert answer.context["hits"].counts == {"item": 1, "topic": 1, "file": 1}
    assert [tab["label"] for tab in answer.context["tabs"]] == ["全部", "议题", "议题库", "附件"]
    assert hits(cast.user("secretary"), "实验室", kind="file") == [("file", "预算.txt")]
    assert hits(cast.user("secretary"), "预算明细") == [("file", "预算.txt")]


def test_filters_by_school_body_and_year(cast: factories.Cast, stranger: factories.Cast) -> None:
    meeting_with(cast, "安全检查")
    meeting_with(stranger, "安全检查")
    organiser = factories.make_bureau()
    year = str(timezone.localdate().year)
    assert len(hits(organiser, "安全检查")) == 2
    assert len(hits(organiser, "安全检查", school="FH002", body="party", year=year)) == 1
    assert hits(organiser, "安全检查", body="principal") == [] == hits(organiser, "安全检查", year="2001")
    for nonsense in ({"school": "FH999"}, {"year": "19x9"}, {"body": "'"}, {"kind": "\U0001f600"}, {"cursor": "@@"}):
        assert len(hits(organiser, "安全检查", **nonsense)) == 2


@pytest.mark.parametrize(
    "term",
    ["'", '"', "* OR *", "NEAR(", "a' | 'b", "\\", ":*", "&", "-- ", "（）", "🐉", "〇", "a" * 50, "AND", "rowid"],
)
def test_no_question_is_an_error_of_the_index(cast: factories.Cast, term: str) -> None:
    meeting_with(cast, "议题")
    assert page(cast.user("secretary"), term).status_code == 200


def test_pages_of_hits_follow_each_other(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "开头")
    rows = [
        indexing._rows(meeting, TextKind.ITEM, f"安全检查第{n}号", "", meeting=meeting, item=meeting.items.get())
        for n in range(fulltext.SIZE + 3)
    ]
    SearchText.objects.bulk_create([row for one in rows for row in one])
    seen = SearchText.objects.filter(title__startswith="安全").count()
    filters = fulltext.TextFilters()
    user = cast.user("secretary")
    first = fulltext.find(user, "安全检查", filters, {})
    assert first.counts == {"item": seen} and first.next and not first.windowed
    rest = fulltext.find(user, "安全检查", filters, {}, cursor=first.next)
    assert rest.previous and not rest.next


# ---- who finds it ----


def test_a_stranger_finds_nothing_of_this_school(cast: factories.Cast, stranger: factories.Cast) -> None:
    meeting = meeting_with(cast, "食堂承包", "检测机构", "同意检测机构")
    make_topic(cast, "食堂承包")
    attach_text(meeting, "检测机构名单", cast)
    read_waiting()
    index()
    for user in (
        stranger.user("secretary"), factories.make_office_user("城东教办"), factories.make_bureau(Post.AUDITOR),
        factories.make_bureau(Post.SYSTEM_ADMIN),
    ):  # fmt: skip
        for term in ("食堂承包", "检测机构", "shitang"):
            assert hits(user, term) == [], (user.username, term)
    assert len(hits(cast.user("secretary"), "检测机构")) == 3


def test_a_member_of_the_other_body_finds_nothing(cast: factories.Cast) -> None:
    meeting_with(cast, "食堂承包")
    assert hits(cast.user("member"), "食堂") and hits(cast.user("team"), "食堂") == []


def test_a_restricted_item_is_found_by_its_named_readers_only(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "中层干部任免", "拟任人选", "同意任免")
    attach_text(meeting, "考察材料全文", cast, "考察.txt")
    read_waiting()
    index()
    item = meeting.items.get()
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.filter(item=item).delete()
    ItemReader.objects.create(item=item, person=cast.people["deputy"])
    organiser = factories.make_bureau()
    for term in ("干部任免", "拟任人选", "同意任免", "考察材料", "ganburenmian"):
        assert hits(cast.user("deputy"), term), term
        for user in (cast.user("secretary"), organiser):
            answer = page(user, term)
            html = answer.content.decode().replace(term, "")
            assert answer.context["hits"].rows == []
            assert not [word for word in ("中层", "任免", "人选", "考察") if word in html]


def test_a_restricted_topic_is_found_by_its_named_readers_only(cast: factories.Cast) -> None:
    topic = make_topic(
        cast,
        "问责事项",
        secrecy=Secrecy.RESTRICTED,
        proposer=cast.people["principal"],
        entered_by=cast.user("principal"),
    )
    TopicReader.objects.create(topic=topic, person=cast.people["deputy"])
    assert hits(cast.user("deputy"), "问责") and hits(cast.user("principal"), "问责")
    assert hits(cast.user("member"), "问责") == [] == hits(factories.make_bureau(), "问责")


def test_a_draft_in_the_recycle_bin_is_not_found(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    index()
    assert hits(cast.user("secretary"), "议题1")
    Meeting.objects.filter(pk=meeting.pk).update(deleted_at=timezone.now(), deleted_by=cast.user("clerk"))
    assert hits(cast.user("secretary"), "议题1") == []


# ---- keeping up ----


def test_a_change_is_noted_in_its_transaction_and_found_after_the_next_round(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "旧题目")
    assert not SearchNote.objects.exists()
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=timezone.localdate())
    factories.governance.save_record(
        meeting=Meeting.objects.get(pk=meeting.pk), new=new, version=None, by=cast.user("clerk"), at=timezone.now()
    )
    assert SearchNote.objects.filter(subject=f"governance.meeting:{meeting.pk}").exists()
    index()
    assert hits(cast.user("secretary"), "会议同意") == [("minutes", "旧题目")]
    assert not SearchNote.objects.exists()


def test_a_removed_file_is_no_longer_found(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "采购")
    file = attach_text(meeting, "电脑清单", cast)
    read_waiting()
    index()
    assert hits(cast.user("secretary"), "电脑清单")
    detach(attachment=file, by=cast.user("clerk"), at=timezone.now())
    index()
    assert hits(cast.user("secretary"), "电脑清单") == [] and not SearchText.objects.filter(kind="file").exists()


def test_rebuilding_gives_the_same_index(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "采购", "甲" * (2 * indexing.PART))
    make_topic(cast, "采购")
    attach_text(meeting, "电脑清单", cast)
    read_waiting()
    index()
    fields = ("kind", "part", "title", "text", "grams", "meeting", "item", "topic", "file", "day")
    before = sorted(map(str, SearchText.objects.values_list(*fields)))
    said = StringIO()
    call_command("rebuild_search", stdout=said)
    assert sorted(map(str, SearchText.objects.values_list(*fields))) == before
    assert "全文索引已重建" in said.getvalue()
    assert hits(cast.user("secretary"), "电脑清单")


def test_the_cost_does_not_grow_with_the_hits(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "安全检查")
    costs = []
    for number in (1, 40):
        rows = list(indexing._rows(meeting, TextKind.ITEM, "安全检查", "", meeting=meeting, item=meeting.items.get()))
        SearchText.objects.bulk_create([row for row in rows for _ in range(number)])
        user = cast.user("secretary")
        fulltext.find(user, "安全", fulltext.TextFilters(), {})
        with CaptureQueriesContext(connection) as captured:
            fulltext.find(user, "安全", fulltext.TextFilters(), {})
        costs.append(len(captured))
    assert costs == [2, 2]


def test_the_window_keeps_the_latest(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "WINDOW", 1)
    meeting_with(cast, "安全检查一")
    meeting_with(cast, "安全检查二")
    found = fulltext.find(cast.user("secretary"), "安全检查", fulltext.TextFilters(), {})
    assert found.windowed and len(found.rows) == 1 and found.rows[0].title[-1].text == "二"


# ---- reading files ----


def pdf_of(words: str) -> bytes:
    """A PDF of one page with ASCII words."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    sheet = writer.add_blank_page(200, 200)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    sheet[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 10 100 Td ({words}) Tj ET".encode())
    sheet[NameObject("/Contents")] = writer._add_object(stream)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def docx_of(words: str) -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph("开头")
    document.add_table(1, 1).cell(0, 0).text = words
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx_of(words: str) -> bytes:
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("预算").write_string(2, 3, words)
    return out.getvalue()


def pptx_of(words: str) -> bytes:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        name = "http://schemas.openxmlformats.org/drawingml/2006/main"
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("ppt/presentation.xml", "<p/>")
        archive.writestr("ppt/slides/slide1.xml", f'<s xmlns:a="{name}"><a:p><a:t>{words}</a:t></a:p></s>')
    return out.getvalue()


@pytest.mark.parametrize(
    ("ending", "content", "words"),
    [
        (".txt", "食材检测".encode(), "食材检测"),
        (".txt", "食材检测".encode("gb18030"), "食材检测"),
        (".docx", docx_of("食材检测"), "食材检测"),
        (".xlsx", xlsx_of("食材检测"), "食材检测"),
        (".pptx", pptx_of("食材检测"), "食材检测"),
        (".pdf", pdf_of("Food inspection"), "Food inspection"),
    ],
    ids=["txt", "gbk", "docx", "xlsx", "pptx", "pdf"],
)
def test_the_words_of_a_file_are_read(ending: str, content: bytes, words: str) -> None:
    state, text, reason = texts.words_of(content, ending)
    assert (state, reason) == (TextState.READ, "") and words in text


@pytest.mark.parametrize(
    ("ending", "content", "state", "reason"),
    [
        (".pdf", pdf_of(""), TextState.NONE, "没有文字"),
        (".pdf", b"%PDF-1.4 nothing else", TextState.FAILED, "打不开"),
        (".docx", b"PK\x03\x04 broken", TextState.FAILED, "打不开"),
        (".txt", b"\xff\xff\xff\x00\x81", TextState.NONE, "编码"),
    ],
    ids=["scan", "broken-pdf", "broken-docx", "code"],
)
def test_why_there_are_no_words_is_kept(ending: str, content: bytes, state: TextState, reason: str) -> None:
    found = texts.words_of(content, ending)
    assert found[:2] == (state, "") and reason in found[2]


def test_a_reader_that_never_ends_or_falls_over_is_a_failure_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(texts, "SECONDS", 0.5)
    for script in ("while True: pass", "import os; os.abort()", "print('no json')"):
        assert texts.words_of(b"", ".pdf", command=(sys.executable, "-c", script)) == (TextState.FAILED, "", texts.DIED)


def test_each_file_is_read_once_and_a_killed_reader_is_tried_twice(cast: factories.Cast) -> None:
    file = attach_text(meeting_with(cast, "采购"), "电脑清单", cast)
    at = timezone.now()
    assert texts.claim_unread(at=at) == [file] and texts.claim_unread(at=at) == []
    later = at + texts.GIVE_UP_AFTER * 2
    assert texts.claim_unread(at=later) == [file]
    assert texts.claim_unread(at=later + texts.GIVE_UP_AFTER * 2) == []
    words = AttachmentText.objects.get(attachment=file)
    assert (words.state, words.reason) == (TextState.FAILED, texts.DIED)
    assert Event.objects.filter(kind="attachments.file.words_read", data__result="failed").count() == 1


def test_a_copy_is_not_read_a_second_time(cast: factories.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = meeting_with(cast, "采购")
    attach_text(meeting, "电脑清单", cast)
    read_waiting()
    attach_text(meeting, "电脑清单", cast, "副本.txt")
    monkeypatch.setattr(texts, "words_of", lambda *_: pytest.fail("read again"))
    read_waiting()
    assert set(AttachmentText.objects.values_list("state", "text")) == {("read", "电脑清单")}


def test_pictures_and_files_that_are_gone_say_so(cast: factories.Cast) -> None:
    meeting = meeting_with(cast, "采购")
    picture = attach(
        upload=SimpleUploadedFile("照片.png", b"\x89PNG\r\n\x1a\n" + b"x" * 20), on=meeting, school=cast.school,
        by=cast.user("clerk"), at=timezone.now(),
    )  # fmt: skip
    lost = attach_text(meeting, "丢失", cast)
    lost.file.delete(save=False)
    read_waiting()
    assert AttachmentText.objects.get(attachment=picture).reason == texts.OTHER_KIND
    assert AttachmentText.objects.get(attachment=lost).reason == texts.LOST


# ---- words of the index ----


def test_words_of_the_index() -> None:
    assert list(grams_of("第18次，会议A")) == ["第", "18", "次", "会议", "议", "a"]
    assert for_fts5(asked("会议室")) == '("会议 议室")'
    assert for_tsquery(asked("会议室 18")) == "(('会议' <-> '议室')) & (('18':*))"
    assert [piece.text for piece in snippet("甲" * 100 + "乙丙" + "丁" * 100, "乙丙") if piece.hit] == ["乙丙"]
