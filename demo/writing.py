"""The record of a meeting as a clerk would type it: who came, who said what, votes, outcome, tasks. Pure but for the dice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from uuid import UUID

from demo.days import works
from demo.plan import Ending, ItemPlan, MeetingPlan
from demo.words import TaskText, words
from governance.record import ItemRecord, MemberRecord, Record, StanceRecord, TaskRecord
from governance.rules.thresholds import smallest_at_least_two_thirds, smallest_more_than_half
from schools.permissions import HEAD_POST, Body, Post

BALLOTS = {
    "P16": ("secret_ballot", "signed_ballot"),
    "P19": ("secret_ballot", "show_of_hands"),
    "P03": ("secret_ballot", "show_of_hands"),
}
PERSONAL = ("P16", "P19", "P04")  # somebody at the table may be concerned
ADOPTED = ("approved", "approved_in_principle")
FAULTY = (Ending.NO_MAJORITY, Ending.NO_OUTCOME, Ending.NO_TASK)
STAND_INS = {Body.PARTY: (Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER), Body.PRINCIPAL: (Post.VICE_PRINCIPAL,)}


@dataclass(frozen=True)
class Due:
    """A member due, with the posts of the snapshot."""

    person: UUID
    name: str
    posts: tuple[str, ...]


Responsible = Callable[[str], UUID]


@dataclass
class Writer:
    """Types the record of one held meeting. `responsible` finds the person who answers for a line of work."""

    plan: MeetingPlan
    members: Sequence[Due]
    items: Sequence[UUID]
    recorder: UUID
    responsible: Responsible
    rng: Random
    present: list[Due] = field(default_factory=list)

    def write(self) -> Record:
        """The whole record."""
        attendance = self._lapsed() if self.plan.ending == Ending.LAPSED else list(self._attendance())
        here = {entry.person for entry in attendance if entry.status == "present"}
        self.present = [member for member in self.members if member.person in here]
        chair, note = self._chair()
        if self.plan.ending == Ending.LAPSED:
            items = tuple(ItemRecord(item) for item in self.items)
        else:
            items = tuple(
                self._item(item, plan, number)
                for number, (item, plan) in enumerate(zip(self.items, self.plan.items, strict=True))
            )
        return Record(chair, note, self.recorder, tuple(attendance), items)

    # --- who came ------------------------------------------------------------------------------------------------

    def _attendance(self) -> Iterator[MemberRecord]:
        """Everybody but a few with leave, never so many that two thirds are missed."""
        spare = len(self.members) - smallest_at_least_two_thirds(len(self.members))
        for member in self.members:
            chance = 0.03 if self._is_head(member) else 0.09
            if spare > 0 and self.rng.random() < chance and self._can_do_without(member):
                spare -= 1
                absent = self.rng.random() < 0.06
                kind, reasons = ("absent", "absent_reasons") if absent else ("leave", "leave_reasons")
                yield MemberRecord(member.person, kind, self.rng.choice(words()[reasons]))
            else:
                yield MemberRecord(member.person, "present")

    def _lapsed(self) -> list[MemberRecord]:
        """Too few came."""
        most = (len(self.members) - 1) // 2
        return [
            MemberRecord(m.person, "present") if n < most else MemberRecord(m.person, "leave", self.rng.choice(words()["leave_reasons"]))
            for n, m in enumerate(self.members)
        ]  # fmt: skip

    def _is_head(self, member: Due) -> bool:
        return HEAD_POST[self.plan.body] in member.posts

    def _can_do_without(self, member: Due) -> bool:
        """A head is only away when somebody else may chair; the settled days at the end stay simple."""
        if not self._is_head(member):
            return True
        others = [m for m in self.members if m is not member and self._may_stand_in(m)]
        return len(others) > 1 and self.plan.ending == Ending.SIGNED

    def _may_stand_in(self, member: Due) -> bool:
        return any(post in member.posts for post in STAND_INS[self.plan.body])

    def _chair(self) -> tuple[UUID | None, str]:
        head = next((m for m in self.present if self._is_head(m)), None)
        if head is not None:
            return head.person, ""
        stand_in = next((m for m in self.present if self._may_stand_in(m)), None)
        if stand_in is None:
            return None, ""
        note = self.rng.choice(words()["delegation"][self.plan.body])
        return stand_in.person, note.format(name=stand_in.name)

    # --- one item ------------------------------------------------------------------------------------------------

    def _item(self, item: UUID, plan: ItemPlan, number: int) -> ItemRecord:
        last = number == len(self.items) - 1
        recused = self._recused(plan)
        here = [m for m in self.present if m.person not in recused]
        outcome = "approved" if last and self.plan.ending in FAULTY else plan.outcome
        entry = ItemRecord(
            item,
            outcome=outcome,
            decision_text=self._text(plan, outcome),
            recused=recused,
            conflicts=recused,
            written=self._written(),
        )
        if outcome == "withdrawn":
            return replace(entry, recused=frozenset(), conflicts=frozenset())
        entry = self._voted(entry, plan, here, short=self.plan.ending == Ending.NO_MAJORITY and last)
        if outcome in ADOPTED:
            entry = replace(entry, tasks=tuple(self._tasks(plan)))
        if last and self.plan.ending == Ending.NO_OUTCOME:
            return replace(entry, outcome="", decision_text="", tasks=())
        if last and self.plan.ending == Ending.NO_TASK:
            tasks = (TaskRecord(goal=plan.topic.tasks[0].target),)
            return replace(entry, tasks=tasks)
        return entry

    def _recused(self, plan: ItemPlan) -> frozenset[UUID]:
        """Now and then a member concerned leaves the table, when enough stay."""
        enough = len(self.present) - 1 >= smallest_at_least_two_thirds(len(self.members))
        others = [m for m in self.present if not self._is_head(m)]
        if plan.matter not in PERSONAL or not enough or not others or self.rng.random() > 0.3:
            return frozenset()
        return frozenset({self.rng.choice(others).person})

    def _written(self) -> tuple[tuple[UUID, str], ...]:
        """Now and then an absent member has sent an opinion in writing (书面意见, not counted: R-A06)."""
        here = {member.person for member in self.present}
        away = [member.person for member in self.members if member.person not in here]
        said = [(p, str(self.rng.choice(words()["written_opinions"]))) for p in away if self.rng.random() < 0.08]
        return tuple(sorted(said))

    def _text(self, plan: ItemPlan, outcome: str) -> str:
        texts = words()["outcome_texts"]
        if outcome == "approved":
            return plan.topic.decision
        if outcome == "approved_in_principle":
            return f"{texts['in_principle']}{plan.topic.decision}"
        if outcome == "proposed_to_party":
            return f"会议听取汇报并讨论，形成建议方案，报党组织会议决定。方案要点：{plan.topic.summary}"
        return str(texts[outcome]).format(short=f"“{plan.title}”")

    def _voted(self, entry: ItemRecord, plan: ItemPlan, here: list[Due], *, short: bool) -> ItemRecord:
        """Method, stances and votes. The Party meeting votes; the principal decides after hearing everybody (R-V07)."""
        against = self._against(entry.outcome, len(here), short=short)
        if self.plan.body == Body.PRINCIPAL:
            return replace(entry, method="oral", stances=self._stances(here, against))
        method = self.rng.choice(BALLOTS.get(plan.matter, ("oral", "show_of_hands", "show_of_hands")))
        if short and method == "secret_ballot":
            method = "show_of_hands"
        no, blank = against
        votes = (len(here) - no - blank, no, blank)
        if entry.outcome == "deferred":
            return replace(entry, method="oral", stances=self._stances(here, against))
        stances = () if method == "secret_ballot" else self._stances(here, against)
        return replace(entry, method=method, votes=votes, stances=stances)

    def _against(self, outcome: str, here: int, *, short: bool) -> tuple[int, int]:
        """How many disagree and abstain, so that the outcome agrees with the vote (R-V06) unless `short`."""
        needed = smallest_more_than_half(len(self.members))
        if short or outcome == "rejected":
            no = max(here - needed + 1, 1)
            return no - no // 3, no // 3
        spare = here - needed if outcome in ADOPTED else here - 1
        if self.plan.body == Body.PRINCIPAL:
            spare = min(spare, 1)
        if spare <= 0 or self.rng.random() > (0.6 if outcome == "deferred" else 0.12):
            return 0, 0
        return (1, 0) if self.rng.random() < 0.4 else (0, 1)

    def _stances(self, here: list[Due], against: tuple[int, int]) -> tuple[StanceRecord, ...]:
        """In the order of speaking, the head last (R-V02, R-V03); the head is with the majority."""
        head = [m for m in here if self._is_head(m)]
        others = [m for m in here if not self._is_head(m)]
        self.rng.shuffle(others)
        no, blank = against
        choices = ["disagree"] * no + ["abstain"] * blank
        choices += ["agree"] * (len(here) - len(choices))
        if not head:
            self.rng.shuffle(choices)
        order = [*others, *head]
        spread = choices[: len(order)]
        if head:
            front = spread[: len(others)]
            self.rng.shuffle(front)
            spread = [*front, *spread[len(others) :]]
        return tuple(
            StanceRecord(member.person, stance, seq, self._opinion(stance, member))
            for seq, (member, stance) in enumerate(zip(order, spread, strict=True), start=1)
        )

    def _opinion(self, stance: str, member: Due) -> str:
        opinions = words()["opinions"]
        if stance != "agree":
            return str(self.rng.choice(opinions[stance]))
        if self._is_head(member):
            return str(self.rng.choice(opinions[f"head_{self.plan.body}"]))
        return str(self.rng.choice(opinions["agree"])) if self.rng.random() < 0.45 else ""

    def _tasks(self, plan: ItemPlan) -> Iterator[TaskRecord]:
        for text in plan.topic.tasks:
            yield TaskRecord(text.target, text.measures, self._due_on(text), self.responsible(text.who), text.units)

    def _due_on(self, text: TaskText) -> date:
        """A working day about the time the task takes."""
        day = self.plan.day + timedelta(days=max(text.days + self.rng.randint(-3, 6), 9))
        while not works(day):
            day += timedelta(days=1)
        return day
