"""Meetings with items, decisions and tasks, collected in memory and written table by table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from audit.services import Fact, record_many
from checklists.models import Checklist, SourceKind, Task, TaskStatus
from common.dates import local_day
from governance.models import (
    AgendaItem,
    Attendance,
    Catalogue,
    Decision,
    Matter,
    Meeting,
    MeetingMember,
    MeetingStatus,
    Method,
    Outcome,
    PlannedTask,
    RuleResult,
    Stance,
)
from governance.rules import facts as f
from governance.rules.load import delivered_reference
from governance.selectors import for_record, judge_meeting
from schools.models import Person, School
from schools.permissions import Body, Post

ITEMS = 3  # of an ordinary meeting
BATCH = 2000
SEAL = "0" * 64
EVERY_DAYS = 12
HISTORY = ("drafted", "agenda_saved", "agenda_confirmed", "called", "held", "recorded", "minuted")
# The places of `district.TEAM` in each body with the posts the rules know, the head first (R-A01, R-A03).
SEATS: dict[Body, tuple[tuple[int, tuple[Post, ...]], ...]] = {
    Body.PARTY: (
        (0, (Post.SECRETARY,)),
        (1, (Post.PRINCIPAL, Post.COMMITTEE_MEMBER)),
        (2, (Post.DEPUTY_SECRETARY,)),
        (3, (Post.VICE_PRINCIPAL, Post.COMMITTEE_MEMBER)),
        *((place, (Post.ADMIN_TEAM_MEMBER, Post.COMMITTEE_MEMBER)) for place in (4, 5, 6)),
    ),
    Body.PRINCIPAL: (
        (1, (Post.PRINCIPAL, Post.COMMITTEE_MEMBER)),
        (3, (Post.VICE_PRINCIPAL, Post.COMMITTEE_MEMBER)),
        *((place, (Post.ADMIN_TEAM_MEMBER, Post.COMMITTEE_MEMBER)) for place in (4, 5, 6)),
    ),
}
CLERK = 7
# Party matters that ask for nothing beforehand, the first item (第一议题) first: what the measured meetings discuss, so that they comply.
PLAIN = ("P01", "P02", "P04", "P06", "P07", "P09", "P10", "P25")
MARK = {Body.PARTY: "党", Body.PRINCIPAL: "校"}


class Builder:
    """Collects rows of meetings; `write` stores them."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.catalogue = Catalogue.objects.order_by("-number")[:1].get()
        self.matters = {body: list(Matter.objects.filter(body=body).order_by("code")) for body in Body}
        self.rows: dict[type[models.Model], list[Any]] = {
            model: [] for model in (Meeting, MeetingMember, AgendaItem, Stance, PlannedTask, Checklist, Decision, Task)
        }
        self.told: list[Meeting] = []

    def ordinary(self, school: School, team: Sequence[Person], place: int, of: int) -> None:
        """The meeting number `place` of `of`: bodies in turn, the last two still in preparation and held."""
        body = (Body.PARTY, Body.PRINCIPAL)[place % 2]
        moment = self.at - timedelta(days=EVERY_DAYS * (of - place))
        left = of - place
        status = {1: MeetingStatus.DRAFT, 2: MeetingStatus.HELD}.get(left, MeetingStatus.SIGNED)
        meeting = self._meeting(school, team, body, moment, place + 1, status, items=ITEMS, place="会议室")
        items = self._items(meeting, team, ITEMS, recorded=status is MeetingStatus.SIGNED)
        if status is not MeetingStatus.DRAFT:
            self._members(meeting, team)
        if status is MeetingStatus.SIGNED:
            self._decide(meeting, items[0], team)

    def measured(self, school: School, team: Sequence[Person], *, place: str, items: int, signed: bool) -> None:
        """A Party meeting in which every member speaks to every item, with tasks and a history of events."""
        status = MeetingStatus.SIGNED if signed else MeetingStatus.MINUTED
        moment = self.at - timedelta(days=1, hours=int(signed))
        meeting = self._meeting(school, team, Body.PARTY, moment, 901 + int(signed), status, items=items, place=place)
        members = self._members(meeting, team)
        made = self._items(meeting, team, items, recorded=True, plain=True)
        self._spoken(meeting, members, made, team)
        for item in made if signed else ():
            self._decide(meeting, item, team)
        self.told.append(meeting)

    def past(self, school: School, team: Sequence[Person], place: int, *, days: int) -> None:
        """A signed meeting of some time ago, with every member's stance and a task at each item; nothing came of it."""
        body = (Body.PARTY, Body.PRINCIPAL)[place % 2]
        moment = self.at - timedelta(days=days, hours=1)
        meeting = self._meeting(
            school, team, body, moment, 1001 + place, MeetingStatus.SIGNED, items=ITEMS, place="会议室"
        )
        self._spoken(meeting, self._members(meeting, team), self._items(meeting, team, ITEMS, recorded=True), team)

    def _spoken(
        self, meeting: Meeting, members: Sequence[MeetingMember], items: Sequence[AgendaItem], team: Sequence[Person]
    ) -> None:
        speakers = [*members[1:], members[0]]
        for item in items:
            self.rows[Stance] += [
                Stance(item=item, member=member, stance=Stance.Choice.AGREE, seq=seq, opinion="同意，按计划落实。")
                for seq, member in enumerate(speakers, start=1)
            ]
            self.rows[PlannedTask].append(
                PlannedTask(
                    item=item, order=1, goal=item.title, measures="分组组织，按月检查。", units="党政办",
                    due_on=local_day(self.at) + timedelta(days=30), responsible=team[1],
                )
            )  # fmt: skip

    def write(self) -> None:
        """Store everything, parents first."""
        for model, rows in self.rows.items():
            model._default_manager.bulk_create(rows, batch_size=BATCH)
        with transaction.atomic():
            for meeting in self.told:
                facts = [Fact(f"governance.meeting.{name}", meeting, meeting.school_id, told=True) for name in HISTORY]
                record_many(facts, by=meeting.minuted_by, at=self.at)

    def judge(self) -> None:
        """What the engine says of the meetings, stored as the signature stores it.

        The portal reads such rows of signed meetings only; of the other one they let the limit print the same findings.
        """
        reference = delivered_reference()
        for told in self.told:
            meeting = for_record(Meeting.objects.all()).get(pk=told.pk)
            minutes = f.MinutesFacts(str(meeting.chair_id), local_day(self.at))
            items = {f"items/{item.pk}": item for item in meeting.items.all()}
            RuleResult.objects.bulk_create(
                RuleResult(
                    meeting=meeting,
                    item=items.get(result.subject),
                    order=order,
                    rule=result.rule,
                    outcome=result.outcome.value,
                    severity=result.severity.value,
                    message=result.message,
                    facts=dict(result.facts),
                    basis=[{"source": basis.source, "text": basis.text} for basis in result.basis],
                    remedy=result.remedy,
                    rules_version=reference.rules_version,
                    catalogue_version=reference.catalogue_version,
                    judged_at=self.at,
                )
                for order, result in enumerate(judge_meeting(meeting, minutes=minutes), start=1)
            )

    def _meeting(
        self, school: School, team: Sequence[Person], body: Body, moment: datetime, serial: int, status: str,
        *, items: int, place: str,
    ) -> Meeting:  # fmt: skip
        held, clerk, due = status != MeetingStatus.DRAFT, team[CLERK], len(SEATS[body])
        signed = status == MeetingStatus.SIGNED
        minuted = signed or status == MeetingStatus.MINUTED
        meeting = Meeting(
            school=school,
            body=body,
            status=MeetingStatus.HELD if signed else status,  # `district.sign` closes those with a seal
            scheduled_at=moment,
            place=place,
            chair=team[SEATS[body][0][0]],
            recorder=clerk,
            year=local_day(moment).year if held else None,
            serial=serial if held else None,
            due=due,
            present=due if held else 0,
            item_count=items,
            held_at=moment if held else None,
            held_by=clerk.account if held else None,
            minuted_at=moment if minuted else None,
            minuted_by=clerk.account if minuted else None,
            catalogue=self.catalogue if held else None,
            seal=SEAL if signed else "",
            **self._stamps(),
        )
        self.rows[Meeting].append(meeting)
        return meeting

    def _members(self, meeting: Meeting, team: Sequence[Person]) -> list[MeetingMember]:
        members = [
            MeetingMember(
                meeting=meeting, person=team[place], name=team[place].name, posts=[str(post) for post in posts],
                post_label="、".join(post.label for post in posts), order=order, status=Attendance.PRESENT,
            )
            for order, (place, posts) in enumerate(SEATS[Body(meeting.body)], start=1)
        ]  # fmt: skip
        self.rows[MeetingMember] += members
        return members

    def _items(
        self, meeting: Meeting, team: Sequence[Person], count: int, *, recorded: bool, plain: bool = False
    ) -> list[AgendaItem]:
        matters = self.matters[Body(meeting.body)]
        if plain:
            matters = [matter for matter in matters if matter.code in PLAIN]
        record: dict[str, Any] = {
            "method": Method.SHOW_OF_HANDS,
            "agree": meeting.due,
            "disagree": 0,
            "abstain": 0,
            "outcome": Outcome.APPROVED,
            "decision_text": "会议同意，由责任人按时限落实。",
        }
        items = [
            AgendaItem(
                meeting=meeting,
                order=order,
                title=f"关于{matters[(order - plain) % len(matters)].title[:60]}的议题",
                matter=matters[(order - plain) % len(matters)],
                summary="已按程序征求意见，拟提请会议研究。",
                proposer=team[0],
                proposed_on=local_day(meeting.scheduled_at) - timedelta(days=5),
                confirmed_by=team[0],
                **(record if recorded else {}),
                **self._stamps(),
            )
            for order in range(1, count + 1)
        ]
        self.rows[AgendaItem] += items
        return items

    def _decide(self, meeting: Meeting, item: AgendaItem, team: Sequence[Person]) -> None:
        number = f"{meeting.year}-{MARK[Body(meeting.body)]}-{meeting.serial:03d}-{item.order:02d}"
        day = local_day(meeting.scheduled_at)
        decision = Decision(
            school_id=meeting.school_id, meeting=meeting, item=item, number=number, title=item.title,
            text=item.decision_text, outcome=item.outcome, decided_on=day, **self._stamps(),
        )  # fmt: skip
        checklist = Checklist(
            school_id=meeting.school_id, source_kind=SourceKind.DECISION, subject=f"governance.decision:{decision.pk}",
            title=f"{number} {item.title}", url=decision.get_absolute_url(), **self._stamps(),
        )  # fmt: skip
        decision.checklist = checklist
        self.rows[Checklist].append(checklist)
        self.rows[Decision].append(decision)
        self.rows[Task].append(
            Task(
                school_id=meeting.school_id, checklist=checklist, target=item.title, measures="分组组织，按月检查。",
                due_on=day + timedelta(days=30), responsible=team[1], responsible_post="校长", units="党政办",
                **self._progress(meeting, team), **self._stamps(),
            )
        )  # fmt: skip

    def _progress(self, meeting: Meeting, team: Sequence[Person]) -> dict[str, Any]:
        """Of older meetings every fifth task is still open and late; of younger ones each state in turn."""
        serial = meeting.serial or 0
        old = self.at - meeting.scheduled_at > timedelta(days=90)
        step = (serial % 5 and 3) if old else serial % 4
        status = (TaskStatus.IN_PROGRESS, TaskStatus.NOT_STARTED, TaskStatus.SUBMITTED, TaskStatus.CLOSED)[step]
        values: dict[str, Any] = {"status": status}
        if step >= 2:
            values |= {"submitted_at": self.at, "submitted_by": team[1].account}
        if step == 3:
            values |= {"closed_at": self.at, "closed_by": team[0].account}
        return values

    def _stamps(self) -> dict[str, Any]:
        return {"created_at": self.at, "updated_at": self.at, "version": 1}
