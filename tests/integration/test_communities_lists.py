"""三张清单: resources, demands, bookings never above capacity, matching accepted or turned down, projects, activities (S15–S17)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from attachments.models import Attachment
from attachments.registry import may_read
from audit.services import subject_of
from checklists.models import SourceKind, Task
from checklists.services import NewTask
from common.errors import DomainError, InvalidInput, NotAllowed, Stale, WrongState
from communities import selectors, services
from communities.helping import by_school, flows_of, help_in
from communities.models import Activity, Booking, Community, Demand, Refusal, Resource, ResourcePeriod
from communities.services import ActivityInput, DemandInput, PeriodInput, ResourceInput
from tests import communities as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def circle(settings: Any, tmp_path: Any) -> made.Circle:
    settings.MEDIA_ROOT = tmp_path
    return made.make_circle()


@pytest.fixture
def community(circle: made.Circle) -> Community:
    return made.make_community(circle)


def test_entries_are_written_by_the_member_they_belong_to(circle: made.Circle, community: Community) -> None:
    new = ResourceInput("venue", "报告厅", (made.period(),))
    at = timezone.now()
    for role in ("secretary", "principal", "clerk"):
        services.add_resource(
            community=community, school=circle.second.school, new=new, by=circle.second.user(role), at=at
        )
    for by in (circle.second.user("member"), circle.lead.user("secretary"), circle.outside.user("clerk")):
        with pytest.raises(NotAllowed):
            services.add_resource(community=community, school=circle.second.school, new=new, by=by, at=at)
    with pytest.raises(WrongState, match="不是这个共同体现在的成员校"):
        services.add_resource(
            community=community, school=circle.outside.school, new=new, by=circle.outside.user("clerk"), at=at
        )


def test_faults_of_an_entry_are_told_all_at_once(circle: made.Circle, community: Community) -> None:
    today = made.today()
    wrong = ResourceInput("place", "厅", (PeriodInput(today, today - timedelta(days=1), 0),))
    by, at = circle.lead.user("clerk"), timezone.now()
    with pytest.raises(InvalidInput) as refused:
        services.add_resource(community=community, school=circle.lead.school, new=wrong, by=by, at=at)
    assert {fault.path for fault in refused.value.faults} == {
        "title", "kind", "periods.0.ends_on", "periods.0.capacity",
    }  # fmt: skip
    bad = DemandInput("course", "请来上课", today, today, 0)
    with pytest.raises(InvalidInput, match="数量写 1 至"):
        services.add_demand(community=community, school=circle.lead.school, new=bad, by=by, at=at)


def test_a_period_is_never_booked_above_its_capacity(circle: made.Circle, community: Community) -> None:
    resource = made.make_resource(community, circle.lead, capacity=3)
    first = made.book(resource, circle.second, 2)
    with pytest.raises(InvalidInput, match="容量 3，已约 2，还可约 1"):
        made.book(resource, circle.third, 2)
    made.book(resource, circle.third, 1)
    with pytest.raises(InvalidInput, match="还可约 0"):
        made.book(resource, circle.third, 1)
    at = timezone.now()
    with pytest.raises(NotAllowed):
        services.cancel_booking(booking=first, reason="改到下学期", by=circle.third.user("clerk"), at=at)
    with pytest.raises(InvalidInput):
        services.cancel_booking(booking=first, reason="改", by=circle.second.user("clerk"), at=at)
    with pytest.raises(Stale):
        services.cancel_booking(booking=first, reason="改到下学期", version=0, by=circle.second.user("clerk"), at=at)
    services.cancel_booking(booking=first, reason="改到下学期", by=circle.second.user("clerk"), at=at)
    assert made.book(resource, circle.third, 2).amount == 2, "what is cancelled is free again"


def test_the_database_refuses_what_would_pass_by_the_service(circle: made.Circle, community: Community) -> None:
    resource = made.make_resource(community, circle.lead, capacity=3)
    made.book(resource, circle.second, 2)
    period = ResourcePeriod.objects.get()
    extra = Booking(period=period, school=circle.third.school, amount=2, booked_by=circle.third.user("clerk"))
    for write in (
        lambda: extra.commit(timezone.now()),
        lambda: Booking.objects.update(amount=4),
        lambda: ResourcePeriod.objects.update(capacity=1),
        lambda: Booking.objects.update(cancelled_at=timezone.now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_who_may_book_and_what_cannot_be_booked(circle: made.Circle, community: Community) -> None:
    resource, at = made.make_resource(community, circle.lead), timezone.now()
    period = ResourcePeriod.objects.get()
    with pytest.raises(NotAllowed):
        services.book(period=period, school=circle.second.school, amount=1, by=circle.third.user("clerk"), at=at)
    with pytest.raises(InvalidInput, match="本校的资源不用预约"):
        made.book(resource, circle.lead)
    with pytest.raises(InvalidInput, match="不是这个共同体现在的成员校"):
        services.book(period=period, school=circle.outside.school, amount=1, by=circle.outside.user("clerk"), at=at)
    wish = made.make_demand(community, circle.second, amount=2)
    with pytest.raises(InvalidInput, match="从这所学校在本共同体的需求里选"):
        made.book(resource, circle.third, 1, wish)
    with pytest.raises(InvalidInput, match="这项需求要 2，已约 0，还差 2"):
        made.book(resource, circle.second, 3, wish)
    services.withdraw_entry(entry=resource, version=resource.version, by=circle.lead.user("clerk"), at=at)
    with pytest.raises(WrongState, match="已经撤下"):
        made.book(resource, circle.second)
    draft = made.make_draft(circle, name="筹备的共同体")
    with pytest.raises(WrongState, match="登记签约以后"):
        made.book(made.make_resource(draft, circle.lead), circle.second)
    late = timezone.now() + timedelta(days=400)
    other = made.make_resource(community, circle.lead, start=380)
    with pytest.raises(WrongState, match="不在协议期内"):
        services.book(
            period=ResourcePeriod.objects.get(resource=other), school=circle.second.school, amount=1,
            by=circle.second.user("clerk"),
            at=late,
        )  # fmt: skip


def test_what_is_booked_holds_periods_demands_and_entries_in_place(circle: made.Circle, community: Community) -> None:
    resource, at = made.make_resource(community, circle.lead, capacity=5), timezone.now()
    wish = made.make_demand(community, circle.second, amount=3)
    made.book(resource, circle.second, 2, wish)
    period, clerk = ResourcePeriod.objects.get(), circle.lead.user("clerk")
    kept = PeriodInput(period.starts_on, period.ends_on, 2, "周三", period.pk)
    changed: dict[str, Any] = {"resource": resource, "version": resource.version, "by": clerk, "at": at}
    for periods, said in (
        ((PeriodInput(period.starts_on, period.ends_on, 1, "", period.pk),), "容量不能再少"),
        ((PeriodInput(period.starts_on, period.ends_on + timedelta(days=1), 5, "", period.pk),), "日期不能改"),
        ((made.period(),), "有过预约的时段要留着"),
    ):
        with pytest.raises(InvalidInput, match=said):
            services.edit_resource(new=ResourceInput("course", "海洋课程", periods), **changed)
    resource = services.edit_resource(new=ResourceInput("course", "海洋课", (kept, made.period(60)), "科学"), **changed)
    assert (resource.title, resource.subject, resource.periods.count()) == ("海洋课", "科学", 2)  # type: ignore[attr-defined]
    with pytest.raises(Stale):
        services.edit_resource(new=ResourceInput("course", "海洋课", (kept,)), **changed)
    with pytest.raises(WrongState, match="先取消预约"):
        services.withdraw_entry(entry=resource, version=resource.version, by=clerk, at=at)
    less = DemandInput("course", "请来上海洋课", wish.starts_on, wish.ends_on, 1)
    with pytest.raises(InvalidInput, match="数量不能再少"):
        services.edit_demand(demand=wish, new=less, version=wish.version, by=circle.second.user("clerk"), at=at)


def test_the_matching_is_accepted_or_turned_down_and_keeps_what_was_accepted(
    circle: made.Circle, community: Community
) -> None:
    music = made.make_resource(community, circle.lead, subject="音乐", capacity=2, title="合唱课程")
    made.make_resource(community, circle.third, capacity=5)
    wish = made.make_demand(community, circle.second, subject="音乐", amount=3)
    made.make_demand(community, circle.second, kind="venue", amount=1, title="借用场馆")
    plan = selectors.plans_of([community.pk], made.today())[community.pk]
    lines = {period.resource.title: line for _, period, line in plan.lines()}
    assert {title: line.amount for title, line in lines.items()} == {"合唱课程": 2, "海洋课程": 1}
    assert lines["合唱课程"].reasons[:2] == ("学科（领域）相符：音乐", "同一教办")
    gaps = {gap.demand.title: gap for gap in selectors.gaps_of(plan)}
    assert gaps["借用场馆"].reason == "别的成员校没有提供这一类资源"
    assert (gaps["请来上海洋课"].missing, gaps["请来上海洋课"].proposed) == (3, 3)
    at, lead = timezone.now(), circle.lead.user("clerk")
    place = ResourcePeriod.objects.get(resource=music)
    services.book(period=place, school=circle.second.school, amount=2, demand=wish, by=lead, at=at)
    plan = selectors.plans_of([community.pk], made.today())[community.pk]
    assert [(period.resource.title, line.amount) for _, period, line in plan.lines()] == [("海洋课程", 1)]
    sea = Resource.objects.get(title="海洋课程")
    with pytest.raises(NotAllowed):
        services.refuse_match(demand=wish, resource=sea, reason="路太远", by=circle.second.user("clerk"), at=at)
    with pytest.raises(InvalidInput):
        services.refuse_match(demand=wish, resource=sea, reason="远", by=lead, at=at)
    services.refuse_match(demand=wish, resource=sea, reason="路太远，接送不便", by=lead, at=at)
    plan = selectors.plans_of([community.pk], made.today())[community.pk]
    assert not plan.lines()
    assert {row.reason for _, row in plan.unmet()} == {"相符的资源容量已经约满", "别的成员校没有提供这一类资源"}
    assert Booking.objects.standing().count() == 1 and Refusal.objects.count() == 1


def test_figures_count_what_stood_on_the_day(circle: made.Circle, community: Community) -> None:
    resource = made.make_resource(community, circle.lead)
    made.make_demand(community, circle.second)
    made.make_project(community, circle.lead)
    today, yesterday = made.today(), made.today() - timedelta(days=1)
    sets = (
        selectors.communities_in_force, selectors.resource_entries, selectors.demand_entries, selectors.project_entries,
    )  # fmt: skip
    assert [found(today).count() for found in sets] == [1, 1, 1, 1]
    assert [found(yesterday).count() for found in sets] == [0, 0, 0, 0]
    services.withdraw_entry(entry=resource, version=resource.version, by=circle.lead.user("clerk"), at=timezone.now())
    assert selectors.resource_entries(today).count() == 0


def test_a_projects_work_is_tasks_of_the_checklists(circle: made.Circle, community: Community) -> None:
    wish = made.make_demand(community, circle.second)
    project = made.make_project(community, circle.lead, schools=[circle.second.school], demands=[wish])
    at, by = timezone.now(), circle.lead.user("clerk")
    task = NewTask(
        "编一册海洋读本", "分年级编写，互审两轮", made.today() + timedelta(days=30), circle.lead.principal, "校长"
    )
    with pytest.raises(InvalidInput, match="现在不在负责学校任职"):
        other = NewTask("编读本", "分工编写", task.due_on, circle.second.principal)
        services.plan_project(project=project, tasks=[other], version=project.version, by=by, at=at)
    project = services.plan_project(project=project, tasks=[task], version=project.version, by=by, at=at)
    opened = Task.objects.get()
    assert (opened.checklist.source_kind, opened.school) == (SourceKind.COMMUNITY, circle.lead.school)
    with pytest.raises(WrongState, match="已经安排过任务"):
        services.plan_project(project=project, tasks=[task], version=project.version, by=by, at=at)
    done = services.conclude_project(
        project=project, result="读本编成并试用", on=made.today(), version=project.version, by=by, at=at
    )
    with pytest.raises(WrongState, match="已经登记成效"):
        services.withdraw_entry(entry=done, version=done.version, by=by, at=at)


def activity(circle: made.Circle, **values: Any) -> ActivityInput:
    given: dict[str, Any] = {
        "way": "culture", "held_on": made.today(), "title": "送教下乡", "host": circle.lead.school,
        "schools": [circle.third.school, circle.second.school], "people": 30,
    }  # fmt: skip
    return ActivityInput(**given | values)


def test_activities_are_recorded_by_their_host_and_show_the_flow_of_help(
    circle: made.Circle, community: Community
) -> None:
    at, by = timezone.now(), circle.lead.user("clerk")
    with pytest.raises(NotAllowed):
        services.record_activity(community=community, new=activity(circle), by=circle.second.user("clerk"), at=at)
    with pytest.raises(InvalidInput, match="不是这个共同体现在的成员校"):
        wrong = activity(circle, schools=[circle.outside.school])
        services.record_activity(community=community, new=wrong, by=by, at=at)
    files = [SimpleUploadedFile("照片.pdf", b"%PDF-1.4 picture")]
    held = services.record_activity(community=community, new=activity(circle), files=files, by=by, at=at)
    assert may_read(circle.third.user("team"), subject_of(held))
    assert not may_read(circle.outside.user("secretary"), subject_of(held))
    made.book(made.make_resource(community, circle.lead), circle.third)
    flows = flows_of(help_in(Community.objects.all()), by_school)
    assert [(flow.giver[0], flow.taker[0], flow.count, flow.crossing) for flow in flows] == [
        ("FH001", "FH003", 2, True), ("FH001", "FH002", 1, False),
    ]  # fmt: skip
    edited = services.edit_activity(activity=held, new=activity(circle, people=31), version=held.version, by=by, at=at)
    assert (edited.people, Attachment.objects.filter(subject=subject_of(held)).count()) == (31, 1)
    with pytest.raises(Stale):
        services.edit_activity(activity=held, new=activity(circle), version=held.version, by=by, at=at)
    assert Activity.objects.visible_to(circle.outside.user("secretary")).count() == 0


def test_nothing_is_written_once_the_agreement_has_ended(circle: made.Circle, community: Community) -> None:
    resource, wish = made.make_resource(community, circle.lead), made.make_demand(community, circle.second)
    services.end_agreement(community=community, reason="区里统一调整", by=circle.organiser, at=timezone.now())
    refused = (
        lambda: made.make_resource(community, circle.lead),
        lambda: made.make_demand(community, circle.second),
        lambda: made.make_project(community, circle.lead),
        lambda: made.book(resource, circle.second, 1, wish),
    )
    for write in refused:
        with pytest.raises(DomainError):
            write()
    assert (Resource.objects.count(), Demand.objects.count(), Booking.objects.count()) == (1, 1, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_bookings_at_once_no_more_go_through_than_there_are_places(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    circle = made.make_circle()
    community = made.make_community(circle)
    resource = made.make_resource(community, circle.lead, capacity=3)
    period, together = ResourcePeriod.objects.get(resource=resource), Barrier(6)
    people = [(cast.school, cast.user("clerk")) for cast in (circle.second, circle.third)]

    def one(number: int) -> str:
        school, by = people[number % 2]
        together.wait()
        try:
            services.book(period=period, school=school, amount=1, by=by, at=timezone.now())
        except InvalidInput:
            return "full"
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(6)))
    assert sorted(answers) == ["booked"] * 3 + ["full"] * 3
    assert ResourcePeriod.objects.counted().get().booked == 3
