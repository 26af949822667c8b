"""工作台: each post finds what waits for it; every number is that of the list behind it; the cost does not grow with the data."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from checklists import services as tasks
from checklists.models import Task
from common.dates import SHANGHAI, local_day
from governance import services as governance
from governance.models import Declaration, Meeting
from governance.record import MemberRecord
from reports import services as rollup
from reports import showing
from reports.selectors import meetings as meeting_selectors
from reports.selectors import overview, standing
from schools.permissions import Body, Post
from tests import factories
from tests.integration.test_tasks_steps import bring, due, give

pytestmark = pytest.mark.django_db
HOME = "/"


def see(user: User, address: str = HOME, **query: Any) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(address, query)
    assert answer.status_code == 200, address
    return answer


def words(pieces: list[dict[str, str]]) -> str:
    return "".join(piece["text"] for piece in pieces)


def brief(user: User) -> str:
    return words(see(user).context["brief"])


def queries(client: Client, address: str = HOME) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def late(task: Task, days: int = 5) -> Task:
    Task.objects.filter(pk=task.pk).update(due_on=due(-days))
    task.refresh_from_db()
    return task


def block(meeting: Meeting, cast: factories.Cast) -> Meeting:
    """A record with one member present: no quorum, which blocks the signature."""
    new = factories.full_record(meeting, cast.principal.pk, due_on=due(10))
    first, *others = new.members
    absent = tuple(MemberRecord(member.person, "absent", "未到会") for member in others)
    items = tuple(replace(item, stances=(), votes=None, outcome="", tasks=()) for item in new.items)
    new = replace(new, members=(first, *absent), items=items)
    meeting = governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    assert meeting.findings_block
    return meeting


def declared(cast: factories.Cast) -> factories.Cast:
    """Nobody of the school owes this year's 利益关系申报, which has tests of its own."""
    at = timezone.now()
    for person in cast.people.values():
        Declaration(school=cast.school, person=person, year=local_day(at).year, nothing=True, declared_at=at).commit(at)
    return cast


@pytest.fixture
def cast() -> factories.Cast:
    return declared(factories.make_cast())


@pytest.fixture
def other() -> factories.Cast:
    return declared(factories.make_cast("FH002", office="城西教办"))


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


# ---- the bureau ----


def test_a_fresh_installation_says_what_comes_first(organiser: User) -> None:
    page = see(organiser).content.decode()
    assert "还没有学校" in page and reverse("schools:roster") in page
    page = see(factories.make_bureau(Post.SUPERVISOR)).content.decode()
    assert "还没有学校" in page and reverse("schools:roster") not in page


def test_the_sentence_counts_schools_tasks_and_meetings(
    cast: factories.Cast, other: factories.Cast, organiser: User
) -> None:
    for school in (cast.school, other.school):
        factories.make_implemented(school, date(2024, 3, 1))
    first, second, third, _ = give(cast, "principal", 3, 4, 5, 6)
    worker, closer = cast.user("principal"), cast.user("secretary")
    bring(third, "closed", worker, closer)
    late(first), late(second)
    block(factories.make_held(cast), cast)
    assert brief(organiser) == (
        "2 所学校已全部实施党组织领导的校长负责制。本年任务按期完成 33%，1 所学校 2 项 任务逾期，1 次会议 有不合规项要改。"
    )


def test_each_number_opens_the_records_it_counts(cast: factories.Cast, organiser: User) -> None:
    first, second = give(cast, "principal", 3, 4)
    bring(second, "closed", cast.user("principal"), cast.user("secretary"))
    late(first)
    block(factories.make_held(cast), cast)
    factories.make_signed(cast, Body.PRINCIPAL, matters=("A10",))
    answer = see(organiser)
    figures = {f["unit"]: f for strand in answer.context["strands"] for f in strand["figures"]}
    assert [f["value"] for unit, f in figures.items() if unit != "任务按期完成"] == ["0", "1", "1", "1", "1"]
    assert figures["／1 所已实施"]["url"] == reverse("pilots:coverage")
    assert rows(organiser, figures["项任务逾期"]) == [first.target]
    assert rows(organiser, figures["任务按期完成"]) == [second.target]
    for unit in ("次会议已签发", "次会议有不合规", "项决议"):
        page = see(organiser, figures[unit]["url"]).content.decode()
        assert page.count("<tr>") - 1 == int(figures[unit]["value"]), unit


