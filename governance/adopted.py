"""Signed decisions for `schools.adoptions`: what may have adopted a text that every viewer of the school's file reads."""

from uuid import UUID

from accounts.models import User
from governance.models import Decision, MeetingStatus, Secrecy
from schools.adoptions import Adoption

SEALED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
MOST = 500


def adoptions_for(school: UUID, user: User, subject: str = "") -> list[Adoption]:
    """Decisions of the school's signed meetings within this account's sight, the latest first; with a subject only that one.

    Those of restricted items are left out even for their readers: the title would stand on a page that others read, too.
    """
    rows = Decision.objects.visible_to(user).filter(school=school, meeting__status__in=SEALED)
    if subject:
        rows = rows.filter(pk__in=_keys(subject))
    rows = rows.exclude(item__secrecy=Secrecy.RESTRICTED).select_related("meeting").order_by("-decided_on", "-pk")
    return [
        Adoption(
            f"{Decision._meta.label_lower}:{decision.pk}",
            f"{decision.number} {decision.title}（{decision.meeting.get_body_display()}）",
            decision.decided_on,
            decision.get_absolute_url(),
        )
        for decision in rows[:MOST]
    ]


def _keys(subject: str) -> list[UUID]:
    label, _, pk = subject.partition(":")
    try:
        return [UUID(pk)] if label == Decision._meta.label_lower else []
    except ValueError:
        return []
