"""What is typed of a topic, what can be wrong with it, and how it is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Field

from accounts.models import User
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput
from governance.models import (
    AgendaItem,
    Catalogue,
    Matter,
    MeetingStatus,
    Outcome,
    Secrecy,
    Talk,
    Topic,
    TopicReader,
    TopicStep,
    TopicTalk,
)
from governance.models.catalogue import in_force
from governance.secrecy import RESTRICTED_MATTERS
from governance.services.preparation import MOST_AMOUNT, MOST_STEPS, StepInput, step_faults
from governance.topic_guards import enters_for_others, leads
from schools import access
from schools.models import Appointment, School
from schools.permissions import BUREAU_POSTS, HEAD_POST, LEADERSHIP_POSTS, TABLE, Body, SchoolPerm

MOST_MINUTES, MOST_TALKS, MOST_READERS = 600, 20, 50
SEALED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


@dataclass(frozen=True)
class TopicInput:
    """A topic as typed. `proposer` None is the typing member himself; `secrecy` blank is what the matter asks for."""

    title: str
    matter: str = ""
    proposer: UUID | None = None
    presenter: UUID | None = None
    lead_unit: str = ""
    other_units: str = ""
    minutes_needed: int | None = None
    background: str = ""
    basis: str = ""
    proposal: str = ""
    alternative: str = ""
    question: str = ""
    amount: Decimal | None = None
    fund_source: str = ""
    involves_cadres: bool = False
    secrecy: str = ""
    unit_opinion: str = ""
    leader_opinion: str = ""
    urgent: bool = False
    urgent_reason: str = ""
    readers: tuple[UUID, ...] = ()
    steps: tuple[StepInput, ...] = ()
    talks: tuple[UUID, ...] = ()


TEXTS = (
    "title", "matter", "lead_unit", "other_units", "background", "basis", "proposal", "alternative", "question",
    "fund_source", "unit_opinion", "leader_opinion", "urgent_reason",
)  # fmt: skip
PLAIN = ("minutes_needed", "amount", "involves_cadres", "urgent")
NEEDED = {
    "title": "写一句话的议题名称",
    "matter": "从目录里选事项，议题要归到一个事项",
    "background": "写事由背景：为什么要上会",
    "basis": "写政策与制度依据：依据哪份文件或哪条制度",
    "proposal": "写拟解决意见：建议会议怎么定",
}


def field_of(name: str) -> "Field[Any, Any]":
    """A column of topics."""
    field = Topic._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101  no relation from elsewhere
    return field


def label_of(name: str) -> str:
    """The Chinese name of a field."""
    return str(field_of(name).verbose_name)


def input_of(topic: Topic) -> TopicInput:
    """A stored topic as it would be typed; templates, hand-overs and partial changes start from it."""
    values: dict[str, Any] = {name: getattr(topic, name) for name in (*TEXTS, *PLAIN, "secrecy")}
    steps = tuple(StepInput(s.stage, s.done_on, s.note, s.source_item_id) for s in topic.steps.order_by("order"))
    return TopicInput(
        **values,
        proposer=topic.proposer_id,
        presenter=topic.presenter_id,
        readers=tuple(topic.readers.order_by("pk").values_list("person_id", flat=True)),
        steps=steps,
        talks=tuple(topic.talk_links.order_by("pk").values_list("talk_id", flat=True)),
    )


def differences(topic: Topic, new: TopicInput) -> list[Difference]:
    """Where the stored topic and the typed one differ, in words: what somebody else changed meanwhile stands beside one's own."""
    pairs = [(name, getattr(topic, name), getattr(new, name)) for name in (*TEXTS, *PLAIN)]
    pairs = [(name, theirs, yours.strip() if isinstance(yours, str) else yours) for name, theirs, yours in pairs]
    return [
        Difference(name, label_of(name), _said(theirs), _said(yours))
        for name, theirs, yours in pairs
        if theirs != yours
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "–" if value in (None, "") else str(value)


class Reader:
    """Reads what was typed against the school of that day, and collects what is wrong."""

    def __init__(self, topic: Topic, new: TopicInput, by: User, at: datetime) -> None:
        self.topic, self.new, self.by, self.day = topic, new, by, local_day(at)
        self.school: School = topic.school
        self.adding = topic._state.adding
        rows = Appointment.objects.on(self.day).filter(school=self.school).order_by("rank", "pk")
        self.posts: dict[UUID, set[str]] = {}
        for person, post in rows.values_list("person_id", "post"):
            self.posts.setdefault(person, set()).add(post)
        self.catalogue = in_force(self.day)

    def check(self) -> None:
        """All faults at once."""
        faults = [
            *self._texts(),
            *matter_faults(self.catalogue, self.topic.body, self.new.matter.strip()),
            *self._people(),
            *self._numbers(),
            *self._secrecy(),
            *self._steps(),
            *self._talks(),
        ]
        if faults:
            raise InvalidInput(faults)

    def _texts(self) -> Iterable[Fault]:
        if not self.new.title.strip():
            yield Fault("title", NEEDED["title"])
        for name in TEXTS:
            most = field_of(name).max_length or 0
            if name != "matter" and len(getattr(self.new, name).strip()) > most:
                yield Fault(name, f"{label_of(name)}写到 {most} 字以内")

    def proposer(self) -> UUID | None:
        """Who is named as proposer; by default who types it, or who it was."""
        if self.new.proposer is not None:
            return self.new.proposer
        if not self.adding:
            return self.topic.proposer_id
        return access.person_of(self.by) if leads(self.by, self.school.pk) else None

    def _people(self) -> Iterable[Fault]:
        who, own = self.proposer(), access.person_of(self.by)
        kept = not self.adding and who == self.topic.proposer_id
        if who is None:
            yield Fault("proposer", "选提出人：党政办代班子成员填报")
        elif not kept and not self.posts.get(who, set()) & LEADERSHIP_POSTS:
            yield Fault("proposer", "提出人要从本校在任的班子成员里选")
        elif not kept and who != own and not enters_for_others(self.by, self.school.pk):
            yield Fault("proposer", "提出人写你本人；代别人填报由党政办办理")
        if self.new.presenter not in (None, self.topic.presenter_id) and self.new.presenter not in self.posts:
            yield Fault("presenter", "汇报人要从本校在任的人里选")

    def _numbers(self) -> Iterable[Fault]:
        if self.new.minutes_needed is not None and not 1 <= self.new.minutes_needed <= MOST_MINUTES:
            yield Fault("minutes_needed", f"预计时长写 1 至 {MOST_MINUTES} 分钟")
        if self.new.amount is not None and not 0 <= self.new.amount <= MOST_AMOUNT:
            yield Fault("amount", "金额写成不小于 0 的数，单位是元")
        if self.new.urgent and not self.new.urgent_reason.strip():
            yield Fault("urgent_reason", "临时动议要写紧急事由")

    def secrecy(self) -> str:
        """What is typed; blank keeps what is stored, and asks the matter when that is new."""
        if self.new.secrecy:
            return self.new.secrecy
        code = self.new.matter.strip()
        if code in RESTRICTED_MATTERS and (self.adding or code != self.topic.matter):
            return Secrecy.RESTRICTED
        return Secrecy.INTERNAL if self.adding else self.topic.secrecy

    def _secrecy(self) -> Iterable[Fault]:
        level, code = self.secrecy(), self.new.matter.strip()
        if level not in Secrecy.values:
            yield Fault("secrecy", "从公开、内部、限定人员里选")
            return
        kept = not self.adding and (level, code) == (self.topic.secrecy, self.topic.matter)
        head = HEAD_POST[self.topic.body]
        lowered = code in RESTRICTED_MATTERS and level != Secrecy.RESTRICTED and not kept
        if lowered and head not in access.posts_at(self.by, self.school.pk):
            yield Fault("secrecy", f"{code} 是限定人员事项，放宽由{head.label}决定")
        if len(self.new.readers) > MOST_READERS:
            yield Fault("readers", f"知悉人最多 {MOST_READERS} 位")
        elif not set(self.new.readers) <= self._who_may_know():
            yield Fault("readers", "知悉人从本校在任的人和局里的组织科、局领导里选")

    def _who_may_know(self) -> set[UUID]:
        kept = set() if self.adding else set(self.topic.readers.values_list("person_id", flat=True))
        known = self.posts.keys() | kept
        if set(self.new.readers) <= known:
            return known
        bureau = BUREAU_POSTS & TABLE[SchoolPerm.VIEW_RESTRICTED].keys()
        rows = Appointment.objects.on(self.day).holding(*bureau).filter(person__in=self.new.readers)
        return known | set(rows.values_list("person_id", flat=True))

    def _steps(self) -> Iterable[Fault]:
        if len(self.new.steps) > MOST_STEPS:
            return [Fault("steps", f"前置环节最多 {MOST_STEPS} 条，合并几条再保存")]
        if not self.new.steps:
            return []
        stages = set(Catalogue.objects.values_list("stages", flat=True).get(pk=self.catalogue.pk))
        sources = set(proposed_items(self.topic, [s.source for s in self.new.steps if s.source]))
        return [
            fault
            for number, step in enumerate(self.new.steps)
            for fault in step_faults(f"steps[{number}]", step, stages, sources, self.day)
        ]

    def _talks(self) -> Iterable[Fault]:
        if len(self.new.talks) > MOST_TALKS:
            yield Fault("talks", f"一个议题最多关联 {MOST_TALKS} 次沟通")
        elif self.new.talks:
            known = Talk.objects.filter(pk__in=self.new.talks, school=self.school).count()
            if known < len(set(self.new.talks)):
                yield Fault("talks", "从本校登记过的书记校长沟通里选")

    def write(self, at: datetime) -> list[str]:
        """Save the topic with its readers, steps and talks; returns what changed, for the fact."""
        adding = self.adding
        changed = self._write_own()
        self.topic.commit(at)
        if adding and not (self.new.readers or self.new.steps or self.new.talks):
            return changed
        changed += write_readers(self.topic, self.new.readers) + write_steps(self.topic, self.new.steps)
        return changed + self._write_talks()

    def _write_own(self) -> list[str]:
        topic, new = self.topic, self.new
        reason = new.urgent_reason.strip() if new.urgent else ""
        values: dict[str, Any] = {name: getattr(new, name).strip() for name in TEXTS}
        values |= {name: getattr(new, name) for name in PLAIN}
        values |= {"urgent_reason": reason, "secrecy": self.secrecy()}
        values |= {"proposer_id": self.proposer(), "presenter_id": new.presenter}
        changed = [name.removesuffix("_id") for name, value in values.items() if getattr(topic, name) != value]
        for name, value in values.items():
            setattr(topic, name, value)
        return changed

    def _write_talks(self) -> list[str]:
        stored = set(self.topic.talk_links.values_list("talk_id", flat=True))
        typed = set(self.new.talks)
        if stored == typed:
            return []
        self.topic.talk_links.exclude(talk__in=typed).delete()
        links = [TopicTalk(topic=self.topic, talk_id=pk) for pk in sorted(typed - stored)]
        TopicTalk.objects.bulk_create(links)
        return ["talks"]


def write_readers(topic: Topic, typed: Iterable[UUID]) -> list[str]:
    """Named readers stand at restricted topics only."""
    wanted = set(typed) if topic.secrecy == Secrecy.RESTRICTED else set()
    stored = set(topic.readers.values_list("person_id", flat=True))
    if stored == wanted:
        return []
    topic.readers.exclude(person__in=wanted).delete()
    TopicReader.objects.bulk_create([TopicReader(topic=topic, person_id=pk) for pk in sorted(wanted - stored)])
    return ["readers"]


def write_steps(topic: Topic, typed: Sequence[StepInput]) -> list[str]:
    """The steps as a whole: what was typed is the truth. With a source the day is that meeting's."""
    days = _days_of({step.source for step in typed if step.source})
    new = [(s.stage, days.get(s.source, s.done_on) if s.source else s.done_on, s.note.strip(), s.source) for s in typed]
    if list(topic.steps.order_by("order").values_list("stage", "done_on", "note", "source_item_id")) == new:
        return []
    topic.steps.all().delete()
    TopicStep.objects.bulk_create(
        [
            TopicStep(topic=topic, order=order, stage=stage, done_on=day, note=note, source_item_id=source)
            for order, (stage, day, note, source) in enumerate(new, start=1)
        ]
    )
    return ["steps"]


def _days_of(items: set[UUID]) -> dict[UUID, date]:
    if not items:
        return {}
    rows = AgendaItem.objects.filter(pk__in=items).values_list("pk", "meeting__scheduled_at")
    return {pk: local_day(at) for pk, at in rows}


def proposed_items(topic: Topic, wanted: Iterable[UUID]) -> list[UUID]:
    """Of those items, the ones a signed principal's meeting of the school proposed to the Party meeting."""
    rows = AgendaItem.objects.filter(pk__in=list(wanted), meeting__school=topic.school_id)
    rows = rows.filter(meeting__body=Body.PRINCIPAL, outcome=Outcome.PROPOSED_TO_PARTY, meeting__status__in=SEALED)
    return list(rows.values_list("pk", flat=True))


def matter_faults(catalogue: Catalogue, body: str, code: str) -> list[Fault]:
    """The matter stands in the catalogue in force and is one of that body's (归类、归属)."""
    if not code:
        return []
    belongs = Matter.objects.filter(catalogue=catalogue, code=code).values_list("body", flat=True).first()
    if belongs is None:
        return [Fault("matter", f"现行目录里没有 {code}，重新选事项")]
    if belongs != body:
        return [
            Fault(
                "matter", f"{code} 属于{Body(belongs).label}，改选{Body(body).label}的事项，或改报{Body(belongs).label}"
            )
        ]
    return []


def missing_faults(topic: Topic) -> list[Fault]:
    """What 送初审 asks for and is not there yet."""
    return [Fault(name, said) for name, said in NEEDED.items() if not getattr(topic, name).strip()]