def rows(user: User, figure: dict[str, str]) -> list[str]:
    return [row["target"] for row in see(user, figure["url"]).context["rows"]]


def test_a_task_handed_in_by_its_day_is_on_time_however_late_it_was_confirmed(cast: factories.Cast) -> None:
    on_time, too_late = give(cast, "principal", 3, 4)
    worker, closer = cast.user("principal"), cast.user("secretary")
    now = timezone.now()
    for task, handed_in in ((on_time, now), (too_late, now + timedelta(days=5))):
        task = tasks.submit(task=task, text="已办好", by=worker, at=handed_in)
        tasks.close(task=task, by=closer, at=now + timedelta(days=8))
    numbers = standing.counted_afresh([cast.school.pk], due(4).year)[cast.school.pk]
    assert (numbers.closed, numbers.on_time) == (2, 1)


def test_cells_are_coloured_by_the_chosen_measure_and_say_it_in_words(
    cast: factories.Cast, other: factories.Cast, organiser: User
) -> None:
    first, second = give(cast, "principal", 3, 4)
    bring(second, "closed", cast.user("principal"), cast.user("secretary"))
    late(first)
    factories.make_signed(cast)
    cells = cells_of(see(organiser))
    assert cells[cast.school.short_name][2:] == (1, "①", "任务按期 50%（1／2 项）", 1)
    assert cells[other.school.short_name][2:] == (0, "–", "任务按期还没有数", 0)
    cells = cells_of(see(organiser, colour="rules"))
    assert cells[cast.school.short_name][2:5] == (5, "⑤", "会议规范 100%（1／1 次）")
    assert cells[cast.school.short_name][1] == cast.school.get_absolute_url()


def cells_of(answer: Any) -> dict[str, Any]:
    return {cell[0]: cell for group in answer.context["groups"] for cell in group["cells"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["城东教办", "城西教办"]),
        ({"group": "stage"}, ["小学", "高中"]),
        ({"group": "size"}, ["大规模", "中规模"]),
        ({"group": "nonsense", "colour": "nonsense"}, ["城东教办", "城西教办"]),
    ],
)
def test_schools_are_grouped_as_asked(organiser: User, query: dict[str, str], names: list[str]) -> None:
    factories.make_school("FH001", office="城东教办", stage="senior", size="large")
    factories.make_school("FH002", office="城西教办", stage="primary", size="medium")
    answer = see(organiser, HOME, **query)
    assert [group["name"] for group in answer.context["groups"]] == names
    assert [item["count"] for item in answer.context["legend"]] == [0, 0, 0, 0, 0]
    assert answer.context["unmeasured"] == 2


@pytest.mark.parametrize(
    ("good", "of", "stage"),
    [
        (0, 0, 0),
        (0, 3, 1),
        (59, 100, 1),
        (60, 100, 2),
        (3, 4, 3),
        (899, 1000, 3),
        (9, 10, 4),
        (999, 1000, 4),
        (7, 7, 5),
    ],
)
def test_classes_are_cut_in_whole_numbers(good: int, of: int, stage: int) -> None:
    row = overview.Row("FH001", "学校", numbers=standing.Numbers(closed=of, on_time=good))
    assert showing.TASKS.stage(row) == stage


def test_findings_of_thirty_days_open_their_meetings_blocks_first(cast: factories.Cast, organiser: User) -> None:
    warned = factories.make_held(cast, Body.PRINCIPAL, matters=("A01",))
    Meeting.objects.filter(pk=warned.pk).update(findings_warn=2)
    blocked = block(factories.make_held(cast), cast)
    old = factories.make_held(cast, at=timezone.now() - timedelta(days=40))
    Meeting.objects.filter(pk=old.pk).update(findings_block=1)
    lines = see(organiser).context["findings"]
    assert [line["url"] for line in lines] == [blocked.get_absolute_url(), warned.get_absolute_url()]
    assert [line["kind"] for line in lines] == ["bad", "warn"]
    assert lines[1]["note"] == "2 处需留意，送签前要改"


