"""议事: catalogue, rules, rules of procedure, meetings, decisions."""

from governance.models.catalogue import Catalogue, Matter
from governance.models.confirming import (
    Confirmation,
    Declaration,
    Interest,
    Invitation,
    MinutesVersion,
    Observer,
    VersionState,
)
from governance.models.decisions import Decision, DecisionStage
from governance.models.dossiers import Dossier, DossierStatus
from governance.models.items import (
    AgendaItem,
    ItemMember,
    ItemReader,
    Method,
    Outcome,
    PlannedTask,
    Secrecy,
    Stance,
)
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
from governance.models.publishing import Publication
from governance.models.replay import ReplayFlip, ReplayRun, ReplayStatus
from governance.models.results import RuleResult
from governance.models.reviewing import MinutesReview, ReviewOutcome
from governance.models.rulebook import RuleBook
from governance.models.topics import (
    Repeats,
    Topic,
    TopicReader,
    TopicStatus,
    TopicStep,
    TopicTalk,
    TopicTemplate,
)
from governance.models.versions import Issue
from governance.models.waivers import NEVER_WAIVED, Waiver

__all__ = [
    "NEVER_WAIVED",
    "AgendaItem",
    "Attendance",
    "Catalogue",
    "Clause",
    "ClauseKind",
    "Confirmation",
    "Decision",
    "DecisionStage",
    "Declaration",
    "Dossier",
    "DossierStatus",
    "Form",
    "Interest",
    "Invitation",
    "Issue",
    "ItemMember",
    "ItemReader",
    "Matter",
    "Meeting",
    "MeetingMember",
    "MeetingStatus",
    "Method",
    "MinutesReview",
    "MinutesVersion",
    "ModelText",
    "Observer",
    "Outcome",
    "PlannedTask",
    "PriorStep",
    "Publication",
    "Repeats",
    "ReplayFlip",
    "ReplayRun",
    "ReplayStatus",
    "ReviewOutcome",
    "RuleBook",
    "RuleResult",
    "SchoolClause",
    "SchoolLimit",
    "SchoolRules",
    "SchoolRulesStatus",
    "Secrecy",
    "Stance",
    "Talk",
    "TalkItem",
    "TalkResult",
    "Topic",
    "TopicReader",
    "TopicStatus",
    "TopicStep",
    "TopicTalk",
    "TopicTemplate",
    "VersionState",
    "Waiver",
]
