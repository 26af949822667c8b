"""审阅上次会议纪要 (A64): which minutes are looked back at, and what two meetings' pages say of it. Pure reading."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from governance.models import Meeting, MeetingStatus, MinutesReview, ReviewOutcome
from governance.secrecy import reads_all

SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


def last_meeting(meeting: Meeting) -> Meeting | None:
    """The latest meeting of the same body before this one whose minutes are signed. One query."""
    before = Meeting.objects.kept().filter(
        school=meeting.school_id, body=meeting.body, status__in=SIGNED, scheduled_at__lt=meeting.scheduled_at
    )
    return before.order_by("-scheduled_at", "-pk").first()


@dataclass(frozen=True)
class Look:
    """One look back as a page shows it, from the side of either meeting; `objection` only for who may read all of those minutes."""

    other: Meeting
    tag: tuple[str, str]
    objection: str
    withheld: bool
    back: bool


def looks_of(meeting: Meeting, user: User) -> list[Look]:
    """What this meeting said of the one before it, and what later ones said of it, as far as the account sees both. One query."""
    if meeting.held_at is None:
        return []
    seen = Meeting.objects.visible_to(user).order_by().values("pk")
    rows = MinutesReview.objects.filter(Q(meeting=meeting) | Q(reviewed=meeting), meeting__in=seen, reviewed__in=seen)
    return [
        _look(row, meeting, user) for row in rows.select_related("meeting", "reviewed").order_by("created_at", "pk")
    ]


def _look(review: MinutesReview, here: Meeting, user: User) -> Look:
    back = review.meeting_id == here.pk
    objected = review.outcome == ReviewOutcome.OBJECTED
    withheld = objected and not reads_all(user, review.reviewed)
    return Look(
        other=review.reviewed if back else review.meeting,
        tag=("back" if objected else "done", str(ReviewOutcome(review.outcome).label)),
        objection="" if withheld else review.objection,
        withheld=withheld,
        back=back,
    )