def test_minutes_unsigned_after_three_working_days_are_named(cast: factories.Cast, organiser: User) -> None:
    """A meeting on Monday may be signed until Thursday; on Friday its minutes are late by a day."""
    monday = datetime(2026, 3, 16, 16, tzinfo=SHANGHAI)
    meeting = factories.make_minuted(cast, at=monday)
    for day, named in ((19, []), (20, [meeting.get_absolute_url()])):
        at = datetime(2026, 3, day, 9, tzinfo=SHANGHAI)
        found = meeting_selectors.unsigned_too_long(organiser, at, 5)
        assert [reverse("governance:meeting", args=[row["id"]]) for row in found] == named
    assert meeting_selectors.last_day_too_late(date(2026, 10, 9)) == date(2026, 9, 28)  # over National Day
    assert meeting_selectors.last_day_too_late(date(2035, 1, 9)) is None  # days off are not announced


def test_the_bureau_confirms_closings_that_fall_to_it(organiser: User) -> None:
    school = factories.make_school()
    head = factories.make_person("赵校长", "head", Post.SECRETARY, Post.PRINCIPAL, school=school)
    cast = factories.Cast(school, {"secretary": head, "principal": head})
    task = give(cast, "principal", 5)[0]
    assert see(organiser).context["todo"] == []
    tasks.submit(task=task, text="已办好", by=cast.user("principal"), at=timezone.now())
    todo = see(organiser).context["todo"]
    assert [item["url"] for item in todo] == [task.get_absolute_url()]
    assert "有 1 件事等你处理" in brief(organiser)


def test_the_cost_is_the_same_for_one_school_and_for_thirty(organiser: User) -> None:
    cast = factories.make_cast()
    late(give(cast, "principal", 3)[0])
    factories.make_signed(cast)
    client = Client()
    client.force_login(organiser)
    client.get(HOME)
    waiting_one = queries(client)
    rollup.fold_batch(year=due(0).year)
    folded_one = queries(client)
    for number in range(2, 31):
        factories.make_school(f"FH{number:03}", office=f"教办{number % 7}")
    waiting_many = queries(client)
    rollup.fold_batch(year=due(0).year)
    folded_many = queries(client)
    assert (waiting_one, folded_one) == (waiting_many, folded_many)
    assert folded_many < waiting_many <= 18


