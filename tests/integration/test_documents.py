"""The papers of a meeting as Word files and pages: layout of GB/T 9704—2012, their words, who gets them, what is recorded."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document
from docx.oxml.ns import qn

from accounts.models import User
from audit.models import Event
from common.dates import local_day
from governance import services as governance
from governance.documents import docx_minutes
from governance.documents.reading import for_minutes, printed_minutes
from governance.minutes_text import as_document, from_document, minutes_of, withhold
from governance.models import AgendaItem, ItemReader, Meeting, MinutesVersion, Observer
from governance.reference import reference_for
from schools.models import Person
from schools.permissions import Body
from tests import factories as make

pytestmark = pytest.mark.django_db
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEETS = ("minutes-docx", "vote-sheet-docx", "attendance-sheet-docx")
PAGES = ("minutes", "vote-sheet", "attendance-sheet")
SECRET = "某某同志的任用"


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, of: Any) -> str:
    return reverse(f"governance:{name}", args=[of.pk])


def full(meeting: Meeting) -> Meeting:
    return for_minutes(Meeting.objects.all()).get(pk=meeting.pk)


def opened(answer: Any) -> Any:
    """The Word file, opened again."""
    assert answer.status_code == 200 and answer["Content-Type"] == WORD
    return Document(BytesIO(answer.content))


def file_of(cast: make.Cast, name: str, of: Any, role: str = "secretary") -> Any:
    return opened(client_of(cast.user(role)).get(url(name, of)))


def lines_of(document: Any) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def words_of(document: Any) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*lines_of(document), *cells])


def fonts_of(document: Any, text: str) -> set[str]:
    """The East Asian fonts of the runs with exactly that text."""
    runs = [run for paragraph in document.paragraphs for run in paragraph.runs if run.text == text]
    return {run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in runs}


def restrict(item: AgendaItem, *readers: Person) -> None:
    AgendaItem.objects.filter(pk=item.pk).update(secrecy="restricted")
    ItemReader.objects.filter(item=item).delete()
    ItemReader.objects.bulk_create([ItemReader(item=item, person=person) for person in readers])


# ---- layout ----


def test_the_sheet_of_the_minutes_has_the_measures_of_the_standard(cast: make.Cast) -> None:
    section = file_of(cast, "minutes-docx", make.make_signed(cast)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert tuple(round(margin.mm) for margin in margins) == (37, 35, 28, 26)
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    assert grid.get(qn("w:linePitch")) == "579"
    assert section.different_first_page_header_footer is False


def test_the_words_stand_in_their_fonts(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    document = file_of(cast, "minutes-docx", meeting)
    mark = document.paragraphs[0]
    assert mark.text == cast.school.party_organisation.name
    assert mark.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "方正小标宋简体"
    assert str(mark.runs[0].font.color.rgb) == "D7000F"
    assert mark.runs[0].font.size.pt >= 22
    assert round(mark.paragraph_format.space_before.mm) == 35
    assert fonts_of(document, "一、议题1") == {"黑体"}
    assert fonts_of(document, "出席：") == {"黑体"}
    opening = next(p for p in document.paragraphs if "主持召开" in p.text)
    assert opening.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert opening.runs[0].font.size.pt == 16
    indent = opening._p.pPr.find(qn("w:ind"))
    assert indent.get(qn("w:firstLineChars")) == "200"
    table = next(r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable")).blob.decode()
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong' in table


def test_names_hang_under_the_first_name(cast: make.Cast) -> None:
    document = file_of(cast, "minutes-docx", make.make_signed(cast))
    present = next(p for p in document.paragraphs if p.text.startswith("出席："))
    indent = present._p.pPr.find(qn("w:ind"))
    assert (indent.get(qn("w:leftChars")), indent.get(qn("w:hangingChars"))) == ("500", "300")


def test_page_numbers_stand_outside_and_alternate(cast: make.Cast) -> None:
    document = file_of(cast, "minutes-docx", make.make_signed(cast))
    assert document.settings.odd_and_even_pages_header_footer
    section = document.sections[0]
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]
        assert paragraph._p.pPr.jc.get(qn("w:val")) == side
        assert paragraph.text == "— 1 —"
        assert "PAGE" in paragraph._p.xml
        assert paragraph.runs[0].font.size.pt == 14


def test_the_foot_stands_on_the_lower_edge_between_two_lines(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    document = file_of(cast, "minutes-docx", meeting)
    foot = document.paragraphs[-2]
    assert foot.text.startswith(f"　{cast.school.name}\t") and foot.text.endswith("印发")
    frame = foot._p.pPr.find(qn("w:framePr"))
    assert (frame.get(qn("w:vAnchor")), frame.get(qn("w:yAlign"))) == ("margin", "bottom")
    edges = foot._p.pPr.find(qn("w:pBdr"))
    assert [(edge.tag, edge.get(qn("w:sz"))) for edge in edges] == [(qn("w:top"), "8"), (qn("w:bottom"), "8")]


def test_the_order_is_mark_number_issuer_opening_items_names(cast: make.Cast) -> None:
    meeting = make.make_signed(cast, matters=("P01", "P03"))
    text = "\n".join(lines_of(file_of(cast, "minutes-docx", meeting)))
    year = timezone.localtime(meeting.scheduled_at).year
    parts = ["会议纪要", f"第1次　〔{year}〕1号", f"{cast.school.party_organisation.name}\t", "主持召开", "一、议题1"]
    parts += ["二、议题2", "出席：", "列席：", "签发："]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_none_one_and_thirty_items_make_a_file(cast: make.Cast, count: int) -> None:
    meeting = make.make_held(cast, matters=("P01",) * (count or 1))
    if not count:
        meeting.items.all().delete()
    document = file_of(cast, "minutes-docx", meeting, "clerk")
    assert sum("、议题" in line for line in lines_of(document)) == count


def test_an_unsigned_file_is_marked_on_every_page_and_in_its_name(cast: make.Cast) -> None:
    meeting = make.make_minuted(cast)
    answer = client_of(cast.user("clerk")).get(url("minutes-docx", meeting))
    section = opened(answer).sections[0]
    assert {header.paragraphs[0].text for header in (section.header, section.even_page_header)} == {"未签发（草稿）"}
    assert "%E8%8D%89%E7%A8%BF" in answer["Content-Disposition"]
    signed = file_of(cast, "minutes-docx", make.make_signed(cast))
    assert not any(header.paragraphs[0].text for header in (signed.sections[0].header,))


def test_control_letters_and_markup_do_no_harm(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    item = meeting.items.get()
    AgendaItem.objects.filter(pk=item.pk).update(
        title="甲\x0b<w:p>&\ufffe乙", decision_text="同意\x1f\u202e。\n二是继续。"
    )
    text = lines_of(file_of(cast, "minutes-docx", meeting))
    assert "一、甲<w:p>&乙" in text
    assert any(line.endswith("同意。") for line in text) and "二是继续。" in text


def test_very_long_words_and_names_make_a_file(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    long = "中共" + "很长的学校名字" * 8 + "委员会"
    minutes = replace(
        minutes_of(full(meeting), reference_for(meeting)),
        issuer=long,
        mark=(long, "会议纪要"),
        size="s14",
        opening="字" * 9000,
    )
    text = lines_of(Document(BytesIO(docx_minutes.write(minutes, title="纪要", note="", at=timezone.now()))))
    assert long in text and "字" * 9000 in text


# ---- words ----


def test_observers_are_printed_with_role_and_items_and_the_recorder_once(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P03", "P06"))
    sat = Observer.objects.create(meeting=meeting, name="马骏", role="教导主任", order=1)
    sat.items.set(meeting.items.filter(order__gt=1))
    Observer.objects.create(meeting=meeting, name=cast.clerk.name, person=cast.clerk, order=2)
    lines = dict(minutes_of(full(meeting), reference_for(meeting)).lines)
    assert lines["列席"] == ("马骏（教导主任，第二、三项）", f"{cast.clerk.name}（记录）")


def test_who_kept_silent_is_printed_once_it_is_signed(cast: make.Cast) -> None:
    meeting = make.make_minuted(cast)
    assert "未确认" not in dict(minutes_of(full(meeting), reference_for(meeting)).lines)
    governance.confirm_record(meeting=meeting, by=cast.user("principal"), at=timezone.now())
    later = timezone.now() + timedelta(days=20)
    signed = governance.sign_meeting(meeting=meeting, by=cast.user("secretary"), at=later)
    lines = dict(printed_minutes(full(signed), reference_for(signed)).lines)
    assert lines["未确认"] == (cast.deputy.name, cast.member.name)


def test_the_latest_sealed_text_is_what_is_printed(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    first = meeting.minutes_versions.get()
    reference = reference_for(meeting)
    assert printed_minutes(full(meeting), reference) == from_document(first.text)
    at = timezone.now()
    given = {"reason": "更正错别字", "seal": "0" * 64, "asked_by": first.asked_by, "asked_at": at}
    for number, state, words in ((2, "sealed", "更正后的开头。"), (3, "asked", "还没有同意的开头。")):
        text = first.text | {"opening": words}
        version = MinutesVersion(meeting=meeting, number=number, state=state, text=text, **given)
        version.settled_by, version.settled_at = (first.settled_by, at) if state == "sealed" else (None, None)
        version.commit(at)
    printed = printed_minutes(full(meeting), reference)
    assert printed.opening == "更正后的开头。"
    assert printed.numbered.endswith("（第2版）")
    assert "更正后的开头。" in lines_of(file_of(cast, "minutes-docx", meeting))


def test_minutes_survive_the_way_into_json_and_back(cast: make.Cast) -> None:
    meeting = full(make.make_recorded(cast))
    minutes = minutes_of(meeting, reference_for(meeting))
    assert from_document(as_document(minutes)) == minutes
    hidden = withhold(minutes, {str(meeting.items.all()[0].pk)})
    assert hidden.sections[0].heading == "一、限定人员议题，无权查看" and hidden.sections[0].paragraphs == ()


# ---- votes, attendance, excerpts ----


def test_the_vote_sheet_counts_the_room_and_names_stances(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P03"))
    record = make.full_record(meeting, cast.principal.pk, due_on=local_day(timezone.now()))
    first, second = record.items
    stances = tuple(s for s in first.stances if s.person != cast.member.pk)
    first = replace(first, recused=frozenset({cast.member.pk}), stances=stances, votes=(3, 0, 0))
    second = replace(second, method="secret_ballot", stances=(), votes=(3, 1, 0))
    new = replace(record, items=(first, second))
    governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    document = file_of(cast, "vote-sheet-docx", meeting, "clerk")
    votes, stated = ([[cell.text for cell in row.cells] for row in table.rows] for table in document.tables)
    assert votes[1] == ["1", "议题1", "举手", "4", "3", "3", "0", "0", "通过"]
    assert votes[2] == ["2", "议题2", "无记名投票", "4", "4", "3", "1", "0", "通过"]
    assert [cast.member.name, "回避", "无记名"] in stated
    assert [cast.principal.name, "同意", "无记名"] in stated
    assert f"第1项　回避：{cast.member.name}。" in lines_of(document)
    page = client_of(cast.user("clerk")).get(url("vote-sheet", meeting)).content.decode()
    assert f"回避：{cast.member.name}" in page and page.count("<td>无记名</td>") == 4


def test_many_items_share_several_tables_of_stances(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01",) * 9)
    tables = file_of(cast, "vote-sheet-docx", meeting).tables
    assert [table.rows[0].cells[-1].text for table in tables[1:]] == ["第8项", "第9项"]


def test_the_attendance_sheet_is_ready_before_the_meeting_and_full_after_it(cast: make.Cast) -> None:
    draft, meeting = make.make_meeting(cast), make.make_recorded(cast)
    for found, status in ((draft, ""), (meeting, "到会")):
        members, observers = file_of(cast, "attendance-sheet-docx", found, "clerk").tables
        rows = [[cell.text for cell in row.cells] for row in members.rows]
        assert rows[1] == ["1", cast.secretary.name, "书记", status, "", ""]
        assert len(rows) == 5
        assert observers.rows[1].cells[1].text == cast.clerk.name
    page = client_of(cast.user("clerk")).get(url("attendance-sheet", meeting)).content.decode()
    assert "应到4人，实到4人" in page
    assert (
        url("attendance-sheet", draft) in client_of(cast.user("clerk")).get(draft.get_absolute_url()).content.decode()
    )


def test_an_excerpt_has_the_words_of_the_minutes(cast: make.Cast) -> None:
    meeting = full(make.make_signed(cast))
    decision = meeting.decisions.get()
    section = printed_minutes(meeting, reference_for(meeting)).sections[0]
    text = lines_of(file_of(cast, "excerpt-docx", decision))
    assert f"决议 {decision.number}" in text
    assert set(section.paragraphs) < set(text)
    assert "以上内容与会议纪要一致。" in text
    assert f"提出人：{cast.secretary.name}" in text
    client = client_of(cast.user("secretary"))
    assert url("excerpt", decision) in client.get(decision.get_absolute_url()).content.decode()
    page = client.get(url("excerpt", decision)).content.decode()
    assert all(paragraph in page for paragraph in section.paragraphs)


# ---- who gets them, and what is recorded ----


def test_each_file_is_a_fact_and_carries_its_number(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    papers = [(name, meeting) for name in SHEETS] + [("excerpt-docx", meeting.decisions.get())]
    kinds = ("minutes_exported", "votes_exported", "attendance_exported", "excerpt_exported")
    for (name, of), kind in zip(papers, kinds, strict=True):
        document = file_of(cast, name, of, "clerk")
        event = Event.objects.get(kind__endswith=kind)
        assert event.actor_name == cast.clerk.name
        assert document.core_properties.comments.endswith(f"编号：{event.seq}")
        if name != "minutes-docx":
            assert document.sections[0].footer.paragraphs[1].text.endswith(f"编号：{event.seq}")
    for name in PAGES:
        assert client_of(cast.user("clerk")).get(url(name, meeting)).status_code == 200
    assert Event.objects.filter(kind__endswith="_exported").count() == len(papers)


def test_another_school_gets_none_of_them(cast: make.Cast) -> None:
    meeting, other = make.make_signed(cast), make.make_cast("FH002", "邻居小学")
    for role in ("secretary", "clerk"):
        client = client_of(other.user(role))
        for name in (*SHEETS, *PAGES, "minutes-edit"):
            assert client.get(url(name, meeting)).status_code == 404, name
        for name in ("excerpt", "excerpt-docx"):
            assert client.get(url(name, meeting.decisions.get())).status_code == 404
    assert not Event.objects.filter(kind__endswith="_exported").exists()


def test_the_bureaus_reading_leaves_its_trace(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    client = client_of(make.make_bureau())
    for count, name in enumerate((*SHEETS, *PAGES), start=1):
        assert client.get(url(name, meeting)).status_code == 200
        assert Event.objects.filter(kind="governance.meeting.read").count() == count


def test_no_word_of_a_withheld_item_leaves_in_any_paper(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P03"))
    item = meeting.items.get(order=2)
    AgendaItem.objects.filter(pk=item.pk).update(title=SECRET, decision_text=SECRET, minutes_text=SECRET)
    restrict(item, cast.secretary)
    for role, reads in (("secretary", True), ("clerk", False)):
        client = client_of(cast.user(role))
        for name in ("minutes", "vote-sheet", "minutes-edit"):
            page = client.get(url(name, meeting)).content.decode()
            assert (SECRET in page, "限定人员议题，无权查看" in page) == (reads, not reads), (role, name)
        for name in ("minutes-docx", "vote-sheet-docx"):
            text = words_of(opened(client.get(url(name, meeting))))
            assert (SECRET in text, "限定人员议题，无权查看" in text) == (reads, not reads), (role, name)


def test_an_excerpt_of_a_withheld_item_does_not_exist_for_others(cast: make.Cast) -> None:
    meeting = make.make_signed(cast)
    decision = meeting.decisions.get()
    restrict(decision.item, cast.secretary)
    for name in ("excerpt", "excerpt-docx"):
        assert client_of(cast.user("secretary")).get(url(name, decision)).status_code == 200
        assert client_of(cast.user("clerk")).get(url(name, decision)).status_code == 404
        assert client_of(make.make_bureau(username=name)).get(url(name, decision)).status_code == 404
    assert not Event.objects.filter(kind="governance.meeting.read").exists()


def test_a_meeting_without_a_record_has_no_minutes_and_no_votes(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast)
    client = client_of(cast.user("clerk"))
    for name in ("minutes", "minutes-docx", "vote-sheet", "vote-sheet-docx", "minutes-edit"):
        answer = client.get(url(name, meeting))
        assert (answer.status_code, answer["Location"]) == (302, meeting.get_absolute_url()), name
    assert not Event.objects.filter(kind__endswith="_exported").exists()


def test_papers_cost_the_same_for_1_and_20_items(cast: make.Cast) -> None:
    one, twenty = make.make_recorded(cast), make.make_recorded(cast, Body.PARTY, matters=("P01",) * 20)
    client = client_of(cast.user("clerk"))
    for name in (*PAGES, *SHEETS, "minutes-edit"):
        counts = []
        for meeting in (one, twenty):
            client.get(url(name, meeting))
            with CaptureQueriesContext(connection) as counted:
                assert client.get(url(name, meeting)).status_code == 200
            counts.append(len(counted))
        assert counts[0] == counts[1], name
        assert counts[0] <= 22, name
