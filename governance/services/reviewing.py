"""审阅上次会议纪要: put down on the record of a meeting that was held, until it is sent for signature. Nothing sealed changes by it."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from audit.services import record, subject_of
from common.errors import NotAllowed, WrongState, one_fault
from governance.guards import may_record
from governance.models import Meeting, MeetingStatus, MinutesReview, ReviewOutcome
from governance.reviewing import last_meeting
from governance.secrecy import WITHHELD, reads_all
from governance.services.base import locked

SHORTEST, LONGEST = 4, 500


# Like the list of observers it is no part of what clerks type, so the version of the record stays.
@transaction.atomic
def review_last_minutes(
    *, meeting: Meeting, outcome: str, objection: str = "", by: User, at: datetime
) -> MinutesReview:
    """Approved, or an objection in words: that one is for the signer and the recorder of those minutes, who ask for 更正纪要."""
    meeting = _open(meeting, by)
    last = last_meeting(meeting)
    if last is None:
        raise WrongState("上次会议的纪要还没有签发，没有可以审阅的纪要。")
    if outcome not in ReviewOutcome.values:
        raise one_fault("review-outcome", "从审阅通过、有异议里选一个")
    objection = objection.strip() if outcome == ReviewOutcome.OBJECTED else ""
    if outcome == ReviewOutcome.OBJECTED and not SHORTEST <= len(objection) <= LONGEST:
        raise one_fault("review-objection", f"写明对纪要哪一处有什么异议，{SHORTEST} 至 {LONGEST} 个字")
    review = MinutesReview.objects.filter(meeting=meeting).first() or MinutesReview(meeting=meeting)
    _require_readable(review, by)
    review.reviewed, review.outcome, review.objection, review.noted_by = last, outcome, objection, by
    review.commit(at)
    objected = outcome == ReviewOutcome.OBJECTED
    _tell("objected" if objected else "approved", meeting, last, by, at, accounts=_who_mends(last) if objected else [])
    return review


@transaction.atomic
def drop_review(*, meeting: Meeting, by: User, at: datetime) -> None:
    """Take it back; once more is once enough."""
    meeting = _open(meeting, by)
    review = MinutesReview.objects.select_related("reviewed").filter(meeting=meeting).first()
    if review is not None:
        _require_readable(review, by)
        review.delete()
        _tell("review_dropped", meeting, review.reviewed, by, at, accounts=[])


def _open(meeting: Meeting, by: User) -> Meeting:
    meeting = locked(meeting, with_record=False)
    if not may_record(meeting, by):
        raise NotAllowed("审阅上次会议纪要由书记、校长或党政办登记。")
    if meeting.status != MeetingStatus.HELD:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，审阅上次会议纪要不能再登记。")
    return meeting


def _require_readable(review: MinutesReview, by: User) -> None:
    """Nobody overwrites an objection he may not read."""
    if review.objection and not reads_all(by, review.reviewed):
        raise NotAllowed(WITHHELD)


def _who_mends(last: Meeting) -> list[str]:
    """Who signed those minutes and who sent them."""
    return sorted({str(pk) for pk in (last.signed_by_id, last.minuted_by_id) if pk})


def _tell(what: str, meeting: Meeting, last: Meeting, by: User, at: datetime, *, accounts: list[str]) -> None:
    """The fact links both meetings; it does not repeat the objection."""
    Meeting.objects.filter(pk=meeting.pk).update(updated_at=at)
    record(
        f"governance.meeting.minutes_{what}", by=by, at=at, on=meeting, school_id=meeting.school_id, of=subject_of(last),
        reviewed=last.title(), url=reverse("governance:minutes-versions", args=[last.pk]), accounts=accounts,
    )  # fmt: skip