def test_large_districts_show_offices_with_the_same_totals(
    cast: factories.Cast, other: factories.Cast, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = give(cast, "principal", 3, 4)
    late(first)
    bring(second, "closed", cast.user("principal"), cast.user("secretary"))
    factories.make_signed(other)
    factories.make_school("FH003", office=None)
    small = overview.overview_of(organiser, due(0))
    rollup.fold_batch(year=due(0).year)
    factories.make_signed(cast)  # waits to be counted again
    now = overview.overview_of(organiser, due(0))
    monkeypatch.setattr(overview, "MOST_CELLS", 2)
    large = overview.overview_of(organiser, due(0))
    assert large.by_office and not now.by_office
    assert large.total == now.total
    assert large.total.numbers.signed == small.total.numbers.signed + 1
    assert [(row.name, row.schools, row.overdue) for row in large.rows] == [
        ("城东教办", 1, 1),
        ("直属", 1, 0),
        ("城西教办", 1, 0),
    ]
    page = see(organiser)
    assert [office["name"] for office in page.context["offices"]] == ["城东教办", "直属", "城西教办"]
    client = Client()
    client.force_login(organiser)
    client.get(HOME)
    assert queries(client) <= 18


def test_more_overdue_tasks_than_are_read_are_counted_all_the_same(
    cast: factories.Cast, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for task in give(cast, "principal", 1, 2, 3):
        late(task)
    monkeypatch.setattr(overview, "OVERDUE_READ", 2)
    view = overview.overview_of(organiser, due(0))
    assert (view.total.overdue, len(view.late)) == (3, 2)


# ---- education offices ----


def test_an_office_sees_its_schools_and_no_meetings(cast: factories.Cast, other: factories.Cast) -> None:
    late(give(cast, "principal", 3)[0])
    late(give(other, "principal", 3)[0])
    block(factories.make_held(cast), cast)
    answer = see(factories.make_office_user("城东教办"))
    page = answer.content.decode()
    assert words(answer.context["brief"]) == "1 所学校。本年任务按期完成 0%，1 所学校 1 项 任务逾期。"
    assert other.school.short_name not in page and "会议有不合规" not in page and "议事规则问题" not in page
    assert [line["name"] for line in answer.context["behind"]] == [cast.school.short_name]
    assert [strand["numeral"] for strand in answer.context["strands"]] == ["一"]
    assert [item["label"] for item in answer.context["colours"]] == ["任务按期"]


# ---- a school's people ----


def test_the_secretary_sees_signatures_and_closings_first(cast: factories.Cast) -> None:
    meeting = factories.make_minuted(cast)
    factories.make_meeting(cast, at=timezone.now() + timedelta(days=3))
    task = give(cast, "member", 9)[0]
    tasks.submit(task=task, text="已办好", by=cast.user("member"), at=timezone.now())
    answer = see(cast.user("secretary"))
    titles = [item["title"] for item in answer.context["desk"].todo]
    assert titles[0] == f"签发{meeting.title()}纪要"
    assert titles[1] == f"确认销号：{task.target}"
    assert titles[2].startswith("审定") and len(titles) == 3
    assert words(answer.context["brief"]) == (
        "有 3 件事等你处理，其中 1 项任务待确认销号；你没有未完成的任务。本校没有任务逾期。"
    )


def test_who_sent_it_does_not_find_it_to_sign(cast: factories.Cast) -> None:
    """The secretary who recorded and sent the minutes may not sign them; the desk does not offer it."""
    meeting = factories.make_minuted(cast)
    Meeting.objects.filter(pk=meeting.pk).update(minuted_by=cast.user("secretary"))
    assert see(cast.user("secretary")).context["desk"].todo == []


def test_the_principal_begins_with_the_own_checklist(cast: factories.Cast) -> None:
    first, second = give(cast, "principal", 3, 40)
    late(first, 8)
    meeting = factories.make_meeting(cast, Body.PRINCIPAL, matters=("A01",), at=timezone.now() + timedelta(days=2))
    answer = see(cast.user("principal"))
    desk, page = answer.context["desk"], answer.content.decode()
    assert [group.name for group in desk.groups] == ["逾期", "以后"]
    assert page.index('id="mine"') < page.index('id="todo"') < page.index('id="open"')
    assert (
        words(answer.context["brief"]) == "你有 2 项任务未完成，其中 1 项逾期；有 1 件事等你处理。本校 1 项任务逾期。"
    )
    assert desk.todo[0]["title"] == f"审定{meeting.title()}议程"
    assert [action["label"] for action in desk.groups[0].cards[0]["actions"]] == ["标为完成", "登记进展"]
    assert second.target in page


def test_the_clerk_finds_drafts_and_what_came_back(cast: factories.Cast) -> None:
    returned = factories.make_minuted(cast)
    governance.return_meeting(meeting=returned, reason="请假事由没有写清", by=cast.user("secretary"), at=timezone.now())
    draft = factories.make_meeting(cast, at=timezone.now() + timedelta(days=4))
    started = factories.make_meeting(cast, Body.PRINCIPAL, matters=("A01",))
    governance.confirm_agenda(meeting=started, by=cast.user("principal"), at=timezone.now())
    todo = see(cast.user("clerk")).context["desk"].todo
    assert [(item["title"], item["url"]) for item in todo] == [
        (f"修改{returned.title()}记录", reverse("governance:record", args=[returned.pk])),
        (f"登记召开{started.title()}", started.get_absolute_url()),
        (f"准备{draft.title()}议题", reverse("governance:agenda", args=[draft.pk])),
    ]
    assert todo[0]["note"] == "退回：请假事由没有写清"
    assert todo[2]["note"] == "1 个议题，等书记审定"


def test_the_next_meeting_of_each_body_says_its_step(cast: factories.Cast) -> None:
    at = timezone.now()
    later = factories.make_meeting(cast, at=at + timedelta(days=9))
    sooner = factories.make_meeting(cast, at=at + timedelta(days=3))
    assert later.scheduled_at > sooner.scheduled_at
    lines = {line["body"]: line for line in see(cast.user("secretary")).context["desk"].next_meetings}
    assert (lines["party"]["url"], lines["party"]["step"]) == (sooner.get_absolute_url(), "等书记审定议程")
    assert lines["party"]["states"] == "dntttt" and "url" not in lines["principal"]
    sooner = governance.confirm_agenda(meeting=sooner, by=cast.user("secretary"), at=at)
    governance.call_meeting(meeting=sooner, by=cast.user("clerk"), at=at)
    lines = {line["body"]: line for line in see(cast.user("clerk")).context["desk"].next_meetings}
    assert (lines["party"]["states"], lines["party"]["step"]) == ("dddntt", "已通知，等开会")


def test_members_see_their_own_body_only(cast: factories.Cast) -> None:
    factories.make_meeting(cast, at=timezone.now() + timedelta(days=3))
    blocked = block(factories.make_held(cast), cast)
    desk = see(cast.user("team")).context["desk"]
    assert [line["body"] for line in desk.next_meetings] == ["principal"]
    assert (desk.todo, desk.findings, desk.blocked) == ([], [], 0)
    desk = see(cast.user("member")).context["desk"]
    assert ([line["url"] for line in desk.findings], desk.blocked) == ([blocked.get_absolute_url()], 1)


def test_another_schools_work_is_not_on_the_desk(cast: factories.Cast, other: factories.Cast) -> None:
    late(give(other, "principal", 3)[0])
    factories.make_minuted(other)
    answer = see(cast.user("secretary"))
    assert answer.context["desk"].todo == [] and answer.context["desk"].tasks == []
    assert "本校没有任务逾期" in words(answer.context["brief"])


def test_a_person_of_two_schools_chooses_the_desk(cast: factories.Cast, other: factories.Cast) -> None:
    person = factories.make_person("两校委员", "both", Post.COMMITTEE_MEMBER, school=cast.school)
    factories.appoint(
        factories.NewAppointment(person=person, post=Post.CLERK, school=other.school, starts_on=date(2020, 9, 1), rank=60),
        by=None, at=timezone.now(),
    )  # fmt: skip
    user = User.objects.get(person=person)
    task = give(other, "principal", 3)[0]
    first, second = see(user).context, see(user, school="FH002").context
    assert (first["school"], first["desk"].tasks) == (cast.school, [])
    assert (second["school"], [row["id"] for row in second["desk"].tasks]) == (other.school, [task.pk])
    assert see(user, school="FH999").context["school"] == cast.school


def test_the_desk_costs_the_same_for_one_row_and_for_thirty(cast: factories.Cast) -> None:
    counts = {}
    for number in (1, 30):
        give(cast, "principal", *range(1, number + 1), source=factories.make_meeting(cast))
        factories.make_meeting(cast, at=timezone.now() + timedelta(days=number))
        for role in ("secretary", "principal", "clerk", "team"):
            client = Client()
            client.force_login(cast.user(role))
            client.get(HOME)
            counts.setdefault(role, []).append(queries(client))
    assert all(one == thirty <= 20 for one, thirty in counts.values()), counts


# ---- those who see no school ----


@pytest.mark.parametrize(
    ("post", "route"),
    [
        (Post.SYSTEM_ADMIN, "schools:accounts"),
        (Post.SECURITY_ADMIN, "schools:posts"),
        (Post.AUDITOR, "reports:audit"),
    ],
)
def test_each_of_the_three_administrators_finds_the_own_work_only(post: Post, route: str) -> None:
    factories.make_cast()
    page = see(factories.make_bureau(post))
    ways = [way["url"] for way in page.context["ways"]]
    assert ways == [reverse(route)]
    assert see(factories.make_bureau(post, f"{post}-2"), ways[0]).status_code == 200
    assert "FH001" not in page.content.decode()


def test_an_account_without_a_post_is_told_so(cast: factories.Cast) -> None:
    page = see(User.objects.get(person=factories.make_person("无任职", "nobody"))).content.decode()
    assert "你现在没有任职" in page and cast.school.name not in page


# ---- the school's page ----


def test_the_schools_page_shows_meetings_to_those_who_may_see_them_and_tasks(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    task = late(Task.objects.get())
    address = cast.school.get_absolute_url()
    page = see(cast.user("secretary"), address).content.decode()
    assert meeting.get_absolute_url() in page and task.get_absolute_url() in page
    assert re.search(r"逾期 1 项", page)
    page = see(factories.make_office_user(), address).content.decode()
    assert meeting.get_absolute_url() not in page and task.get_absolute_url() in page
    assert "最近会议" not in page
