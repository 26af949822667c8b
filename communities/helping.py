"""城乡互助: who helped whom, from bookings of resources and from activities (S17). Read only within sight."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from common.dates import local_day
from communities.models import Activity, Booking, Community
from schools.models import Location, School


@dataclass(frozen=True)
class Help:
    """One school helped another: a booking of its resource that stands, or an activity it gave."""

    day: date
    giver: School
    taker: School
    what: str
    title: str
    url: str
    size: str


def help_in(communities: QuerySet[Community]) -> list[Help]:
    """All help within those communities, latest first; three queries."""
    bookings = Booking.objects.standing().filter(period__resource__community__in=communities)
    bookings = bookings.select_related("period__resource__school", "school")
    found = [
        Help(
            local_day(one.created_at), one.period.resource.school, one.school,
            one.period.resource.get_kind_display(), one.period.resource.title, one.period.resource.get_absolute_url(),
            f"约 {one.amount}",
        )
        for one in bookings.order_by("pk")
    ]  # fmt: skip
    activities = Activity.objects.filter(community__in=communities).select_related("host").prefetch_related("schools")
    found += [
        Help(
            one.held_on, one.host, school, one.get_way_display(), one.title, one.get_absolute_url(), f"{one.people} 人"
        )
        for one in activities.order_by("pk")
        for school in one.schools.all()
    ]
    return sorted(found, key=lambda one: (one.day, one.giver.code, one.taker.code, one.title), reverse=True)


def by_school(one: School) -> tuple[str, str]:
    """Key and words of a school in the picture of one community."""
    return one.code, f"{one.short_name}（{one.get_location_display()}）"


def by_place(one: School) -> tuple[str, str]:
    """Key and words of a kind of place in the picture of the district."""
    return one.location, f"{one.get_location_display()}学校"


def crosses(giver: School, taker: School) -> bool:
    """From town to village, the flow the source speaks of: 城乡一体化."""
    return giver.location == Location.URBAN and taker.location == Location.RURAL


@dataclass(frozen=True)
class Flow:
    """So many times one helped another."""

    giver: tuple[str, str]
    taker: tuple[str, str]
    count: int
    crossing: bool


def flows_of(found: Iterable[Help], of: Callable[[School], tuple[str, str]]) -> list[Flow]:
    """Help counted by giver and taker, urban to rural first."""
    counted: Counter[tuple[tuple[str, str], tuple[str, str], bool]] = Counter()
    for one in found:
        counted[of(one.giver), of(one.taker), crosses(one.giver, one.taker)] += 1
    flows = [Flow(giver, taker, count, crossing) for (giver, taker, crossing), count in counted.items()]
    return sorted(flows, key=lambda flow: (not flow.crossing, flow.giver, flow.taker))
