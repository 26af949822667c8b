"""The year of one school: each planned meeting and each task step by step, as the people of the school would do it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from accounts.models import User
from checklists import services as tasks
from checklists.models import Task
from demo.adopting import adopt_rules
from demo.days import clock, teaches, working_day
from demo.people import Accounts, Cast, Change, Holder
from demo.plan import Ending, MeetingPlan, asks_talk
from demo.preparing import Preparer
from demo.signing import SILENT, Confirmer, archive
from demo.topics import Topics
from demo.words import words
from demo.work import STUCK_WITHIN, Act, course
from demo.writing import Due, Writer
from governance import services as governance
from governance.models import AgendaItem, Meeting, MeetingMember
from governance.services.talks import TalkInput, record_talk
from governance.services.waivers import waive_rule
from schools.permissions import HEAD_POST, Body, Post

Put = Callable[[datetime, Callable[[datetime], None]], None]
NOT_HELD = (Ending.DRAFT, Ending.CONFIRMED, Ending.CALLED, Ending.CANCELLED)
UNSIGNED = (Ending.HELD, Ending.NO_MAJORITY, Ending.NO_OUTCOME, Ending.NO_TASK, Ending.LAPSED)


class SchoolYear:
    """What happens in one school. `put` sets an act on the district's agenda; `stuck` tasks will be overdue at the end."""

    def __init__(self, cast: Cast, rng: Random, put: Put, as_of: date, stuck: int) -> None:
        self.cast, self.rng, self.put, self.as_of, self.stuck = cast, rng, put, as_of, stuck
        self.places = words()["places"]
        self.tasks: dict[UUID, Task] = {}
        self.proposals: dict[str, UUID] = {}
        self.topics = Topics(cast, put, as_of)

    def expect(self, plan: MeetingPlan) -> None:
        """Set everything about a planned meeting on the agenda."""
        MeetingCourse(self, plan).expect()

    def expect_talks(self, first: date) -> None:
        """About every week in term the secretary and the principal talk (R-F03); not where one person is both."""
        if self.cast.school.leadership_mode != "separate":
            return
        day = first + timedelta(days=7 - first.weekday() + self.rng.randrange(5))
        while day < self.as_of:
            if teaches(day) and self.rng.random() < 0.9:
                self.put(clock(day, 16, self.rng.randrange(60)), self._talk)
            day += timedelta(days=7)

    def _talk(self, at: datetime) -> None:
        talk = TalkInput(at.date(), self._text("talk_topics"), self.rng.choice(("", "", "agreed")))
        record_talk(school=self.cast.school, talk=talk, by=self.cast.head(Post.SECRETARY, at.date()).user, at=at)

    def expect_change(self, change: Change, accounts: Accounts, organiser: User) -> None:
        """A change of office: the successor takes over what the other one has not done."""

        def step(at: datetime) -> None:
            before, after = self.cast.replace(change, accounts, organiser)
            by = self.cast.head(Post.SECRETARY, change.on).user
            for pk, task in self.tasks.items():
                if task.responsible_id == before.person.pk and task.is_open():
                    reason = self.rng.choice(words()["reassigned"])
                    self.tasks[pk] = tasks.hand_to(task=task, person=after.person, reason=reason, by=by, at=at)

        self.put(clock(change.on, 9, 10), step)

    def follow(self, task: Task, at: datetime) -> None:
        """Set the course of a new task on the agenda."""
        recently = self.as_of - STUCK_WITHIN <= task.due_on < self.as_of - timedelta(days=1)
        stuck = self.stuck > 0 and recently
        self.stuck -= stuck
        self.tasks[task.pk] = task
        for act in course(at, task.due_on, self.as_of, self.rng, stuck=stuck):
            self.put(max(act.at, at + timedelta(minutes=5)), partial(self._act, task.pk, act))

    def _act(self, pk: UUID, act: Act, at: datetime) -> None:
        """One step on a task, on the task as the step before left it."""
        task = self.tasks[pk]
        doer = self.cast.holder_of(task.responsible_id)
        step: Callable[..., Task] = getattr(self, f"_{act.name}")
        self.tasks[pk] = step(task, doer, act, at)
        if act.name in ("close", "cancel"):
            del self.tasks[pk]

    # --- steps on tasks ------------------------------------------------------------------------------------------

    def _text(self, key: str) -> str:
        return str(self.rng.choice(words()[key]))

    def _progress(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        return tasks.progress(task=task, text=self._text("progress"), by=doer.user, at=at)

    def _submit(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        return tasks.submit(task=task, text=self._text("submitted"), by=doer.user, at=at)

    def _close(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        return tasks.close(task=task, by=self._closer(doer, at).user, at=at)

    def _return(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        return tasks.send_back(task=task, reason=self._text("returned"), by=self._closer(doer, at).user, at=at)

    def _reschedule(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        due_on = task.due_on + timedelta(days=act.days)
        by = self.cast.head(Post.PRINCIPAL, at.date()).user
        return tasks.reschedule(task=task, due_on=due_on, reason=self._text("rescheduled"), by=by, at=at)

    def _cancel(self, task: Task, doer: Holder, act: Act, at: datetime) -> Task:
        heads = [self.cast.head(post, at.date()) for post in (Post.PRINCIPAL, Post.SECRETARY)]
        by = next((head for head in heads if head is not doer), None)
        if by is None:  # one person in both posts does not end his own task
            return self._submit(task, doer, act, at)
        return tasks.cancel(task=task, reason=self._text("cancelled"), by=by.user, at=at)

    def _closer(self, doer: Holder, at: datetime) -> Holder:
        return self.rng.choice(self.cast.closers(doer.person.pk, doer.person.pk, at.date()))


class MeetingCourse:
    """One meeting from its draft to its signature, or as far as it will have come."""

    def __init__(self, year: SchoolYear, plan: MeetingPlan) -> None:
        self.year, self.plan = year, plan
        self.cast, self.rng = year.cast, year.rng
        self.meeting: Meeting | None = None

    def expect(self) -> None:
        """Set the acts on the agenda, each at its time."""
        for at, step in self._acts():
            self.year.put(at, step)

    def _acts(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        plan, rng = self.plan, self.rng
        acts: list[tuple[datetime, Callable[[datetime], None]]] = []
        if plan.afterwards:
            entered = plan.starts + timedelta(hours=rng.choice((2, 3, 18)))
            acts = [(entered, self._create), (entered + timedelta(minutes=12), self._prepare)]
            acts += self._waived(entered + timedelta(minutes=20))
            acts.append((entered + timedelta(minutes=25), self._confirm))
            held = entered + timedelta(minutes=40)
        else:
            acts = self._before()
            held = plan.starts + timedelta(minutes=rng.randint(2, 9))
        if plan.ending in NOT_HELD:
            return acts
        acts.append((held, self._hold))
        recorded = held + timedelta(minutes=rng.randint(70, 170))
        if plan.ending == Ending.HELD:
            return acts
        acts.append((recorded, self._record))
        if plan.ending == Ending.LAPSED:
            acts.append((recorded + timedelta(minutes=20), self._lapse))
        if plan.ending in UNSIGNED:
            return acts
        return acts + self._after(recorded)

    def _before(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """Draft, agenda, notice in the days before."""
        plan, rng = self.plan, self.rng
        drafted = working_day(min(plan.day, self.year.as_of), -rng.choice((4, 5)))
        called = working_day(min(plan.day, self.year.as_of), -rng.choice((2, 3)))
        acts: list[tuple[datetime, Callable[[datetime], None]]] = [(clock(drafted, 9, rng.randrange(60)), self._create)]
        self.year.topics.expect_items(plan, drafted)
        if plan.ending == Ending.DRAFT:
            return acts
        acts.append((clock(called, 9, rng.randrange(30)), self._prepare))
        acts += self._waived(clock(called, 9, 45))
        acts.append((clock(called, 10, rng.randrange(60)), self._confirm))
        if plan.ending == Ending.CONFIRMED:
            return acts
        acts.append((clock(called, 14, rng.randrange(60)), self._call))
        if plan.ending == Ending.CANCELLED:
            acts.append((plan.starts - timedelta(hours=rng.randint(3, 6)), self._cancel))
        return acts

    def _waived(self, at: datetime) -> list[tuple[datetime, Callable[[datetime], None]]]:
        return [(at, self._waive)] if self.plan.untalked else []

    def _after(self, recorded: datetime) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """Sent for signature, and signed within the three working days, now and then later."""
        plan, rng = self.plan, self.rng
        minuted = recorded + timedelta(minutes=rng.randint(10, 45))
        acts: list[tuple[datetime, Callable[[datetime], None]]] = [(minuted, self._minute)]
        confirmer = Confirmer(self.cast, plan.starts, minuted)
        if plan.ending == Ending.MINUTED:
            acts.append((minuted + timedelta(minutes=50), partial(self._confirm_some, confirmer)))
        if plan.ending == Ending.RETURNED:
            acts.append((clock(working_day(minuted.date(), 1), 9, 20), self._send_back))
        if plan.ending == Ending.SIGNED:
            steps = rng.choice((1, 1, 2, 2, 3)) if rng.random() < 0.93 else rng.randint(4, 6)
            signed = clock(working_day(minuted.date(), steps), rng.randint(9, 16), rng.randrange(60))
            silence = SILENT if confirmer.may_be_silent(signed) else 0.0
            acts.append((confirmer.when(signed), partial(self._confirm_record, confirmer, silence)))
            acts.append((signed, self._sign))
        return acts

    # --- steps ---------------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Meeting:
        assert self.meeting is not None  # noqa: S101  the draft comes first
        return self.meeting

    def _clerk(self) -> Holder:
        return self.cast.head(Post.CLERK, self.plan.day if self.plan.day <= self.year.as_of else self.year.as_of)

    def _head(self, at: datetime) -> User:
        return self.cast.head(HEAD_POST[self.plan.body], at.date()).user

    def _create(self, at: datetime) -> None:
        plan, day = self.plan, self.plan.day
        proposed_on = min(working_day(day, -4), at.date())
        items = tuple(
            governance.ItemInput(
                title=item.title,
                matter=item.matter,
                proposer=self.cast.answering(self._proposer(item.topic.tasks[0].who), at.date()).person.pk,
                proposed_on=proposed_on,
                summary=item.topic.summary,
            )
            for item in plan.items
        )
        clerk = self._clerk()
        waiting = self.year.topics.waiting_for(plan, at)
        agenda = governance.AgendaInput(
            scheduled_at=plan.starts,
            place=self.rng.choice(self.year.places[plan.body]),
            recorder=clerk.person.pk,
            materials_sent_on=self._sent_on(at.date()),
            items=tuple(line for place, line in enumerate(items) if place not in waiting),
        )
        self.meeting = governance.create_meeting(
            school=self.cast.school, body=plan.body, agenda=agenda, by=clerk.user, at=at
        )
        if waiting:
            self.meeting = self.year.topics.schedule(self.meeting, items, waiting, at)

    def _sent_on(self, today: date) -> date | None:
        """Materials go out with the draft; of meetings entered afterwards two days before; now and then too late (R-T04)."""
        latest = min(today, self.plan.day)
        return (
            latest - timedelta(days=1) if self.rng.random() < 0.04 else min(latest, self.plan.day - timedelta(days=2))
        )

    def _prepare(self, at: datetime) -> None:
        """Steps, materials, and the talk about what is important."""
        items = list(AgendaItem.objects.filter(meeting=self._now).order_by("order").values_list("pk", flat=True))
        preparer = Preparer(self.plan, self.year.proposals, at.date(), self.rng)
        clerk = self._clerk()
        self.meeting = governance.prepare_items(
            meeting=self._now, prepared=preparer.prepared(items), by=clerk.user, at=at
        )
        asked = [pk for pk, plan in zip(items, self.plan.items, strict=True) if asks_talk(plan)]
        together = self.cast.school.leadership_mode != "separate"
        if self.plan.body == Body.PARTY and asked and not together and not self.plan.untalked:
            titles = "、".join(plan.title for plan in self.plan.items if asks_talk(plan))
            day = working_day(min(at.date(), self.plan.day), -self.rng.randint(1, 2))
            result = self.rng.choice(("agreed", "agreed", "agreed", "mostly_agreed"))
            talk = TalkInput(day, f"会前沟通：{titles}"[:300], result, items=tuple(asked))
            record_talk(school=self.cast.school, talk=talk, by=self._head(at), at=at)

    def _waive(self, at: datetime) -> None:
        """The head lets R-T09 pass for each item that was not talked over."""
        items = AgendaItem.objects.filter(meeting=self._now).order_by("order").values_list("pk", flat=True)
        for pk, plan in zip(items, self.plan.items, strict=True):
            if asks_talk(plan):
                reason = self.rng.choice(words()["waiver_reasons"])
                self.meeting = waive_rule(
                    meeting=self._now, rule="R-T09", item=pk, reason=reason, by=self._head(at), at=at
                )

    def _proposer(self, who: str) -> str:
        """Topics come from the leadership team (R-T01, R-T02): a clerk's through the secretary or the principal."""
        if who in ("office", "clerk"):
            return "secretary" if self.plan.body == Body.PARTY else "principal"
        return who

    def _confirm(self, at: datetime) -> None:
        self.meeting = governance.confirm_agenda(meeting=self._now, by=self._head(at), at=at)

    def _call(self, at: datetime) -> None:
        self.meeting = governance.call_meeting(meeting=self._now, by=self._clerk().user, at=at)

    def _cancel(self, at: datetime) -> None:
        reason = self.rng.choice(words()["meeting_cancelled"])
        self.meeting = governance.cancel_meeting(meeting=self._now, reason=reason, by=self._head(at), at=at)

    def _hold(self, at: datetime) -> None:
        self.meeting = governance.hold_meeting(meeting=self._now, by=self._clerk().user, at=at)

    def _record(self, at: datetime) -> None:
        members = MeetingMember.objects.filter(meeting=self._now).order_by("order", "pk")
        due = [
            Due(person, name, tuple(posts)) for person, name, posts in members.values_list("person_id", "name", "posts")
        ]
        items = list(AgendaItem.objects.filter(meeting=self._now).order_by("order").values_list("pk", flat=True))
        day = self.plan.day
        clerk = self._clerk()
        writer = Writer(
            self.plan, due, items, clerk.person.pk, lambda who: self.cast.answering(who, day).person.pk, self.rng
        )
        new = writer.write()
        self.meeting = governance.save_record(meeting=self._now, new=new, version=None, by=clerk.user, at=at)

    def _lapse(self, at: datetime) -> None:
        self.meeting = governance.lapse_meeting(meeting=self._now, by=self._head(at), at=at)

    def _minute(self, at: datetime) -> None:
        self.meeting = governance.minute_meeting(meeting=self._now, by=self._clerk().user, at=at)

    def _confirm_record(self, confirmer: Confirmer, silence: float, at: datetime) -> None:
        self.meeting = confirmer.confirm(self._now, at, silence)

    def _confirm_some(self, confirmer: Confirmer, at: datetime) -> None:
        """The latest meetings wait for some of their members; in one of four somebody objects."""
        self.meeting = confirmer.confirm(self._now, at, 0.5)
        if confirmer.rng.random() < 0.25:
            self.meeting = confirmer.object(self._now, at + timedelta(minutes=15))

    def _send_back(self, at: datetime) -> None:
        reason = self.rng.choice(words()["meeting_returned"])
        self.meeting = governance.return_meeting(meeting=self._now, reason=reason, by=self._head(at), at=at)

    def _sign(self, at: datetime) -> None:
        self.meeting = governance.sign_meeting(meeting=self._now, by=self._head(at), at=at)
        new = Task.objects.filter(checklist__decision__meeting=self.meeting)
        for task in new.order_by("checklist__decision__number", "order"):
            self.year.follow(task, at)
        self._note_proposals(at)
        if self.plan.adopts:
            secretary = self.cast.head(Post.SECRETARY, at.date()).user
            adopt_rules(self._now, self.cast.head(Post.CLERK, at.date()).user, secretary, self.rng, at)
            self.year.put(at + timedelta(days=30), partial(self._archive, self._now))
        self.meeting = None

    def _archive(self, meeting: Meeting, at: datetime) -> None:
        archive(meeting, self.cast, at)

    def _note_proposals(self, at: datetime) -> None:
        """What the principal's meeting proposed is what the Party meeting will refer to (R-T08)."""
        proposed = AgendaItem.objects.filter(meeting=self._now, outcome="proposed_to_party")
        places = dict(proposed.values_list("order", "pk"))
        for order, plan in enumerate(self.plan.items, start=1):
            if order in places:
                self.year.proposals[plan.topic.title] = places[order]
                self.year.topics.expect_hand_over(plan.topic.title, places[order], at)
