"""议事: catalogue, rules, rules of procedure, meetings, decisions."""

from governance.models.catalogue import Catalogue, Matter
from governance.models.decisions import Decision, DecisionStage
from governance.models.items import AgendaItem, ItemMember, Method, Outcome, PlannedTask, Stance
from governance.models.meetings import Attendance, Form, Meeting, MeetingMember, MeetingStatus
from governance.models.preparation import PriorStep, Talk, TalkItem, TalkResult
from governance.models.procedure import (
    Clause,
    ClauseKind,
    ModelText,
    SchoolClause,
    SchoolLimit,
    SchoolRules,
    SchoolRulesStatus,
)
from governance.models.replay import ReplayFlip, ReplayRun, ReplayStatus
from governance.models.results import RuleResult
from governance.models.rulebook import RuleBook
from governance.models.versions import Issue
from governance.models.waivers import NEVER_WAIVED, Waiver

__all__ = [
    "NEVER_WAIVED",
    "AgendaItem",
    "Attendance",
    "Catalogue",
    "Clause",
    "ClauseKind",
    "Decision",
    "DecisionStage",
    "Form",
    "Issue",
    "ItemMember",
    "Matter",
    "Meeting",
    "MeetingMember",
    "MeetingStatus",
    "Method",
    "ModelText",
    "Outcome",
    "PlannedTask",
    "PriorStep",
    "ReplayFlip",
    "ReplayRun",
    "ReplayStatus",
    "RuleBook",
    "RuleResult",
    "SchoolClause",
    "SchoolLimit",
    "SchoolRules",
    "SchoolRulesStatus",
    "Stance",
    "Talk",
    "TalkItem",
    "TalkResult",
    "Waiver",
]
