"""What this part adds to a school's page: how far the selection is, and what happened, the newest first."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from audit.models import Event
from audit.registry import kind_of
from common.dates import local_day
from pilots.models import Application, ApplicationStatus, OpinionStep
from pilots.selection_steps import Passed, current_step, step_rows
from schools.models import PilotStatus, School

MOST = 8
S = ApplicationStatus
TAGS = {
    ApplicationStatus.DRAFT: "none",
    ApplicationStatus.NOMINATED: "wait",
    ApplicationStatus.RECOMMENDED: "wait",
    ApplicationStatus.APPROVED: "done",
    ApplicationStatus.RETURNED: "back",
}
STATUS_TAGS = {
    PilotStatus.NONE: "none",
    PilotStatus.APPLYING: "wait",
    PilotStatus.APPROVED: "go",
    PilotStatus.IMPLEMENTING: "run",
    PilotStatus.IMPLEMENTED: "done",
}
STEPS_TOLD = (
    *(f"pilots.application.{name}" for name in ("nominated", "recommended", "exempted", "approved", "returned")),
    "pilots.application.recommendation_kept",
    "schools.school.implemented",
)
TOLD = (
    *STEPS_TOLD,
    *(f"pilots.plan.{name}" for name in ("submitted", "approved", "returned", "revised")),
    *("pilots.plan.superseded", "pilots.foundation.done", "pilots.foundation.renewed", "pilots.evaluation.concluded"),
    "pilots.foundation.done",
    *(f"pilots.receipt.{name}" for name in ("signed", "reminded", "closed")),
)


def tag_of(application: Application | None) -> tuple[str, str]:
    """Kind and words of the tag: what the application waits for."""
    if application is None:
        return "none", "还没有自荐"
    words = {S.DRAFT: "待自荐", S.NOMINATED: "待推荐", S.RECOMMENDED: "待审核"}
    if application.status == S.NOMINATED and application.school.office_id is None:
        return "wait", "待登记免推荐"
    status = ApplicationStatus(application.status)
    return TAGS[status], words.get(status, status.label)


def steps_of(school: School, application: Application | None) -> dict[str, Any]:
    """The four steps for `_components/steps.html`."""
    if application is None:
        return {"rows": step_rows(1, {}, exempt=school.office_id is None), "current": 1}
    implemented = school.pilot_status == PilotStatus.IMPLEMENTED
    current = current_step(application.status, implemented=implemented)
    return {"rows": step_rows(current, _passed(school, application), exempt=application.exempt), "current": current}


def _passed(school: School, application: Application) -> dict[str, Passed]:
    taken = (
        (OpinionStep.NOMINATION, application.nominated_at, application.nominated_by),
        (OpinionStep.RECOMMENDATION, application.recommended_at, application.recommended_by),
        (OpinionStep.REVIEW, application.approved_at, application.approved_by),
    )
    found = {step.value: Passed(by.name, local_day(at)) for step, at, by in taken if at is not None and by is not None}
    if school.implemented_on is not None:
        found["implementation"] = Passed("", school.implemented_on)
    return found


def panel_of(school: School, user: Any) -> dict[str, Any]:
    """For whoever sees the school's page."""
    application = Application.objects.with_people().filter(school=school).first()
    return {
        "application": application,
        "steps": steps_of(school, application),
        "tag": (STATUS_TAGS[PilotStatus(school.pilot_status)], school.get_pilot_status_display()),
        "events": history_of(school),
        "url_code": school.code,
    }


def history_of(school: School, kinds: Sequence[str] = TOLD, most: int = MOST) -> list[dict[str, Any]]:
    """What happened to the school in the rollout, the newest first, as `_components/timeline.html` takes it."""
    rows = Event.objects.filter(school_id=school.pk, kind__in=kinds).order_by("-seq")[:most]
    return [
        {
            "on": event.at,
            "text": _words(event),
            "note": "，".join(filter(None, [event.actor_name, str(event.data.get("reason", ""))])),
            "url": str(event.data.get("url", "")),
            "kind": "",
        }
        for event in rows
    ]


def _words(event: Event) -> str:
    label = kind_of(event.kind).label
    if event.kind.startswith(("pilots.receipt.", "pilots.foundation.")):
        return f"{label}：{event.subject_text}"
    if event.kind == "pilots.evaluation.concluded":
        return f"{event.subject_text}：{event.data.get('result', '')}"
    if event.kind.startswith("pilots.plan."):
        return f"{label}（第 {event.data.get('edition')} 版）"
    if event.kind == "schools.school.implemented":
        return (
            f"{label}，{date.fromisoformat(event.data['implemented_on'])} 起"
            if "implemented_on" in event.data
            else label
        )
    return f"{label}（{event.data['batch']}）" if event.data.get("batch") else label
