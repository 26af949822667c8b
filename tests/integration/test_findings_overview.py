"""议事规范: every number against counting by hand, whatever is folded into the roll-up, and each number opens its records."""

import re
import threading
from collections.abc import Callable
from datetime import datetime
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from common.dates import SHANGHAI, local_day
from governance import services as governance
from governance.models import Meeting, RuleResult
from reports import services as rollup
from reports.findings.filters import Choices, Filters, filters_from
from reports.findings.showing import rule_words
from reports.models import EVERY, FindingCount, MeetingCount, SignedNote
from reports.selectors import findings as counts
from schools.models import School
from tests import factories
from tests.planted import (
    ALL,
    KINDS,
    LIST,
    OF_MEETING,
    PAGE,
    RULES,
    VIEWS,
    Planter,
    client_of,
    counted_by_hand,
    linked_numbers,
    listed,
    make_district,
    page,
    school,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def planter() -> Planter:
    return Planter()


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


@pytest.fixture
def district(planter: Planter) -> list[School]:
    return make_district(planter)


def filters(query: str = ALL) -> Filters:
    offices = {"O01": "", "O02": "", "none": ""}
    codes = dict.fromkeys(School.objects.values_list("code", flat=True), "")
    return filters_from(
        QueryDict(query),
        datetime(2026, 11, 24, tzinfo=SHANGHAI).date(),
        Choices(dict.fromkeys((*RULES, *OF_MEETING), ""), codes, offices),
    )


def plain(found: dict[Any, counts.Tally]) -> dict[Any, dict[str, int]]:
    return {key: {name: getattr(tally, name) for name in counts.NAMES} for key, tally in found.items()}


def matter_of(row: RuleResult) -> str:
    if row.item is None:
        return ""
    return row.item.matter.code if row.item.matter else "-"


def month_of(row: RuleResult) -> Any:
    return local_day(row.meeting.scheduled_at).replace(day=1)


BY: dict[tuple[str, ...], Callable[[RuleResult], Any]] = {
    ("rule",): lambda row: (row.rule,),
    ("matter",): lambda row: (matter_of(row),),
    ("month",): lambda row: (month_of(row),),
    ("school_id",): lambda row: (row.meeting.school_id,),
    ("rule", "month"): lambda row: (row.rule, month_of(row)),
}
NARROWED: dict[str, Callable[[RuleResult], bool]] = {
    ALL: lambda row: True,
    "since=2026-03&until=2026-09": lambda row: (2026, 3) <= (month_of(row).year, month_of(row).month) <= (2026, 9),
    f"{ALL}&body=party": lambda row: row.meeting.body == "party",
    f"{ALL}&rule=R-T03": lambda row: row.rule == "R-T03",
    f"{ALL}&matter=P16": lambda row: matter_of(row) == "P16",
    f"{ALL}&matter=meeting": lambda row: row.item is None,
    f"{ALL}&matter=-": lambda row: matter_of(row) == "-",
    f"{ALL}&severity=warn": lambda row: row.severity == "warn",
    f"{ALL}&school=FH002": lambda row: row.meeting.school.code == "FH002",
    f"{ALL}&size=large": lambda row: row.meeting.school.size == "large",
    f"{ALL}&office=none&body=principal": lambda row: row.meeting.school.office is None and row.meeting.body == "principal",
    f"{ALL}&location=rural&foundation=weak&rule=R-V02": lambda row: row.meeting.school.location == "rural" and row.rule == "R-V02",
}  # fmt: skip


# ---- the numbers ----


@pytest.mark.parametrize("folded", [0, 20, 48])
def test_all_counts_are_those_of_counting_by_hand_whatever_is_folded(
    district: list[School], organiser: User, folded: int
) -> None:
    if folded:
        assert rollup.fold_findings(limit=folded) == folded
    rows = stored()
    for query, fits in NARROWED.items():
        narrowed = filters(query)
        scope = counts.scope_of(organiser, narrowed)
        mine = [row for row in rows if fits(row)]
        for by, key in BY.items():
            assert plain(counts.counted(scope, narrowed, *by)) == counted_by_hand(mine, key), (query, by)
    assert SignedNote.objects.count() == 48 - folded


def test_many_waiting_meetings_are_counted_as_few_are(
    district: list[School], organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrowed = filters()
    few = counts.scope_of(organiser, narrowed)
    monkeypatch.setattr(counts, "MOST_NOTED", 5)
    many = counts.scope_of(organiser, narrowed)
    assert (len(few.noted or ()), many.noted) == (48, None)
    for by in BY:
        assert counts.counted(few, narrowed, *by) == counts.counted(many, narrowed, *by)
    assert counts.meetings(few, narrowed) == counts.meetings(many, narrowed)


def test_what_is_folded_between_two_looks_is_counted_once(district: list[School], organiser: User) -> None:
    narrowed = filters()
    scope = counts.scope_of(organiser, narrowed)
    before = counts.counted(scope, narrowed, "rule"), counts.meetings(scope, narrowed)
    rollup.fold_findings(limit=20)
    assert (counts.counted(scope, narrowed, "rule"), counts.meetings(scope, narrowed)) == before


@pytest.mark.parametrize("folded", [0, 20, 48])
def test_meetings_are_counted_once_each(district: list[School], organiser: User, folded: int) -> None:
    if folded:
        rollup.fold_findings(limit=folded)
    for query, fits in (
        (ALL, lambda m: True),
        (f"{ALL}&body=party", lambda m: m.body == "party"),
        ("since=2026-09&until=2026-09", lambda m: (local_day(m.scheduled_at).year, local_day(m.scheduled_at).month) == (2026, 9)),
        (f"{ALL}&size=small", lambda m: m.school.size == "small"),
    ):  # fmt: skip
        narrowed = filters(query)
        expected = sum(map(fits, Meeting.objects.select_related("school")))
        assert sum(counts.meetings(counts.scope_of(organiser, narrowed), narrowed).values()) == expected, query
        assert counts.signed_meetings(organiser, narrowed).count() == expected
    by_school = counts.meetings(counts.Scope(), filters(), "school_id")
    assert by_school == {(one.pk,): 8 for one in district}


def test_nothing_of_the_period_is_an_empty_overview_and_no_row(organiser: User) -> None:
    assert counts.meetings(counts.Scope(), filters()) == {}
    assert "这段时间里没有已签发的会议" in page(organiser, PAGE)


def test_a_meeting_at_midnight_belongs_to_the_month_of_shanghai(planter: Planter, organiser: User) -> None:
    planter.meeting(school(1), datetime(2026, 10, 1, 0, 5, tzinfo=SHANGHAI), [("R-T04", "fail", "warn", "")])
    for fold in (False, True):
        if fold:
            rollup.fold_findings()
        for query, number in (("since=2026-10&until=2026-10", 1), ("since=2026-09&until=2026-09", 0)):
            found = counts.counted(counts.Scope(), filters(query), "rule")
            assert sum(tally.found for tally in found.values()) == number
            assert counts.results(organiser, filters(query)).count() == number


def test_the_signature_writes_the_note_and_the_fold_counts_what_it_stored(organiser: User) -> None:
    cast = factories.make_cast()
    meeting = factories.make_signed(cast)
    note = SignedNote.objects.get()
    assert (note.meeting_id, note.month) == (meeting.pk, local_day(meeting.scheduled_at).replace(day=1))
    rollup.fold_findings()
    expected = counted_by_hand(stored(), lambda row: row.rule)
    assert expected
    district, own = (
        {rule: sum(FindingCount.objects.filter(school_id=pk, rule=rule).values_list("number", flat=True)) for rule in expected}
        for pk in (EVERY, cast.school.pk)
    )  # fmt: skip
    assert district == own == {rule: sum(levels.values()) for rule, levels in expected.items()}
    assert set(MeetingCount.objects.values_list("school_id", "number")) == {(EVERY, 1), (cast.school.pk, 1)}


def test_a_signature_that_is_taken_back_leaves_no_note() -> None:
    meeting = factories.confirm_all(factories.make_minuted(factories.make_cast()))
    assert not SignedNote.objects.exists()
    with pytest.raises(RuntimeError), transaction.atomic():
        governance.sign_meeting(meeting=meeting, by=User.objects.get(username="secretary-FH001"), at=timezone.now())
        assert SignedNote.objects.exists()
        raise RuntimeError
    assert not SignedNote.objects.exists()


def test_a_fold_that_fails_leaves_notes_and_counts_as_they_were(
    district: list[School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "ADD_MEETINGS", "SELECT nonsense")
    with pytest.raises(Exception, match="nonsense"), transaction.atomic():
        rollup.fold_findings()
    assert SignedNote.objects.count() == 48 and not FindingCount.objects.exists()


def test_folding_again_and_again_adds_nothing(district: list[School]) -> None:
    rollup.fold_findings()
    before = sorted(FindingCount.objects.values_list("pk", "number"))
    assert rollup.fold_findings() == 0
    assert sorted(FindingCount.objects.values_list("pk", "number")) == before


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_folds_at_once_count_each_meeting_once(district: list[School]) -> None:
    def fold() -> None:
        while rollup.fold_findings(limit=7):
            pass
        connection.close()

    threads = [threading.Thread(target=fold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while rollup.fold_findings():
        pass
    expected = sum(sum(levels.values()) for levels in counted_by_hand(stored(), lambda row: 1).values())
    for rows in (FindingCount.objects.filter(school_id=EVERY), FindingCount.objects.exclude(school_id=EVERY)):
        assert sum(rows.values_list("number", flat=True)) == expected
    assert MeetingCount.objects.filter(school_id=EVERY).count() and not SignedNote.objects.exists()


def test_meetings_signed_before_the_counts_existed_are_noted_once(district: list[School]) -> None:
    kept = set(SignedNote.objects.values_list("meeting_id", "month"))
    SignedNote.objects.filter(pk__in=SignedNote.objects.values("pk")[:30]).delete()
    step = import_module("reports.migrations.0003_note_signed_meetings").note_signed_meetings
    step(apps, None)
    assert set(SignedNote.objects.values_list("meeting_id", "month")) == kept


# ---- pages ----


@pytest.mark.parametrize("view", ["rule", "school", "matter", "month", "peers"])
@pytest.mark.parametrize("narrowed", ["", "&body=party&size=large", "&level=let", "&rule=R-T03&office=none"])
def test_every_number_opens_exactly_its_records(
    district: list[School], organiser: User, view: str, narrowed: str
) -> None:
    rollup.fold_findings(limit=30)
    client = client_of(organiser)
    html = client.get(f"{PAGE}?{ALL}&view={view}{narrowed}").content.decode()
    numbers = dict(linked_numbers(html))
    assert len(numbers) >= 3
    for address, number in numbers.items():
        assert len(listed(client, address)) == number, address


def test_the_sentence_says_the_sums_and_their_base(district: list[School], organiser: User) -> None:
    html = page(organiser, f"{PAGE}?{ALL}")
    levels = counted_by_hand(stored(), lambda row: 1)[1]
    judged = sum(levels.values())
    said = re.sub(r"<[^>]*>", "", html[html.index("fh-brief") :].partition("</p>")[0])
    for words in (
        "全区学校48 次会议", f"核查 {judged} 次", f"{levels['warn']} 条 需留意", f"{levels['ins']} 条 待补充", f"{levels['let']} 条 已放行",
    ):  # fmt: skip
        assert words in said, (words, said)


def test_what_is_still_worked_on_is_named_apart_and_opens_those_meetings(organiser: User) -> None:
    cast = factories.make_cast()
    meeting = factories.make_held(cast)
    assert "今天还没有签发的会议里" not in page(organiser, PAGE)
    Meeting.objects.filter(pk=meeting.pk).update(findings_block=3)
    html = page(organiser, PAGE)
    assert "今天还没有签发的会议里" in html
    address = re.search(r'<a class="t-bad" href="(/governance/meetings/\?[^"]*)">1 次</a>', html)
    assert address is not None
    rows = client_of(organiser).get(unescape(address[1])).context["meetings"]
    assert [found.pk for found, _ in rows] == [meeting.pk]
    assert "今天还没有签发的会议里" not in page(organiser, f"{PAGE}?size=large")  # the list of meetings knows no size


@pytest.mark.parametrize("value", ["x", "2026-13", "9" * 400, "'; DROP TABLE", "--time", "%F0%9F%98%80"])
def test_values_that_make_no_sense_do_not_filter(district: list[School], organiser: User, value: str) -> None:
    names = (
        "period",
        "since",
        "until",
        "body",
        "severity",
        "level",
        "rule",
        "matter",
        "school",
        "office",
        "size",
        "mode",
    )
    client = client_of(organiser)
    whole = [row["id"] for row in client.get(LIST).context["rows"]]
    for name in (*names, "cursor", "sort", "view", "by", "group"):
        context = client.get(f"{LIST}?{name}={value}").context
        assert ([row["id"] for row in context["rows"]], context["filters"].given()) == (whole, {}), name
        assert client.get(f"{PAGE}?{name}={value}").context["filters"].given() == {}


def test_a_rule_without_a_document_is_shown_as_the_platforms_own(planter: Planter, organiser: User) -> None:
    own = next(code for code, words in rule_words().items() if words["own"])
    documented = next(code for code, words in rule_words().items() if not words["own"])
    at = datetime(2026, 10, 9, tzinfo=SHANGHAI)
    planter.meeting(school(1), at, [(own, "fail", "warn", ""), (documented, "fail", "warn", "")])
    answer = client_of(organiser).get(f"{PAGE}?{ALL}")
    assert {row.key: row.mark for row in answer.context["rows"]} == {own: "本平台建议", documented: ""}
    assert '<span class="fh-tag tg-none">本平台建议</span>' in answer.content.decode()


# ---- cost ----


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


@pytest.mark.parametrize(
    "address", [*(f"{PAGE}?{ALL}&view={view}" for view in VIEWS), f"{LIST}?{ALL}", f"{LIST}?{ALL}&level=let"]
)
def test_the_cost_is_the_same_for_one_school_and_for_thirty(planter: Planter, organiser: User, address: str) -> None:
    at = datetime(2026, 10, 9, tzinfo=SHANGHAI)
    said = [("R-T04", "waived", "warn", ""), ("R-T03", "fail", "warn", "P01")]
    first = factories.make_cast("FH001")
    planter.meeting(first.school, at, said)
    clients = [client_of(organiser), client_of(first.user("secretary"))]
    one = [[queries(client, address) for client in clients] for _ in range(2)][-1]
    for number in range(2, 31):
        planter.meeting(school(number, *KINDS[number % 3], office=f"教办{number % 7}"), at, said)
    assert [queries(client, address) for client in clients] == one
    rollup.fold_findings()
    assert [queries(client, address) for client in clients] == one
    assert max(one) <= 21
