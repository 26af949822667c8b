"""一校一案: written, handed in complete, returned with points and a day, approved into tasks, revised; who may do what."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from checklists.models import Task, TaskStatus
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from deadlines.models import Deadline
from notifications.models import Message
from notifications.services import dispatch_batch
from pilots.models import Plan, PlanAnnotation, PlanRow, PlanSection, PlanStatus, SectionKey
from pilots.plan_checks import NotComplete, lacks_of
from pilots.plan_guards import open_plan_actions
from pilots.services import plans as services
from pilots.services.plan_files import add_files
from schools.models import School
from schools.permissions import Post
from tests import factories, plans
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


def now() -> Any:
    return timezone.now()


def give_back(plan: Plan, by: User, **values: Any) -> Plan:
    given = {"reason": "推进措施太笼统", "mend_by": timezone.localdate() + timedelta(days=7)} | values
    return services.return_plan(plan=plan, by=by, at=now(), **given)


def actions(plan: Plan, user: User) -> set[str]:
    return {step.name for step in open_plan_actions(Plan.objects.with_people().get(pk=plan.pk), user)}


# ---- handing in ----


def test_a_plan_that_lacks_anything_is_not_handed_in_and_all_is_named(cast: Cast) -> None:
    plan = plans.make_draft(cast)
    at = now()
    PlanRow(plan=plan, kind="charter", order=1, target="修订章程", due_on=timezone.localdate()).commit(at)
    with pytest.raises(NotComplete) as refusal:
        services.submit_plan(plan=plan, by=cast.user("secretary"), at=at)
    texts = [lack.text for lack in refusal.value.lacks]
    assert len(texts) == len(SectionKey) + 4 + 1
    assert "推进清单第 1 项“修订章程”缺推进措施、责任主体" in texts
    assert "“议事规则”还没有任务，在推进清单里至少写一项" in texts
    assert all(lack.url.startswith("/pilots/plans/") and "#" in lack.url for lack in refusal.value.lacks)
    assert Plan.objects.get(pk=plan.pk).status == PlanStatus.DRAFT


@pytest.mark.parametrize("lacking", [{"target": " "}, {"measures": ""}, {"due_on": None}, {"responsible": None}])
def test_each_of_the_four_is_asked_of_every_row(cast: Cast, lacking: dict[str, Any]) -> None:
    plan = plans.fill(plans.make_draft(cast), cast)
    row = plan.rows.order_by("-order").first()
    assert row is not None
    PlanRow.objects.filter(pk=row.pk).update(**lacking)
    assert len(lacks_of(plan)) == 1
    with pytest.raises(NotComplete):
        services.submit_plan(plan=plan, by=cast.user("secretary"), at=now())


@pytest.mark.parametrize("role", ["principal", "clerk", "deputy", "team"])
def test_only_the_secretary_hands_in(cast: Cast, role: str) -> None:
    plan = plans.fill(plans.make_draft(cast), cast)
    with pytest.raises(NotAllowed, match="报送方案由书记办理"):
        services.submit_plan(plan=plan, by=cast.user(role), at=now())
    assert "submit" not in actions(plan, cast.user(role))
    assert "submit" in actions(plan, cast.user("secretary"))


def test_handing_in_tells_the_bureau_and_closes_the_text(cast: Cast, organiser: User) -> None:
    plan = plans.make_submitted(cast)
    dispatch_batch(at=now())
    assert Message.objects.filter(reader=organiser, event__kind="pilots.plan.submitted").exists()
    new = services.PlanInput(plan.starts_on, plan.ends_on, {"goals": "别的"})
    with pytest.raises(WrongState, match="等组织科审核"):
        services.edit_plan(plan=plan, new=new, by=cast.user("clerk"), at=now())


# ---- reviewing ----


def test_approval_opens_tasks_and_deadlines_and_the_school_is_implementing(cast: Cast, organiser: User) -> None:
    plan = plans.make_submitted(cast, rows=2)
    assert not Task.objects.exists()
    services.approve_plan(plan=plan, by=organiser, at=now())
    tasks = list(Task.objects.filter(plan_rows__plan=plan))
    assert len(tasks) == 10 and {task.status for task in tasks} == {TaskStatus.NOT_STARTED}
    assert Deadline.objects.filter(ended_at=None, subject__in=[f"checklists.task:{t.pk}" for t in tasks]).count() == 10
    assert School.objects.get(pk=cast.school.pk).pilot_status == "implementing"
    assert tasks[0].checklist.source_kind == "plan" and tasks[0].checklist.url == plan.get_absolute_url()


def test_who_handed_in_does_not_approve(cast: Cast, organiser: User) -> None:
    plan = plans.make_submitted(cast)
    Plan.objects.filter(pk=plan.pk).update(submitted_by=organiser)
    with pytest.raises(NotAllowed, match="另一位同事"):
        services.approve_plan(plan=plan, by=organiser, at=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(status="approved", approved_by=organiser, approved_at=now())


@pytest.mark.parametrize("post", [Post.SUPERVISOR, Post.LEADER])
def test_only_the_organiser_reviews(cast: Cast, post: Post) -> None:
    plan, other = plans.make_submitted(cast), factories.make_bureau(post)
    assert not actions(plan, other) and not actions(plan, cast.user("secretary"))
    with pytest.raises(NotAllowed, match="组织科"):
        services.approve_plan(plan=plan, by=other, at=now())
    with pytest.raises(NotAllowed, match="组织科"):
        give_back(plan, other)


def test_a_plan_is_not_approved_before_the_application(cast: Cast, organiser: User) -> None:
    plan = plans.make_submitted(cast)
    School.objects.filter(pk=cast.school.pk).update(pilot_status="applying")
    with pytest.raises(WrongState, match="试点申报还没有审核通过"):
        services.approve_plan(plan=plan, by=organiser, at=now())
    assert not Task.objects.exists()


def test_a_returned_plan_has_points_and_a_deadline_that_ends_with_handing_in_again(cast: Cast, organiser: User) -> None:
    plan = plans.make_submitted(cast)
    points = [services.Remark("goals", "目标写得再具体些"), services.Remark("", "第 3 项措施太笼统")]
    plan = give_back(plan, organiser, points=points)
    deadline = Deadline.objects.get(subject=f"pilots.plan:{plan.pk}")
    assert (deadline.responsible, deadline.due_on, deadline.ended_at) == (cast.secretary, plan.mend_by, None)
    assert list(PlanAnnotation.objects.filter(must=True).values_list("key", flat=True)) == ["goals", ""]
    annotation = PlanAnnotation.objects.get(key="goals")
    services.settle_annotation(annotation=annotation, by=cast.user("clerk"), at=now())
    plan = services.submit_plan(plan=plan, by=cast.user("secretary"), at=now())
    deadline.refresh_from_db()
    assert deadline.ended_at is not None
    plan = give_back(plan, organiser)
    deadline.refresh_from_db()
    assert deadline.ended_at is None
    dispatch_batch(at=now())
    assert Message.objects.filter(reader=cast.user("clerk"), event__kind="pilots.plan.returned").count() == 2


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"reason": "短"}, "reason"),
        ({"mend_by": timezone.localdate()}, "mend_by"),
        ({"points": [services.Remark("goals", "x")]}, "goals"),
        ({"points": [services.Remark("nothing", "写明要改什么")]}, "points"),
    ],
)
def test_a_return_says_why_by_when_and_where(cast: Cast, organiser: User, values: dict[str, Any], path: str) -> None:
    plan = plans.make_submitted(cast)
    with pytest.raises(InvalidInput) as refusal:
        give_back(plan, organiser, **values)
    assert [fault.path for fault in refusal.value.faults] == [path]


# ---- editions ----


def test_the_next_edition_keeps_lines_and_tasks_and_supersedes_on_approval(cast: Cast, organiser: User) -> None:
    first = plans.make_approved(cast, organiser)
    second = services.revise_plan(plan=first, by=cast.user("clerk"), at=now())
    assert (second.edition, second.status) == (2, PlanStatus.DRAFT)
    pairs = [list(plan.rows.order_by("order").values_list("line", "task")) for plan in (first, second)]
    assert pairs[0] == pairs[1]
    assert "revise" not in actions(first, cast.user("clerk"))
    with pytest.raises(WrongState, match="已有一版"):
        services.revise_plan(plan=first, by=cast.user("clerk"), at=now())
    services.submit_plan(plan=second, by=cast.user("secretary"), at=now())
    services.approve_plan(plan=second, by=organiser, at=now())
    first.refresh_from_db()
    assert (first.status, Plan.objects.get(pk=second.pk).status) == (PlanStatus.SUPERSEDED, PlanStatus.APPROVED)
    assert Task.objects.count() == 5


def test_the_database_keeps_one_plan_in_force_and_its_text_as_approved(cast: Cast, organiser: User) -> None:
    plan = plans.make_approved(cast, organiser)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanSection.objects.filter(plan=plan, key="goals").update(text="事后改的")
    second = services.revise_plan(plan=plan, by=cast.user("clerk"), at=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Plan.objects.filter(pk=second.pk).update(status="approved", approved_at=now(), approved_by=organiser)


def test_a_stale_page_hears_what_differs(cast: Cast) -> None:
    plan = plans.make_draft(cast)
    new = services.PlanInput(plan.starts_on, plan.ends_on, {"goals": "第一个人写的"})
    services.edit_plan(plan=plan, new=new, version=plan.version, by=cast.user("clerk"), at=now())
    other = services.PlanInput(plan.starts_on, plan.ends_on, {"goals": "第二个人写的"})
    with pytest.raises(Stale) as refusal:
        services.edit_plan(plan=plan, new=other, version=plan.version, by=cast.user("principal"), at=now())
    assert [(d.path, d.theirs, d.yours) for d in refusal.value.differences] == [
        ("goals", "第一个人写的", "第二个人写的")
    ]


def test_the_school_has_one_plan_in_work_and_the_bureau_does_not_write_it(cast: Cast, organiser: User) -> None:
    plan = plans.make_draft(cast)
    with pytest.raises(WrongState, match="已经有一校一案"):
        plans.make_draft(cast)
    new = services.PlanInput(plan.starts_on, plan.ends_on, {})
    for other in (organiser, cast.user("team"), factories.make_cast("FH002").user("secretary")):
        with pytest.raises(NotAllowed):
            services.edit_plan(plan=plan, new=new, by=other, at=now())
    with pytest.raises(InvalidInput):
        services.edit_plan(
            plan=plan, new=services.PlanInput(plan.starts_on, plan.starts_on, {}), by=cast.user("clerk"), at=now()
        )


def test_remarks_are_the_bureaus_and_beside_a_plan_in_force_the_school_hears(cast: Cast, organiser: User) -> None:
    plan = plans.make_approved(cast, organiser)
    remark = services.Remark("goals", "下一版写明年度目标")
    with pytest.raises(NotAllowed):
        services.annotate(plan=plan, remark=remark, by=cast.user("secretary"), at=now())
    made = services.annotate(plan=plan, remark=remark, by=organiser, at=now())
    dispatch_batch(at=now())
    assert Message.objects.filter(reader=cast.user("principal"), event__kind="pilots.plan.annotated").exists()
    services.revise_plan(plan=plan, by=cast.user("clerk"), at=now())
    made.refresh_from_db()
    assert made.settled_by == cast.user("clerk")


# ---- pages ----


@pytest.fixture
def page(client: Client) -> Iterator[Any]:
    def get(user: User, name: str, *args: Any, data: Any = None, **query: str) -> Any:
        client.force_login(user)
        url = reverse(name, args=args)
        return client.post(url, data) if data is not None else client.get(url, query)

    yield get


def test_the_refusal_on_the_page_links_every_lack(cast: Cast, page: Any) -> None:
    plan = plans.make_draft(cast)
    answer = page(cast.user("secretary"), "pilots:plan-action", plan.pk, "submit", data={"version": plan.version})
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "还不能报送：缺 15 处" in body
    assert body.count(f"{reverse('pilots:plan-edit', args=[plan.pk])}#id_") >= len(SectionKey)


def test_the_thread_in_the_browser(cast: Cast, organiser: User, page: Any) -> None:
    plans.approve_school(cast.school)
    clerk, secretary = cast.user("clerk"), cast.user("secretary")
    term = {"starts_on": "2026-01-01", "ends_on": "2099-01-01"}
    assert page(clerk, "pilots:plan-of-school", "FH001", data=term).status_code == 422  # five years at most
    answer = page(clerk, "pilots:plan-of-school", "FH001", data=term | {"ends_on": "2027-06-30"})
    plan = Plan.objects.get()
    assert answer.url == reverse("pilots:plan-edit", args=[plan.pk])
    plans.fill(plan, cast)
    plan.refresh_from_db()
    texts = {"version": plan.version, "starts_on": "2026-01-01", "ends_on": "2027-06-30"}
    texts |= {key.value: f"{key.label}写好了" for key in SectionKey}
    assert page(clerk, "pilots:plan-edit", plan.pk, data=texts).status_code == 302
    assert page(clerk, "pilots:plan-edit", plan.pk, data=texts | {"goals": "旧页面"}).status_code == 412
    plan.refresh_from_db()
    assert page(secretary, "pilots:plan-action", plan.pk, "submit", data={"version": plan.version}).status_code == 302
    assert "核对要点" in page(organiser, "pilots:plan-review", plan.pk).content.decode()
    plan.refresh_from_db()
    back = {"version": plan.version, "result": "return", "reason": "措施写实一些", "mend_by": "2099-01-01"}
    assert page(organiser, "pilots:plan-review", plan.pk, data=back | {"point_goals": "写明目标"}).status_code == 302
    for tab in ("rows", "text", "files"):
        body = page(secretary, "pilots:plan", plan.pk, tab=tab).content.decode()
        assert "措施写实一些" in body
    plan.refresh_from_db()
    assert page(secretary, "pilots:plan-action", plan.pk, "submit", data={"version": plan.version}).status_code == 302
    plan.refresh_from_db()
    done = {"version": plan.version, "result": "approve", "judge_sample": "n"}
    assert page(organiser, "pilots:plan-review", plan.pk, data=done).status_code == 422
    assert page(organiser, "pilots:plan-review", plan.pk, data=done | {"judge_sample": "y"}).status_code == 302
    plan.refresh_from_db()
    assert (plan.status, Task.objects.count()) == (PlanStatus.APPROVED, 5)
    kinds = Event.objects.filter(school_id=cast.school.pk, kind__startswith="pilots.plan.").values_list(
        "kind", flat=True
    )
    assert {"pilots.plan.submitted", "pilots.plan.returned", "pilots.plan.approved"} <= set(kinds)


def test_two_editions_stand_side_by_side(cast: Cast, organiser: User, page: Any) -> None:
    first = plans.make_approved(cast, organiser)
    second = services.revise_plan(plan=first, by=cast.user("clerk"), at=now())
    new = services.PlanInput(second.starts_on, second.ends_on, {"goals": "目标任务的全新内容。"})
    services.edit_plan(plan=second, new=new, by=cast.user("clerk"), at=now())
    row = second.rows.order_by("order").first()
    assert row is not None
    PlanRow.objects.filter(pk=row.pk).update(measures="换成逐项落实")
    body = page(organiser, "pilots:plan-compare", second.pk).content.decode()
    assert "2 处不同" in body and "换成逐项落实" in body and '<ins class="fh-ins">全新</ins>' in body


def test_a_stranger_finds_nothing(cast: Cast, organiser: User, page: Any) -> None:
    plan = plans.make_submitted(cast)
    stranger = factories.make_cast("FH002").user("secretary")
    for name in ("plan", "plan-edit", "plan-review", "plan-compare"):
        assert page(stranger, f"pilots:{name}", plan.pk).status_code == 404
    assert page(cast.user("secretary"), "pilots:plan-review", plan.pk).status_code == 404


def test_files_go_with_the_plan_while_it_is_with_the_school(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    plan = plans.fill(plans.make_draft(cast), cast)
    upload = SimpleUploadedFile("方案附表.txt", "一览".encode())
    plan = add_files(plan=plan, files=[upload], by=cast.user("clerk"), at=now())
    services.submit_plan(plan=plan, by=cast.user("secretary"), at=now())
    with pytest.raises(WrongState):
        add_files(plan=plan, files=[SimpleUploadedFile("迟到.txt", b"x")], by=cast.user("clerk"), at=now())


def test_the_list_counts_by_state_and_asks_the_same_of_one_and_many(cast: Cast, organiser: User, page: Any) -> None:
    plans.make_approved(cast, organiser)
    page(organiser, "pilots:plans")
    with CaptureQueriesContext(
        connection,
    ) as one:
        page(organiser, "pilots:plans")
    others = [factories.make_cast(f"FH00{n}") for n in range(2, 6)]
    for other in others[:2]:
        plans.make_submitted(other)
    plans.make_draft(others[2])
    with CaptureQueriesContext(connection) as many:
        body = page(organiser, "pilots:plans").content.decode()
    assert len(many) == len(one)
    assert '待审核 <span class="muted num">2</span>' in body and "未编制" in body
    assert "云上FH002小学" in page(organiser, "pilots:plans", view="submitted").content.decode()
    export = page(organiser, "pilots:plans-export", "csv", view="submitted")
    assert export.content.decode("utf-8-sig").count("\r\n") == 4
