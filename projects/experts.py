"""Who may be asked to review a project: experts in office without a tie to the school or the team."""

from common import history
from common.dates import local_day
from projects.guards import conflict_of
from projects.models import Flagship, Review
from schools.models import Appointment
from schools.permissions import Post


def experts_for(project: Flagship) -> list[tuple[str, str]]:
    """Experts in office, each once, as choices; those with a conflict or already asked are left out."""
    held = Appointment.objects.on(local_day(history.now())).filter(post=Post.REVIEWER)
    asked = Review.objects.filter(project=project, round=project.round).values("reviewer")
    people = {
        a.person.pk: a.person for a in held.exclude(person__in=asked).select_related("person").order_by("rank", "pk")
    }
    free = [person for person in people.values() if conflict_of(project, person) is None]
    return [(str(person.pk), person.name) for person in free]
