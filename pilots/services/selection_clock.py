"""The deadline of an application: one clock that moves from step to step, to the person who has to act next."""

from datetime import date, datetime, timedelta

from audit.services import subject_of
from common.dates import local_day
from deadlines.models import Deadline
from deadlines.services import end_deadline, move_deadline, open_deadline
from pilots.models import Application, ApplicationStatus
from schools import access
from schools.permissions import SchoolPerm

S = ApplicationStatus
DAYS_TO_MEND = 7


def set_clock(application: Application, at: datetime, mend_by: date | None = None) -> None:
    """Let the clock run for the step the application waits for now; the caller saves `step_due_on`."""
    due_on = _due(application, at, mend_by)
    application.step_due_on = due_on
    running = Deadline.objects.filter(subject=subject_of(application)).first()
    held = access.holders(_who(application), application.school, local_day(at)) if due_on else []
    if due_on is None or not held:
        if running is not None and running.ended_at is None:
            end_deadline(on=application, at=at)
    elif running is not None:
        move_deadline(on=application, due_on=due_on, responsible=held[0].person, at=at)
    else:
        open_deadline(
            on=application, school=application.school, title=f"办理{application}", url=application.get_absolute_url(),
            responsible=held[0].person, due_on=due_on, at=at,
        )  # fmt: skip


def _due(application: Application, at: datetime, mend_by: date | None) -> date | None:
    """By when the step is to be taken: the batch says so, for what was returned who returned it."""
    if application.status == S.APPROVED:
        return None
    if application.status == S.RETURNED:
        return mend_by or local_day(at) + timedelta(days=DAYS_TO_MEND)
    batch = application.batch
    if batch is None:
        return None
    return {S.DRAFT: batch.nominate_by, S.NOMINATED: batch.recommend_by}.get(S(application.status), batch.review_by)


def _who(application: Application) -> SchoolPerm:
    if application.status in (S.DRAFT, S.RETURNED):
        return SchoolPerm.SUBMIT_PLAN
    if application.status == S.NOMINATED and application.school.office_id is not None:
        return SchoolPerm.RECOMMEND
    return SchoolPerm.REVIEW
