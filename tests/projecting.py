"""Flagship projects for tests, made through the services the pages use."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from projects import services
from projects.models import CRITERIA, Award, Flagship, Review
from projects.services import AwardInput, FlagshipInput, MemberInput, MilestoneInput
from schools.models import Person
from schools.permissions import Post
from tests import factories
from tests.factories import Cast


def application(cast: Cast, **values: Any) -> FlagshipInput:
    """A complete application of the school; `values` override."""
    today = timezone.localdate()
    typed: dict[str, Any] = {
        "title": "山海课堂", "kind": "teaching", "areas": ("classroom", "morals"), "problem": "备课各自为政",
        "content": "党员教师领衔集体备课", "outcomes": "一套课例", "funds_asked": Decimal("32000"),
        "funds_note": "资料和培训", "party_opinion": "党组织会议同意申报", "mid_due_on": today + timedelta(days=300),
        "ends_on": today + timedelta(days=600),
        "team": (MemberInput(person=cast.team.pk, duty="执行"), MemberInput(name="外聘专家")),
        "milestones": (
            MilestoneInput("形成课例库", "每月一次集体备课", today + timedelta(days=90), cast.principal.pk, "教务处"),
        ),
    }  # fmt: skip
    return FlagshipInput(**(typed | values))


def make_draft(cast: Cast, **values: Any) -> Flagship:
    """A complete draft of the school's."""
    return services.draft_flagship(
        school=cast.school, new=application(cast, **values), by=cast.user("clerk"), at=timezone.now()
    )


def make_applied(cast: Cast, **values: Any) -> Flagship:
    """An application on the bureau's desk."""
    return services.apply_flagship(project=make_draft(cast, **values), by=cast.user("secretary"), at=timezone.now())


def organiser() -> User:
    """组织科, made once a test."""
    return User.objects.filter(username="organiser").first() or factories.make_bureau()


def reviewer(number: int = 1) -> Person:
    """A reviewer with an account, made once a test."""
    known = Person.objects.filter(account__username=f"reviewer-{number}").first()
    return known or factories.make_person(f"评审{'甲乙丙丁'[number - 1]}", f"reviewer-{number}", Post.REVIEWER)


def account(person: Person) -> User:
    """The account anew, without a memo of rights."""
    return User.objects.get(person=person)


def make_checked(cast: Cast, **values: Any) -> Flagship:
    """An application that passed 初审."""
    project = make_applied(cast, **values)
    return services.check_flagship(project=project, note="教办意见另行补交", by=organiser(), at=timezone.now())


def assign(project: Flagship, number: int = 1) -> Review:
    """Name the reviewer of that number."""
    return services.assign_reviewer(project=project, reviewer=reviewer(number), by=organiser(), at=timezone.now())


def score(review: Review, points: int = 8) -> Review:
    """A full sheet of that many points for each criterion."""
    given = {criterion.code: points for criterion in CRITERIA}
    return services.submit_review(
        review=review, points=given, opinion="思路清楚，措施可行。", by=account(review.reviewer), at=timezone.now()
    )


def make_reviewed(cast: Cast, **values: Any) -> Flagship:
    """An application with two scores."""
    project = make_checked(cast, **values)
    for number in (1, 2):
        score(assign(project, number))
    return Flagship.objects.get(pk=project.pk)


def make_listed(cast: Cast, **values: Any) -> Flagship:
    """A listed project."""
    return services.list_flagship(
        project=make_reviewed(cast, **values), budget=Decimal("20000"), by=organiser(), at=timezone.now()
    )


def make_running(cast: Cast, **values: Any) -> Flagship:
    """A running project with its tasks."""
    return services.start_flagship(project=make_listed(cast, **values), by=cast.user("secretary"), at=timezone.now())


def make_award(project: Flagship, by: User | None = None, **values: Any) -> Award:
    """An award of the project; by the bureau, hence verified."""
    typed: dict[str, Any] = {"level": "provincial", "name": "省“双减”优秀实践案例", "year": timezone.localdate().year}
    return services.register_award(
        project=project, new=AwardInput(**(typed | values)), by=by or organiser(), at=timezone.now()
    )
