"""审阅上次会议纪要 on the record page. Like the observers it stands in the form of the record, so that nothing typed is lost, and is
stored at once by its own service.
"""

from typing import Any

from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from governance.models import Meeting, MinutesReview, ReviewOutcome
from governance.reviewing import last_meeting
from governance.secrecy import reads_all
from governance.services.reviewing import drop_review, review_last_minutes

BUTTONS = {"review-approve": ReviewOutcome.APPROVED, "review-object": ReviewOutcome.OBJECTED}
DROP = "review-drop"
NOT_REVIEWED = "还没有登记审阅上次会议纪要"


def is_about_review(button: str) -> bool:
    """Whether a button of the record page is about the last minutes."""
    return button in BUTTONS or button == DROP


def change_review(user: User, meeting: Meeting, button: str, data: QueryDict) -> None:
    """Do what the button says; refusals are the service's."""
    at = timezone.now()
    if button == DROP:
        drop_review(meeting=meeting, by=user, at=at)
        return
    review_last_minutes(
        meeting=meeting, outcome=BUTTONS[button], objection=data.get("review-objection", ""), by=user, at=at
    )


def review_fields(user: User, meeting: Meeting, data: QueryDict, error: str) -> dict[str, Any] | None:
    """The last minutes and what was said of them; None where there are none. The words stay as typed when they were refused."""
    review = MinutesReview.objects.select_related("reviewed").filter(meeting=meeting).first()
    last = review.reviewed if review else last_meeting(meeting)
    if last is None:
        return None
    objected = review is not None and review.outcome == ReviewOutcome.OBJECTED
    withheld = objected and not reads_all(user, last)
    return {
        "last": last,
        "outcome": review.outcome if review else "",
        "label": review.get_outcome_display() if review else "",
        "withheld": withheld,
        "objection": review.objection if review and not withheld else "",
        "typed": data.get("review-objection", "") if error else "",
        "error": error,
    }
