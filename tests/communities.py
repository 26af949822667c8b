"""Communities for tests, made through the services the pages use."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from common.dates import local_day
from communities import services
from communities.models import Activity, Booking, Community, Demand, JointProject, Resource, ResourcePeriod
from communities.services import ActivityInput, DemandInput, PeriodInput, ProjectInput, ResourceInput
from tests import factories

TEXT = b"%PDF-1.4 agreement"


@dataclass
class Circle:
    """Three schools, the first of which leads, a fourth that stands outside, and the bureau."""

    lead: factories.Cast
    second: factories.Cast
    third: factories.Cast
    outside: factories.Cast
    organiser: User

    @property
    def members(self) -> tuple[factories.Cast, ...]:
        """The three."""
        return self.lead, self.second, self.third


def make_circle() -> Circle:
    """Lead and second of one office in town, the third rural, the fourth a stranger."""
    return Circle(
        factories.make_cast("FH001"),
        factories.make_cast("FH002"),
        factories.make_cast("FH003", office="山前教办", location="rural"),
        factories.make_cast("FH004", office="城西教办"),
        factories.make_bureau(),
    )


def make_draft(circle: Circle, *, days: int = 365, at: datetime | None = None, name: str = "山海共同体") -> Community:
    """A draft with two more members and the text of its agreement."""
    at = at or timezone.now()
    today = local_day(at)
    clerk = circle.lead.user("clerk")
    community = services.found_community(
        name=name, lead_school=circle.lead.school, starts_on=today, until=today + timedelta(days=days), by=clerk, at=at
    )
    others = [cast.school for cast in circle.members[1:]]
    community = services.join(community=community, schools=others, by=clerk, at=at)
    upload = SimpleUploadedFile("框架协议书.pdf", TEXT)
    services.add_agreement_text(community=community, upload=upload, by=clerk, at=at)
    return Community.objects.get(pk=community.pk)


def consent_all(circle: Circle, community: Community, purpose: str = "sign", *, at: datetime | None = None) -> None:
    """Every other member's secretary consents."""
    for cast in circle.members[1:]:
        services.give_consent(
            community=community, school=cast.school, purpose=purpose, by=cast.user("secretary"), at=at or timezone.now()
        )


def make_community(
    circle: Circle, *, days: int = 365, at: datetime | None = None, name: str = "山海共同体"
) -> Community:
    """An active community."""
    at = at or timezone.now()
    community = make_draft(circle, days=days, at=at, name=name)
    consent_all(circle, community, at=at)
    return services.sign_agreement(
        community=community, signed_on=local_day(at), by=circle.lead.user("secretary"), at=at
    )


def period(start: int = 0, days: int = 30, capacity: int = 3, times: str = "") -> PeriodInput:
    """A period that begins in `start` days."""
    first = today() + timedelta(days=start)
    return PeriodInput(first, first + timedelta(days=days), capacity, times)


def make_resource(
    community: Community, cast: factories.Cast, *, capacity: int = 3, subject: str = "", kind: str = "course",
    start: int = 0, title: str = "海洋课程",
) -> Resource:  # fmt: skip
    """A resource of that school with one period."""
    new = ResourceInput(kind, title, (period(start, capacity=capacity),), subject)
    return services.add_resource(
        community=community, school=cast.school, new=new, by=cast.user("clerk"), at=timezone.now()
    )


def make_demand(
    community: Community, cast: factories.Cast, *, amount: int = 2, subject: str = "", kind: str = "course",
    title: str = "请来上海洋课",
) -> Demand:  # fmt: skip
    """A demand of that school."""
    new = DemandInput(kind, title, today(), today() + timedelta(days=60), amount, subject)
    return services.add_demand(
        community=community, school=cast.school, new=new, by=cast.user("clerk"), at=timezone.now()
    )


def make_project(community: Community, cast: factories.Cast, **values: Any) -> JointProject:
    """A joint project of that school's principal."""
    new = ProjectInput(
        title="联合教研", way="courses", responsible=cast.principal, starts_on=today(),
        ends_on=today() + timedelta(days=90), **values,
    )  # fmt: skip
    return services.add_project(
        community=community, school=cast.school, new=new, by=cast.user("clerk"), at=timezone.now()
    )


def book(resource: Resource, cast: factories.Cast, amount: int = 1, demand: Demand | None = None) -> Booking:
    """A booking of that school in the first period."""
    place = ResourcePeriod.objects.filter(resource=resource).order_by("starts_on")[0]
    return services.book(
        period=place, school=cast.school, amount=amount, demand=demand, by=cast.user("clerk"), at=timezone.now()
    )


def fill(circle: Circle, words: str) -> tuple[Community, Resource, Demand, Booking, JointProject, Activity]:
    """An active community of two schools with one of everything in it, `words` in every text."""
    at, lead, friend = timezone.now(), circle.lead, circle.second
    clerk = lead.user("clerk")
    community = services.found_community(
        name=words, lead_school=lead.school, starts_on=today(), until=today() + timedelta(days=300), aim=words,
        by=clerk, at=at,
    )  # fmt: skip
    services.join(community=community, schools=[friend.school], by=clerk, at=at)
    text = SimpleUploadedFile(f"{words}.txt", words.encode())
    services.add_agreement_text(community=community, upload=text, by=clerk, at=at)
    services.give_consent(community=community, school=friend.school, by=friend.user("secretary"), at=at)
    community = services.sign_agreement(community=community, signed_on=today(), by=lead.user("secretary"), at=at)
    resource = make_resource(community, lead, title=words, subject=words)
    demand = make_demand(community, lead, title=words, kind="venue")
    project = make_project(community, lead, content=words)
    new = ActivityInput("culture", today(), words, lead.school, [friend.school], 30, words)
    held = services.record_activity(community=community, new=new, by=clerk, at=at)
    return Community.objects.get(pk=community.pk), resource, demand, book(resource, friend), project, held


def today() -> date:
    """The local day."""
    return local_day(timezone.now())
