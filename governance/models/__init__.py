"""议事: catalogue, meetings, decisions."""

from governance.models.catalogue import Catalogue, Matter
from governance.models.decisions import Decision, DecisionStage
from governance.models.items import AgendaItem, ItemMember, Method, Outcome, PlannedTask, Stance
from governance.models.meetings import Attendance, Form, Meeting, MeetingMember, MeetingStatus
from governance.models.results import RuleResult

__all__ = [
    "AgendaItem",
    "Attendance",
    "Catalogue",
    "Decision",
    "DecisionStage",
    "Form",
    "ItemMember",
    "Matter",
    "Meeting",
    "MeetingMember",
    "MeetingStatus",
    "Method",
    "Outcome",
    "PlannedTask",
    "RuleResult",
    "Stance",
]
