"""The further rules on stored rows: at 送签 and 签发, afterwards, and month by month."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checklists.models import Task
from common.dates import SHANGHAI
from governance import services
from governance.errors import BreaksProcedure
from governance.further import AFTER_SIGNATURE, UNTIL_SIGNATURE, further_facts, further_results, judge_record, months_of
from governance.models import AgendaItem, Decision, Meeting, MeetingMember, RuleResult, SchoolLimit, Talk
from governance.rules.engine import ORDER
from governance.rules.findings import Outcome, Result
from governance.selectors import for_record, judge_meeting, read_for_judging
from governance.services.waivers import waive_rule
from schools.models import Appointment
from schools.permissions import Body, Post
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 10, 15, 0, tzinfo=SHANGHAI)
DAY = AT.date()


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def fresh(meeting: Meeting) -> Meeting:
    return read_for_judging(Meeting.objects.all(), meeting.pk)


def results(meeting: Meeting, *only: str, today: date = DAY) -> dict[str, Result]:
    """By rule; of an item's rule the last item's."""
    return {r.rule: r for r in further_results(fresh(meeting), today=today, only=only or UNTIL_SIGNATURE)}


def minute(cast: make.Cast, meeting: Meeting) -> Meeting:
    return services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=AT)


def asked(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


# --- at the signature ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "matters"), [(Body.PARTY, ("P01", "P16")), (Body.PRINCIPAL, ("A12", "A18"))])
def test_the_signature_stores_the_further_results_and_an_ordinary_meeting_passes(
    cast: make.Cast, body: Body, matters: tuple[str, ...]
) -> None:
    meeting = make.make_signed(cast, body, matters=matters, at=AT)
    stored = list(RuleResult.objects.filter(meeting=meeting).order_by("order"))
    assert list(dict.fromkeys(row.rule for row in stored))[-len(UNTIL_SIGNATURE) :] == list(UNTIL_SIGNATURE)
    assert not {row.rule for row in stored} & set(AFTER_SIGNATURE)
    further = [row for row in stored if row.rule not in ORDER]
    assert {row.outcome for row in further} == {"pass", "not_applicable"}
    assert all(row.basis and row.rules_version for row in further)
    meeting.refresh_from_db()
    assert (meeting.findings_block, meeting.findings_warn) == (0, 0)


def test_a_record_without_a_place_is_shown_stopped_and_can_be_let_pass_by_the_head(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, at=AT)
    Meeting.objects.filter(pk=meeting.pk).update(place=" ")
    assert [r.rule for r in judge_record(fresh(meeting)) if r.blocks] == ["R-M01"]
    with pytest.raises(BreaksProcedure, match="会议记录还缺地点。"):
        minute(cast, meeting)
    waive_rule(meeting=meeting, rule="R-M01", reason="在操场临时召开，没有固定地点", by=cast.user("secretary"), at=AT)
    minute(cast, meeting)
    signed = services.sign_meeting(meeting=make.confirm_all(fresh(meeting)), by=cast.user("secretary"), at=AT)
    assert RuleResult.objects.get(meeting=signed, rule="R-M01").outcome == Outcome.WAIVED


def test_the_record_page_names_what_the_record_lacks(cast: make.Cast, client: Any) -> None:
    meeting = make.make_recorded(cast, at=AT)
    Meeting.objects.filter(pk=meeting.pk).update(place="")
    client.force_login(cast.user("clerk"))
    page = client.get(f"/governance/meetings/{meeting.pk}/record/").content.decode()
    assert "会议记录还缺地点。" in page


def test_the_findings_kept_in_the_row_count_what_the_record_lacks(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, at=AT)
    Meeting.objects.filter(pk=meeting.pk).update(place="")
    new = make.full_record(meeting, cast.people["principal"].pk, due_on=date(2026, 9, 30))
    meeting = services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=AT)
    assert meeting.findings_block == 1


def test_members_due_are_held_against_the_appointments_of_the_day(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, at=AT)
    assert results(meeting)["R-Q04"].message == "应到4人，与会议当日任职一致。"
    ended = Appointment.objects.get(person=cast.people["deputy"], post=Post.DEPUTY_SECRETARY)
    Appointment.objects.filter(pk=ended.pk).update(ends_on=DAY)
    assert results(meeting)["R-Q04"].outcome is Outcome.PASS, "the last day counts"
    Appointment.objects.filter(pk=ended.pk).update(ends_on=DAY - timedelta(days=1))
    with pytest.raises(BreaksProcedure, match="应到4人，会议当日在任3人：多1人，少0人。"):
        minute(cast, meeting)


def test_both_bodies_may_meet_one_after_the_other_but_not_at_once(cast: make.Cast) -> None:
    make.make_held(cast, Body.PRINCIPAL, matters=("A12",), at=AT)
    later = make.make_recorded(cast, at=AT + timedelta(hours=2))
    assert results(later)["R-C05"].outcome is Outcome.PASS
    at_once = make.make_recorded(cast, at=AT)
    assert results(at_once)["R-C05"].outcome is Outcome.FAIL
    with pytest.raises(BreaksProcedure, match="登记在同一时间"):
        minute(cast, at_once)
    other = make.make_cast("FH002")
    assert results(make.make_recorded(other, at=AT))["R-C05"].outcome is Outcome.NOT_APPLICABLE


def test_numbers_out_of_the_order_of_days_are_noted(cast: make.Cast) -> None:
    make.make_held(cast, at=AT)
    earlier = make.make_held(cast, at=AT - timedelta(days=7))
    assert results(earlier)["R-M07"].message == "2026年第2次，按日期先后应是第1次。"
    assert results(make.make_held(cast, at=AT + timedelta(days=7)))["R-M07"].outcome is Outcome.PASS
    assert results(make.make_held(cast, Body.PRINCIPAL, at=AT))["R-M07"].outcome is Outcome.PASS, "a line of its own"


def test_amounts_are_held_against_the_limit_of_the_day(cast: make.Cast) -> None:
    meeting = make.make_held(cast, Body.PRINCIPAL, matters=("A18",), at=AT)
    AgendaItem.objects.filter(meeting=meeting).update(amount=Decimal("30000.00"))
    assert results(meeting)["R-T21"].outcome is Outcome.INSUFFICIENT
    for amount, since in (("20000", "2025-01-01"), ("50000", "2026-09-10"), ("10000", "2026-09-11")):
        row = SchoolLimit(school=cast.school, amount=Decimal(amount), effective_from=since, basis="校务会议纪要")
        row.commit(AT)
    assert results(meeting)["R-T21"].message == "金额30000元，本校大额标准50000元，议题归入A18，归类与金额相符。"
    SchoolLimit.objects.filter(effective_from="2026-09-10").delete()
    assert results(meeting)["R-T21"].outcome is Outcome.FAIL, "the limit before that one"


def test_only_the_body_that_decided_reconsiders(cast: make.Cast) -> None:
    decision = Decision.objects.get(meeting=make.make_signed(cast, at=AT))
    again = make.make_recorded(cast, at=AT + timedelta(days=30))
    AgendaItem.objects.filter(meeting=again).update(reconsiders=decision)
    assert results(again)["R-E04"].outcome is Outcome.PASS
    other = make.make_recorded(cast, Body.PRINCIPAL, matters=("A12",), at=AT + timedelta(days=31))
    AgendaItem.objects.filter(meeting=other).update(reconsiders=decision)
    assert [r.rule for r in judge_record(fresh(other)) if r.blocks] == ["R-E04"]
    with pytest.raises(BreaksProcedure, match="作出原决议的是另一个会议"):
        minute(cast, other)


def test_leave_and_dissent_are_read_from_the_record(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, at=AT)
    member = MeetingMember.objects.get(meeting=meeting, person=cast.people["member"])
    MeetingMember.objects.filter(pk=member.pk).update(status="leave", reason=" ")
    stance = meeting.items.get().stances.order_by("seq").first()
    assert stance is not None
    stance.stance = "disagree"
    stance.save()
    assert results(meeting)["R-A05"].outcome is Outcome.FAIL
    assert results(meeting)["R-V14"].outcome is Outcome.FAIL
    stance.opinion = "建议先试点"
    stance.save()
    MeetingMember.objects.filter(pk=member.pk).update(reason="外出培训")
    assert results(meeting)["R-A05"].outcome is results(meeting)["R-V14"].outcome is Outcome.PASS


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_after_the_signature_tasks_seal_and_archive_are_looked_at(cast: make.Cast) -> None:
    meeting = make.make_signed(cast, at=AT)
    due_on = Task.objects.get(checklist__decision__meeting=meeting).due_on
    on_the_day = results(meeting, *AFTER_SIGNATURE, today=due_on)
    assert on_the_day["R-E02"].outcome is on_the_day["R-M05"].outcome is Outcome.PASS
    assert on_the_day["R-M06"].outcome is Outcome.NOT_APPLICABLE
    later = results(meeting, *AFTER_SIGNATURE, today=date(2027, 3, 1))
    assert later["R-E02"].facts == {"tasks": 1, "overdue": 1, "today": "2027-03-01"}
    assert later["R-M06"].outcome is Outcome.FAIL
    Task.objects.update(status="cancelled", cancelled_at=AT, cancelled_by=cast.user("principal"))
    assert results(meeting, *AFTER_SIGNATURE, today=date(2027, 3, 1))["R-E02"].outcome is Outcome.PASS


def test_many_meetings_cost_as_many_queries_as_two(cast: make.Cast) -> None:
    for days in range(4):
        make.make_signed(cast, matters=("P01", "P16"), at=AT + timedelta(days=days))
    meetings = list(for_record(Meeting.objects.order_by("scheduled_at")))
    again = list(for_record(Meeting.objects.order_by("scheduled_at")))
    two = asked(lambda: further_facts(meetings[:2], DAY))
    assert asked(lambda: further_facts(again, DAY)) == two <= 8
    assert set(further_facts(again, DAY)) == {meeting.pk for meeting in again}


def test_what_pages_show_of_the_record_costs_no_query_more(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, at=AT)
    one, other = fresh(meeting), fresh(meeting)
    assert asked(lambda: judge_record(one)) == asked(lambda: judge_meeting(other))


# --- month by month --------------------------------------------------------------------------------------------------


def months(
    cast: make.Cast, first: tuple[int, int], last: tuple[int, int], today: date
) -> dict[tuple[int, str], Result]:
    found = months_of([cast.school], date(*first, 1), date(*last, 20), today)
    assert {one.school for one in found} <= {cast.school}
    assert all(one.result.subject == f"school/FH001/{one.month:%Y-%m}" for one in found)
    return {(one.month.month, one.result.rule): one.result for one in found}


def outcomes(found: dict[tuple[int, str], Result], rule: str) -> list[str]:
    return [result.outcome.value for (_, each), result in found.items() if each == rule]


def test_months_count_held_meetings_of_the_school_and_excuse_holidays(cast: make.Cast) -> None:
    for at in (datetime(2026, 5, 6, 15, tzinfo=SHANGHAI), AT):
        make.make_held(cast, at=at)
    make.make_held(cast, Body.PRINCIPAL, at=datetime(2026, 6, 30, 23, 30, tzinfo=SHANGHAI))
    make.make_meeting(cast, at=datetime(2026, 10, 9, 15, tzinfo=SHANGHAI))  # only planned
    make.make_held(make.make_cast("FH002"), at=datetime(2026, 10, 9, 15, tzinfo=SHANGHAI))
    found = months(cast, (2026, 4), (2026, 11), date(2026, 11, 24))
    na, ok, no = "not_applicable", "pass", "fail"
    assert outcomes(found, "R-F01") == [na, ok, no, na, na, ok, no, na], "before the school began, holidays, this month"
    assert outcomes(found, "R-F02") == [na, no, ok, na, na, no, no, na]
    assert found[10, "R-F01"].message == "2026-10召开党组织会议0次（须1次）。"
    assert found[10, "R-F01"].severity == "warn" and found[10, "R-F01"].basis


def test_a_school_that_put_the_rules_into_effect_is_asked_from_that_day(cast: make.Cast) -> None:
    found = months(cast, (2026, 9), (2026, 9), date(2026, 11, 24))
    assert outcomes(found, "R-F01") == ["insufficient"]
    cast.school.implemented_on = date(2026, 9, 1)
    assert outcomes(months(cast, (2026, 9), (2026, 9), date(2026, 11, 24)), "R-F01") == ["fail"]


def test_talks_are_counted_by_the_week_and_not_asked_of_one_person_in_both_posts(cast: make.Cast) -> None:
    make.make_held(cast, at=datetime(2026, 8, 28, 15, tzinfo=SHANGHAI))
    by = cast.user("secretary")
    for week in range(5):
        day = date(2026, 8, 31) + timedelta(days=7 * week)
        Talk(school=cast.school, held_on=day, topics="近期工作", recorded_by=by).commit(AT)
    found = months(cast, (2026, 9), (2026, 9), date(2026, 10, 20))
    assert found[9, "R-F03"].outcome is Outcome.PASS, "31 August belongs to the first week of September"
    Talk.objects.filter(held_on="2026-09-14").delete()
    assert months(cast, (2026, 9), (2026, 9), date(2026, 10, 20))[9, "R-F03"].facts["short"] == 1
    cast.school.leadership_mode = "combined"
    assert outcomes(months(cast, (2026, 9), (2026, 9), date(2026, 10, 20)), "R-F03") == ["not_applicable"]


def test_thirty_months_of_three_schools_cost_six_queries(cast: make.Cast) -> None:
    casts = [cast, make.make_cast("FH002"), make.make_cast("FH003")]
    for each in casts:
        make.make_held(each, at=AT)
    schools = [each.school for each in casts]
    first, last, today = date(2024, 6, 1), date(2026, 11, 1), date(2026, 11, 24)
    found = months_of(schools, first, last, today)
    assert len(found) == 3 * 30 * 3
    assert [(one.school.code, f"{one.month:%Y-%m}", one.result.rule) for one in found[:4]] == [
        ("FH001", "2024-06", "R-F01"),
        ("FH001", "2024-06", "R-F02"),
        ("FH001", "2024-06", "R-F03"),
        ("FH001", "2024-07", "R-F01"),
    ]
    assert asked(lambda: months_of(schools, first, last, today)) == 6
    assert asked(lambda: months_of(schools[:1], last, last, today)) == 6
    assert months_of([], first, last, today) == months_of(schools, last, first, today) == []
