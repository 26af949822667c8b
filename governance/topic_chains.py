"""事项流转: the way of one matter through both meetings, from the topic to its decision and tasks, as steps in order of time.

Followed are: the items a topic was put on, the topic an item was handed over as, the item of the principal's meeting that a
step names as its source, and the decision an item takes up again (复议). What the account may not read stays in its place
without a word of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from common.dates import local_day, meeting_time
from governance.lists import Work, work_of
from governance.models import AgendaItem, Decision, Meeting, MeetingStatus, Outcome, PriorStep, Secrecy, Topic
from governance.secrecy import WITHHELD, hidden_of
from governance.topic_lists import hidden_topics, tag_of
from schools.permissions import Body

ROUNDS = 8  # a matter goes through fewer meetings; a bound for the number of queries
OUTCOME_TAGS = {Outcome.APPROVED: "done", Outcome.APPROVED_IN_PRINCIPLE: "done", Outcome.REJECTED: "back"}
NOT_SEEN = "你的职务不看这个会议"


@dataclass(frozen=True)
class Step:
    """One box of the flow. `lane` is the meeting it belongs to, `arrow` where it is reached from (down, right, left, or first)."""

    kind: str
    lane: str
    words: str
    title: str = ""
    url: str = ""
    on: date | None = None
    when: str = ""
    tag: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()
    here: bool = False
    arrow: str = ""


@dataclass
class Found:
    """Everything the matter consists of, by id."""

    topics: dict[UUID, Topic] = field(default_factory=dict)
    items: dict[UUID, AgendaItem] = field(default_factory=dict)

    def add_topics(self, rows: Iterable[Topic]) -> None:
        """Keep those that are new."""
        for row in rows:
            self.topics.setdefault(row.pk, row)

    def add_items(self, rows: Iterable[AgendaItem]) -> None:
        """Keep those that are new."""
        for row in rows:
            self.items.setdefault(row.pk, row)


@dataclass(frozen=True)
class Chain:
    """The flow, and what of it is restricted and was opened: reading that is recorded."""

    steps: list[Step]
    opened_topics: list[Topic]
    opened_items: list[AgendaItem]


def chain_of(user: User, *, topic: Topic | None = None, item: AgendaItem | None = None, today: date) -> Chain:
    """The flow that this topic, or this item, belongs to."""
    found = _follow([topic.pk] if topic else [], [item.pk] if item else [])
    here = {one.pk for one in (topic, item) if one}
    decisions = list(Decision.objects.filter(item__in=found.items).select_related("meeting"))
    work = work_of([decision.checklist_id for decision in decisions], today)
    reader = _Reader(user, found)
    steps = [
        *(reader.topic(row, here) for row in found.topics.values()),
        *(reader.item(row, here) for row in found.items.values()),
        *(step for row in decisions for step in reader.decision(row, work)),
    ]
    ordered = [step for _, _, step in sorted(steps, key=lambda one: one[:2])]
    return Chain(_with_arrows(ordered), reader.opened_topics(found), reader.opened_items(found))


def _follow(topics: list[UUID], items: list[UUID]) -> Found:
    """From these to everything linked with them, a few queries a round."""
    found = Found()
    seen: tuple[int, int] = (-1, -1)
    of_topics, of_items = set(topics), set(items)
    for _ in range(ROUNDS):
        found.add_topics(
            Topic.objects.kept()
            .filter(Q(pk__in=of_topics) | Q(handed_over_from__in=of_items))
            .select_related("proposer", "screened_by", "confirmed_by")
        )
        of_topics |= found.topics.keys()
        of_items |= {row.handed_over_from_id for row in found.topics.values() if row.handed_over_from_id}
        steps = PriorStep.objects.filter(Q(item__in=of_items, source_item__isnull=False) | Q(source_item__in=of_items))
        for pair in steps.values_list("item_id", "source_item_id"):
            of_items |= set(pair)
        rows = AgendaItem.objects.filter(Q(pk__in=of_items) | Q(topic__in=of_topics) | _again(of_items))
        found.add_items(rows.select_related("meeting__school", "reconsiders"))
        of_items |= found.items.keys()
        of_items |= {row.reconsiders.item_id for row in found.items.values() if row.reconsiders}
        of_topics |= {row.topic_id for row in found.items.values() if row.topic_id}
        if seen == (seen := (len(of_topics), len(of_items))):
            break
    return found


def _again(items: set[UUID]) -> Q:
    """Items that take up the decision of one of these."""
    return Q(reconsiders__item__in=items)


class _Reader:
    """Rows as steps, as far as the account may read them."""

    def __init__(self, user: User, found: Found) -> None:
        topics, items = found.topics.values(), found.items.values()
        self._topics = set(Topic.objects.visible_to(user).filter(pk__in=found.topics).values_list("pk", flat=True))
        self._hidden_topics = hidden_topics(user, topics)
        meetings = {item.meeting_id for item in items}
        self._meetings = set(Meeting.objects.visible_to(user).filter(pk__in=meetings).values_list("pk", flat=True))
        self._hidden_items = hidden_of(user, items)
        self._handed = {topic.handed_over_from_id for topic in topics}
        self._first = {item.topic_id: item.meeting.scheduled_at for item in sorted(items, key=_late_first)}

    def opened_topics(self, found: Found) -> list[Topic]:
        """Restricted topics whose words are shown."""
        shown = self._topics - self._hidden_topics
        return [row for row in found.topics.values() if row.secrecy == Secrecy.RESTRICTED and row.pk in shown]

    def opened_items(self, found: Found) -> list[AgendaItem]:
        """Restricted items whose words are shown."""
        return [
            row
            for row in found.items.values()
            if row.secrecy == Secrecy.RESTRICTED
            and row.meeting_id in self._meetings
            and row.pk not in self._hidden_items
        ]

    def topic(self, topic: Topic, here: set[UUID]) -> tuple[datetime, int, Step]:
        """The form itself: who put it forward, who checked it."""
        at = topic.submitted_at or topic.created_at
        at = min(at, self._first.get(topic.pk, at))  # a topic stands before its meeting, whenever it was entered
        words = f"{topic.get_body_display()}议题"
        if topic.pk not in self._topics or topic.pk in self._hidden_topics:
            return at, 0, Step("topic", topic.body, words, WITHHELD if topic.pk in self._topics else NOT_SEEN)
        number = topic.number()
        notes = [f"{topic.proposer.name}提出"]
        if topic.handed_over_from_id:
            notes = ["由校长办公会议转来"]
        if topic.screened_by:
            notes.append(f"{topic.screened_by.name}初审")
        if topic.confirmed_by:
            notes.append(f"{topic.confirmed_by.name}审定")
        step = Step(
            "topic", topic.body, f"议题 {number}" if number else words, topic.title, topic.get_absolute_url(),
            local_day(topic.submitted_at or topic.created_at), tag=tag_of(topic), notes=tuple(notes), here=topic.pk in here,
        )  # fmt: skip
        return at, 0, step

    def item(self, item: AgendaItem, here: set[UUID]) -> tuple[datetime, int, Step]:
        """The matter at one meeting and how it ended there."""
        meeting = item.meeting
        if meeting.pk not in self._meetings:
            return meeting.scheduled_at, 1, Step("item", meeting.body, meeting.get_body_display(), NOT_SEEN)
        url = f"{meeting.get_absolute_url()}#item-{item.order}"
        day, when = local_day(meeting.scheduled_at), meeting_time(meeting.scheduled_at)
        words = f"{meeting.title()} 第 {item.order} 项"
        if item.pk in self._hidden_items:
            return meeting.scheduled_at, 1, Step("item", meeting.body, words, WITHHELD, url, day, when)
        step = Step(
            "item", meeting.body, words, item.title, url, day, when, _outcome(item), self._of(item), item.pk in here
        )
        return meeting.scheduled_at, 1, step

    def _of(self, item: AgendaItem) -> tuple[str, ...]:
        notes = []
        if item.supplement:
            notes.append("通知后补充列入")
        if item.reconsiders:
            notes.append(f"复议决议 {item.reconsiders.number}")
        if item.outcome == Outcome.PROPOSED_TO_PARTY:
            notes.append("已转党组织会议" if item.pk in self._handed else "还没有转党组织会议")
        return tuple(notes)

    def decision(self, decision: Decision, work: dict[UUID, Work]) -> list[tuple[datetime, int, Step]]:
        """The decision, and its tasks counted; nothing of a meeting or an item that may not be read."""
        if decision.meeting_id not in self._meetings or decision.item_id in self._hidden_items:
            return []
        at, body, url = decision.meeting.scheduled_at, decision.meeting.body, decision.get_absolute_url()
        adopted = Step(
            "decision", body, f"决议 {decision.number}", decision.title, url, decision.decided_on,
            tag=("done", decision.outcome_label),
        )  # fmt: skip
        counted = work.get(decision.checklist_id) if decision.checklist_id else None
        if counted is None:
            return [(at, 2, adopted)]
        done = f"{counted.closed} / {counted.total} 项完成"
        tasks = Step("tasks", body, "会后任务", done, f"{url}#taskh", tag=counted.tag)
        return [(at, 2, adopted), (at, 3, tasks)]


def _late_first(item: AgendaItem) -> float:
    return -item.meeting.scheduled_at.timestamp()


def _outcome(item: AgendaItem) -> tuple[str, str] | None:
    """How it ended; before the minutes are signed nothing has ended."""
    if item.meeting.status == MeetingStatus.CANCELLED:
        return "back", "会议取消"
    if item.meeting.status not in (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED) or not item.outcome:
        return "wait", item.meeting.get_status_display()
    outcome = Outcome(item.outcome)
    return OUTCOME_TAGS.get(outcome, "wait"), outcome.label


def _with_arrows(steps: list[Step]) -> list[Step]:
    """Where each box is reached from: the one before, in the same lane or in the other."""
    order = list(Body.values)
    order.reverse()  # the principal's meeting is drawn left, the Party meeting right
    made: list[Step] = []
    for step in steps:
        arrow = "first"
        if made:
            before, now = order.index(made[-1].lane), order.index(step.lane)
            arrow = "down" if before == now else "right" if before < now else "left"
        made.append(Step(**{**step.__dict__, "arrow": arrow}))
    return made


def waits_for_hand_over(item: AgendaItem) -> bool:
    """Whether the signed record of the principal's meeting sends this item to the Party meeting, and it has not gone there yet."""
    signed = item.meeting.status in (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
    proposed = item.meeting.body == Body.PRINCIPAL and item.outcome == Outcome.PROPOSED_TO_PARTY
    return signed and proposed and getattr(item, "handed_over", None) is None


@dataclass(frozen=True)
class Flow:
    """What an item's place on a meeting's page says of its way: the page of the flow, 转党组织会议, or the topic it became."""

    url: str
    hand_over: str = ""
    handed: Topic | None = None


def flows_of(meeting: Meeting, items: Iterable[AgendaItem], *, may_hand_over: bool, user: User) -> dict[UUID, Flow]:
    """By item. One query, and only for a principal's meeting that proposed something to the Party meeting."""
    items = list(items)
    signed = meeting.status in (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED) and meeting.body == Body.PRINCIPAL
    proposed = [item.pk for item in items if signed and item.outcome == Outcome.PROPOSED_TO_PARTY]
    found: dict[UUID | None, Topic] = {}
    seen: set[UUID] = set()
    if proposed:
        found = {
            topic.handed_over_from_id: topic for topic in Topic.objects.kept().filter(handed_over_from__in=proposed)
        }
        topics = [topic.pk for topic in found.values()]
        seen = set(Topic.objects.visible_to(user).filter(pk__in=topics).values_list("pk", flat=True))
    flows = {}
    for item in items:
        chain = reverse("governance:item-chain", args=[meeting.pk, item.pk])
        topic = found.get(item.pk)
        open_one = item.pk in proposed and topic is None and may_hand_over
        door = reverse("governance:hand-over", args=[meeting.pk, item.pk]) if open_one else ""
        flows[item.pk] = Flow(chain, door, topic if topic is not None and topic.pk in seen else None)
    return flows
