"""书记领雁项目: from the application to the conclusion, who may do what, and what the database refuses."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from checklists.models import Checklist, Task
from common.errors import DomainError, InvalidInput, NotAllowed, Stale, WrongState
from deadlines.models import Deadline
from projects import services
from projects.guards import open_actions
from projects.models import Flagship, Report, Review, TeamMember
from schools.permissions import Post
from tests import factories, projecting
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


def today() -> Any:
    return timezone.localdate()


def names(project: Flagship, user: Any) -> set[str]:
    return {step.name for step in open_actions(project, user)}


def test_a_project_goes_its_way_and_each_step_is_a_fact(cast: Cast) -> None:
    project = projecting.make_running(cast)
    organiser, at = projecting.organiser(), timezone.now()
    project = services.mid_check_flagship(project=project, opinion="进展顺利", by=organiser, at=at)
    project = services.extend_flagship(
        project=project, ends_on=today() + timedelta(days=700), reason="疫情影响", by=organiser, at=at
    )
    project = services.conclude_flagship(project=project, grade="excellent", by=organiser, at=at)
    assert (project.status, project.grade, project.number) == ("concluded", "excellent", f"LY-{today().year}-01")
    steps = ("applied", "listed", "started", "mid_checked", "extended", "concluded")
    facts = Event.objects.filter(kind__in=[f"projects.flagship.{step}" for step in steps]).order_by("seq")
    assert [fact.kind.rpartition(".")[2] for fact in facts] == list(steps)
    assert all(fact.school_id == cast.school.pk and fact.actor_name for fact in facts)


def test_what_the_form_lacks_is_named_all_at_once(cast: Cast) -> None:
    draft = services.draft_flagship(
        school=cast.school, new=services.FlagshipInput(title="草稿", kind="culture"), by=cast.user("clerk"), at=timezone.now()
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        services.apply_flagship(project=draft, by=cast.user("secretary"), at=timezone.now())
    paths = {fault.path for fault in refused.value.faults}
    assert paths == {"problem", "content", "outcomes", "party_opinion", "funds_asked", "areas", "team", "milestones"}


STEPS: dict[str, dict[str, set[str]]] = {
    "draft": {"secretary": {"apply"}},
    "applied": {"office": {"return"}, "organiser": {"return"}},
    "reviewed": {"office": {"return"}, "organiser": {"return", "list"}},
    "listed": {"secretary": {"start"}, "organiser": {"terminate"}},
    "running": {"organiser": {"mid_check", "extend", "terminate"}},
}
MAKE = {
    "draft": projecting.make_draft, "applied": projecting.make_applied, "reviewed": projecting.make_reviewed,
    "listed": projecting.make_listed, "running": projecting.make_running,
}  # fmt: skip


@pytest.mark.parametrize("state", STEPS)
def test_each_step_is_open_to_those_the_paper_names_and_refused_to_all_others(cast: Cast, state: str) -> None:
    project = MAKE[state](cast)
    users = {role: cast.user(role) for role in ("secretary", "principal", "clerk", "member")}
    users |= {"office": factories.make_office_user(), "organiser": projecting.organiser()}
    users |= {
        "supervisor": factories.make_bureau(Post.SUPERVISOR),
        "reviewer": projecting.account(projecting.reviewer()),
    }
    for role, user in users.items():
        assert names(project, user) == STEPS[state].get(role, set()), role
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "apply": (services.apply_flagship, {}),
        "return": (services.return_flagship, {"reason": "补写经费明细"}),
        "list": (services.list_flagship, {"budget": Decimal(1)}),
        "start": (services.start_flagship, {}),
        "mid_check": (services.mid_check_flagship, {}),
        "conclude": (services.conclude_flagship, {"grade": "good"}),
        "extend": (services.extend_flagship, {"ends_on": today() + timedelta(days=900)}),
        "terminate": (services.terminate_flagship, {"reason": "学校撤并"}),
    }
    for name, (call, values) in calls.items():
        for role, user in users.items():
            if name not in STEPS[state].get(role, set()):
                with pytest.raises(DomainError):
                    call(project=project, by=user, at=timezone.now(), **values)
    project.refresh_from_db()
    assert project.status == (state if state != "reviewed" else "applied")


def test_a_stale_version_is_refused_and_a_second_extension_is_not_possible(cast: Cast) -> None:
    project = projecting.make_running(cast)
    organiser, at, day = projecting.organiser(), timezone.now(), today() + timedelta(days=900)
    with pytest.raises(Stale):
        services.mid_check_flagship(project=project, version=project.version - 1, by=organiser, at=at)
    with pytest.raises(InvalidInput):
        services.extend_flagship(project=project, ends_on=project.ends_on, by=organiser, at=at)
    project = services.extend_flagship(project=project, ends_on=day, by=organiser, at=at)
    with pytest.raises(WrongState):
        services.extend_flagship(project=project, ends_on=day + timedelta(days=9), by=organiser, at=at)
    assert project.ended_before is not None and project.ends_on == day


def test_milestones_become_tasks_of_one_checklist_with_deadlines_and_the_two_checks_have_theirs(cast: Cast) -> None:
    project = projecting.make_running(cast)
    task = Task.objects.get(checklist__subject=f"projects.flagship:{project.pk}")
    assert (task.checklist.source_kind, task.responsible, task.units) == ("project", cast.principal, "教务处")
    assert (task.target, task.measures) == ("形成课例库", "每月一次集体备课")
    assert Task.objects.visible_to(cast.user("principal")).of_person(cast.user("principal")).get() == task
    reports = {f"projects.report:{pk}" for pk in Report.objects.values_list("pk", flat=True)}
    running = Deadline.objects.filter(subject__in=reports, ended_at__isnull=True)
    assert {row.due_on for row in running} == {project.mid_due_on, project.ends_on}
    assert {row.responsible for row in running} == {cast.secretary}
    at, organiser = timezone.now(), projecting.organiser()
    services.mid_check_flagship(project=project, by=organiser, at=at)
    services.terminate_flagship(project=project, reason="学校撤并", by=organiser, at=at)
    assert not Deadline.objects.filter(subject__in=reports, ended_at__isnull=True).exists()
    assert Checklist.objects.get() == task.checklist


def test_the_start_needs_a_team_and_milestones_that_can_still_be_met(cast: Cast) -> None:
    project = projecting.make_listed(cast)
    Flagship.objects.get(pk=project.pk).milestones.update(due_on=today() - timedelta(days=1))
    TeamMember.objects.all().delete()
    with pytest.raises(InvalidInput) as refused:
        services.start_flagship(project=project, by=cast.user("secretary"), at=timezone.now())
    assert [fault.path for fault in refused.value.faults] == ["team", "milestones"]
    new = projecting.application(cast)
    services.edit_flagship(project=project, new=new, by=cast.user("clerk"), at=timezone.now())
    services.start_flagship(project=project, by=cast.user("secretary"), at=timezone.now())
    assert Task.objects.count() == 1


def test_a_returned_application_is_the_schools_draft_again_and_its_second_round_begins_anew(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    review = projecting.assign(project)
    at, office = timezone.now(), factories.make_office_user()
    project = services.return_flagship(project=project, reason="补写经费明细", by=office, at=at)
    assert not Flagship.objects.visible_to(office).exists() and Flagship.objects.visible_to(cast.user("team")).exists()
    review.refresh_from_db()
    assert (review.status, Deadline.objects.filter(ended_at__isnull=True).count()) == ("withdrawn", 0)
    project = services.apply_flagship(project=project, by=cast.user("secretary"), at=at)
    assert (project.round, project.checked_at, project.office_at, project.reason) == (2, None, None, "")


def test_without_the_offices_opinion_the_check_says_why_it_goes_on(cast: Cast) -> None:
    project, organiser = projecting.make_applied(cast), projecting.organiser()
    with pytest.raises(InvalidInput):
        services.check_flagship(project=project, by=organiser, at=timezone.now())
    project = services.advise_flagship(
        project=project, backs=True, advice="同意推荐", by=factories.make_office_user(), at=timezone.now()
    )
    with pytest.raises(NotAllowed):
        services.advise_flagship(
            project=project,
            backs=False,
            advice="别的教办",
            by=factories.make_office_user("城西教办", "west"),
            at=timezone.now(),
        )
    assert services.check_flagship(project=project, by=organiser, at=timezone.now()).checked_by == organiser


def test_numbers_run_through_the_year_and_are_given_once(cast: Cast) -> None:
    first = projecting.make_listed(cast)
    second = projecting.make_reviewed(cast, title="另一个项目")
    with pytest.raises(InvalidInput, match="已经用过"):
        services.list_flagship(
            project=second, number=first.number, budget=Decimal(0), by=projecting.organiser(), at=timezone.now()
        )
    second = services.list_flagship(project=second, budget=Decimal(0), by=projecting.organiser(), at=timezone.now())
    assert [first.number[-2:], second.number[-2:]] == ["01", "02"]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "concluded"}, {"status": "terminated"}, {"status": "applied"}, {"budget": None}, {"number": ""},
        {"kind": "sports"}, {"office_at": "2026-01-01T00:00Z"}, {"status": "running"},
    ],
)  # fmt: skip
def test_the_database_binds_each_state_to_its_who_and_when(cast: Cast, values: dict[str, Any]) -> None:
    project = projecting.make_listed(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flagship.objects.filter(pk=project.pk).update(**values)


def test_who_applies_does_not_list_even_with_both_posts(cast: Cast) -> None:
    project = projecting.make_reviewed(cast)
    both = projecting.organiser()
    Flagship.objects.filter(pk=project.pk).update(applied_by=both)
    project.refresh_from_db()
    with pytest.raises(NotAllowed):
        services.list_flagship(project=project, budget=Decimal(1), by=both, at=timezone.now())


def test_changes_are_asked_for_by_the_school_and_decided_by_another(cast: Cast) -> None:
    project, at, organiser = projecting.make_running(cast), timezone.now(), projecting.organiser()
    change = services.request_change(
        project=project, kind="title", value="山海大课堂", reason="范围扩大", by=cast.user("clerk"), at=at
    )
    with pytest.raises(WrongState, match="已在审"):
        services.request_change(
            project=project, kind="title", value="别的名字", reason="再改一次", by=cast.user("clerk"), at=at
        )
    with pytest.raises(NotAllowed):
        services.decide_change(change=change, approve=True, by=cast.user("secretary"), at=at)
    services.decide_change(change=change, approve=True, by=organiser, at=at)
    project.refresh_from_db()
    assert project.title == "山海大课堂"
    change = services.request_change(
        project=project,
        kind="team",
        value="何主任01 执行\n新成员 资料",
        reason="人员调整",
        by=cast.user("clerk"),
        at=at,
    )
    with pytest.raises(InvalidInput):
        services.decide_change(change=change, approve=False, by=organiser, at=at)
    services.decide_change(change=change, approve=True, by=organiser, at=at)
    assert list(project.team.order_by("order").values_list("name", "duty")) == [
        ("何主任01", "执行"),
        ("新成员", "资料"),
    ]
    assert project.team.get(order=1).person == cast.team


# ---- reviewers ----


def test_reviewers_score_blind_and_a_listing_waits_for_all_of_them(cast: Cast) -> None:
    from projects.scoring import nameless, panel_of

    project, organiser = projecting.make_checked(cast), projecting.organiser()
    first, second = projecting.assign(project, 1), projecting.assign(project, 2)
    projecting.score(first)
    project.refresh_from_db()
    panel = panel_of(project, organiser)
    assert panel is not None and panel.blind and panel.average is None
    assert all(row.total is None and not row.opinion for row in panel.rows)
    assert nameless(list(project.reviews.all()), first) == []
    with pytest.raises(WrongState, match="还有 1 位"):
        services.list_flagship(project=project, budget=Decimal(1), by=organiser, at=timezone.now())
    projecting.score(second, 9)
    project.refresh_from_db()
    panel = panel_of(project, organiser)
    assert panel is not None and (panel.blind, panel.average, {row.total for row in panel.rows}) == (
        False,
        51.0,
        {48, 54},
    )
    shown = nameless(list(project.reviews.all()), first)
    assert [(row.who, row.total) for row in shown] == [("专家一", 54)]
    assert panel_of(project, cast.user("secretary")) is None


def test_one_review_alone_does_not_carry_a_listing(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    projecting.score(projecting.assign(project))
    with pytest.raises(WrongState, match="至少要 2 位"):
        services.list_flagship(project=project, budget=Decimal(1), by=projecting.organiser(), at=timezone.now())


@pytest.mark.parametrize("tie", ["holds", "held", "team", "leader"])
def test_who_has_a_tie_to_the_project_cannot_be_its_reviewer_by_service_or_database(cast: Cast, tie: str) -> None:
    from schools.models import Appointment

    expert = projecting.reviewer(3)
    project = projecting.make_checked(cast)
    at = timezone.now()
    if tie == "team":
        TeamMember.objects.create(project=project, order=9, person=expert, name=expert.name)
    elif tie == "leader":
        Flagship.objects.filter(pk=project.pk).update(leader=expert)
        project.refresh_from_db()
    else:
        past = {"ends_on": today() - timedelta(days=400)} if tie == "held" else {}
        Appointment(
            person=expert, post=Post.CLERK, school=cast.school, starts_on=today() - timedelta(days=900), **past
        ).commit(at)
    with pytest.raises(InvalidInput) as refused:
        services.assign_reviewer(project=project, reviewer=expert, by=projecting.organiser(), at=at)
    assert refused.value.faults[0].path == "reviewer"
    row = Review(
        project=project, round=1, reviewer=expert, leader=cast.secretary if tie != "leader" else expert, due_on=today(),
        assigned_by=projecting.organiser(), assigned_at=at,
    )  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        row.commit(at)


def test_a_reviewer_who_steps_into_the_team_later_is_refused_by_the_database(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    review = projecting.assign(project)
    with pytest.raises(DatabaseError), transaction.atomic():
        TeamMember.objects.create(project=project, order=9, person=review.reviewer, name="后来")


def test_only_the_assigned_reviewer_scores_once_with_the_whole_sheet(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    review = projecting.assign(project)
    other = projecting.account(projecting.reviewer(2))
    whole = {"leadership": 20, "problem": 15, "content": 25, "feasibility": 15, "outcomes": 15, "funding": 10}
    said = {"opinion": "思路清楚，措施可行。", "at": timezone.now()}
    mine = projecting.account(review.reviewer)
    for by in (other, projecting.organiser(), cast.user("secretary")):
        with pytest.raises(NotAllowed):
            services.submit_review(review=review, points=whole, by=by, **said)
    with pytest.raises(InvalidInput) as refused:
        services.submit_review(review=review, points=whole | {"funding": 11}, by=mine, **said | {"opinion": "好"})
    assert [fault.path for fault in refused.value.faults] == ["funding", "opinion"]
    assert services.submit_review(review=review, points=whole, by=mine, **said).total == 100
    with pytest.raises(WrongState):
        services.submit_review(review=review, points=whole, by=mine, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(leadership=21, total=101)


def test_a_reviewer_declares_a_conflict_and_is_replaced(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    review = projecting.assign(project)
    services.decline_review(
        review=review, reason="与主持人是师生", by=projecting.account(review.reviewer), at=timezone.now()
    )
    with pytest.raises(InvalidInput, match="已经指派过"):
        projecting.assign(project)
    projecting.score(projecting.assign(project, 2))
    projecting.score(projecting.assign(project, 3))
    services.list_flagship(project=project, budget=Decimal(1), by=projecting.organiser(), at=timezone.now())
    told = Event.objects.get(kind="projects.review.declined")
    assert told.data["accounts"] == [str(projecting.organiser().pk)]


def test_somebody_without_the_post_is_no_reviewer(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    with pytest.raises(InvalidInput, match="不是在任的评审专家"):
        services.assign_reviewer(
            project=project,
            reviewer=factories.make_cast("FH002").principal,
            by=projecting.organiser(),
            at=timezone.now(),
        )
