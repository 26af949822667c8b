"""The facts of one meeting, as the rule-check contract words them (“Request”).

A value that is None is not known (yet); where the contract has no line for that, an empty list, False or blank text stands instead.
People are named by ids alone: whatever id the caller uses, names never come in here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from common.dates import local_day


class Body(StrEnum):
    """党组织会议 and 校长办公会议."""

    PARTY = "party"
    PRINCIPAL = "principal"


class LeadershipMode(StrEnum):
    """分设 (two people) and 一人担任 (one person holds both posts)."""

    SEPARATE = "separate"
    COMBINED = "combined"


class Form(StrEnum):
    """How the decision came about: 会议, 传阅, 会签, 个别征求意见."""

    MEETING = "meeting"
    CIRCULATION = "circulation"
    COUNTERSIGN = "countersign"
    ONE_BY_ONE = "one_by_one"


class Post(StrEnum):
    """The posts that matter to the rules: 书记, 校长, 副书记, 副校长, 委员, 行政班子成员."""

    SECRETARY = "secretary"
    PRINCIPAL = "principal"
    DEPUTY_SECRETARY = "deputy_secretary"
    VICE_PRINCIPAL = "vice_principal"
    COMMITTEE_MEMBER = "committee_member"
    ADMIN_TEAM_MEMBER = "admin_team_member"


class AttendanceStatus(StrEnum):
    """到会, 请假, 缺席."""

    PRESENT = "present"
    LEAVE = "leave"
    ABSENT = "absent"


class StepResult(StrEnum):
    """What a step before the meeting ended in: 一致, 基本一致, 有分歧."""

    AGREED = "agreed"
    MOSTLY_AGREED = "mostly_agreed"
    DISAGREED = "disagreed"


class Stance(StrEnum):
    """表态: 同意, 不同意, 弃权."""

    AGREE = "agree"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"


class Method(StrEnum):
    """表决方式: 口头, 举手, 记名投票, 无记名投票."""

    ORAL = "oral"
    SHOW_OF_HANDS = "show_of_hands"
    SIGNED_BALLOT = "signed_ballot"
    SECRET_BALLOT = "secret_ballot"  # noqa: S105


class Conclusion(StrEnum):
    """The outcome of an item (结论): 通过, 原则通过, 不通过, 暂缓, 撤回, 报党组织会议."""

    APPROVED = "approved"
    APPROVED_IN_PRINCIPLE = "approved_in_principle"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    WITHDRAWN = "withdrawn"
    PROPOSED_TO_PARTY = "proposed_to_party"


@dataclass(frozen=True, slots=True)
class ChairFacts:
    """Who chairs; the note is not blank when the chair stands in for secretary or principal."""

    member: str | None = None
    delegation_note: str = ""


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One member due (应到)."""

    id: str
    posts: frozenset[Post] = frozenset()


@dataclass(frozen=True, slots=True)
class AttendanceFacts:
    """One line of the attendance list; a status of None leaves the attendance open."""

    member: str
    status: AttendanceStatus | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step before the meeting (前置环节); without a day it does not count."""

    stage: str
    done_on: date | None = None
    result: StepResult | None = None


@dataclass(frozen=True, slots=True)
class StanceFacts:
    """One stance of one person; `seq` is the order of stating."""

    member: str
    stance: Stance
    seq: int


@dataclass(frozen=True, slots=True)
class VoteCounts:
    """The votes as announced."""

    agree: int
    disagree: int
    abstain: int


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task of a decision with its 四明确."""

    goal: str = ""
    measures: str = ""
    due_on: date | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item of the agenda (议题)."""

    id: str
    order: int
    title: str = ""
    catalogue: str | None = None
    proposed_on: date | None = None
    proposer: str | None = None
    confirmed_by: str | None = None
    urgent: bool = False
    urgent_reason: str = ""
    urgent_consent: bool = False
    materials: int | None = None
    steps: tuple[StepFacts, ...] = ()
    left: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    stances: tuple[StanceFacts, ...] = ()
    absent_opinions: tuple[str, ...] = ()
    counted_votes: VoteCounts | None = None
    method: Method | None = None
    outcome: Conclusion | None = None
    tasks: tuple[TaskFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class MinutesFacts:
    """Who signed the minutes (签发) and on which day."""

    signed_by: str | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """One meeting, planned, running or held. `scheduled_at` carries an offset."""

    body: Body
    scheduled_at: datetime
    leadership_mode: LeadershipMode | None = None
    form: Form | None = None
    materials_sent_on: date | None = None
    chair: ChairFacts | None = None
    recorder: str | None = None
    members: tuple[MemberFacts, ...] = ()
    attendance: tuple[AttendanceFacts, ...] = ()
    observers: tuple[str, ...] = ()
    items: tuple[ItemFacts, ...] = ()
    minutes: MinutesFacts | None = None

    @property
    def held_on(self) -> date:
        """The meeting's date: the day of `scheduled_at` in Asia/Shanghai."""
        return local_day(self.scheduled_at)
