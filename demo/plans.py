"""一校一案 in the demonstration district: the founding plan once the school is approved, its tasks through the year, the five works
adopted by decisions of the year's meetings, a second edition at some schools, and the bureau's mid-term evaluation at most.
"""

from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import User
from checklists import services as tasks
from demo.days import clock, working_day, works
from demo.offering import common_template
from demo.people import Cast, Holder
from demo.play import SchoolYear
from demo.words import read_words
from governance.models import Decision
from pilots.evaluations import current_form
from pilots.models import EvaluationKind, FoundationKind, Plan, PlanRow, RowDependency, Template
from pilots.services import plans as services
from pilots.services.evaluations import AnswerInput, EvaluationInput, write_evaluation
from pilots.services.foundations import AdoptedText, register_text
from pilots.services.templates import take_template
from schools import access
from schools.permissions import Body, Post

EVERY = 12  # schools: what comes once among them
RETURNED, DRAFT, SUBMITTED, SENT_BACK, RENEWED = 5, 1, 2, 3, 4
UNEVALUATED_EVERY, UNEVALUATED = 8, 7
FORTNIGHT = timedelta(days=14)
TERM = 425  # days
RESULTS = ("good", "good", "fair", "fair", "fair", "pass")


class PlanYear:
    """The plan of one school. `approved_on`: by that day its application has passed; `bureau` acts for 组织科."""

    def __init__(self, index: int, cast: Cast, year: SchoolYear, approved_on: date, bureau: User) -> None:
        self.index, self.cast, self.year, self.bureau = index, cast, year, bureau
        self.start, self.as_of, self.put = working_day(approved_on, 2), year.as_of, year.put
        self.rng = Random(f"{cast.row.code} plan")  # noqa: S311  reproducible on purpose
        self.texts = read_words("plans.yaml")
        self.place = index % EVERY
        self.plan: Plan | None = None

    def expect(self) -> None:
        """Set the course of the plan on the agenda."""
        start, minute = self.start, self.index % 50
        self.put(clock(start, 9, minute), self._draft)
        handed_in = working_day(start, 2)
        self.put(clock(handed_in, 10, minute), self._submit)
        if self.place == RETURNED:
            self.put(clock(working_day(handed_in, 1), 15, minute), partial(self._return, "returned"))
            handed_in = working_day(handed_in, 3)
            self.put(clock(handed_in, 10, minute), self._mend)
        self.put(clock(working_day(handed_in, 2), 14, minute), self._approve)
        if self.index % UNEVALUATED_EVERY != UNEVALUATED:
            day = min(start + timedelta(days=190), self.as_of - timedelta(days=12))
            self.put(clock(working_day(day, -1), 16, minute), self._evaluate)
        self._expect_next()

    def _expect_next(self) -> None:
        """A second edition in its last weeks, at four of twelve schools."""
        if self.place not in (DRAFT, SUBMITTED, SENT_BACK, RENEWED):
            return
        begun = working_day(self.as_of, -16)
        self.put(clock(begun, 9, 40), self._revise)
        if self.place == DRAFT:
            return
        self.put(clock(working_day(begun, 6), 9, 30), self._submit)
        if self.place == SENT_BACK:
            self.put(clock(working_day(begun, 12), 10, 20), partial(self._return, "again"))
        if self.place == RENEWED:
            self.put(clock(working_day(begun, 10), 10, 20), self._approve)

    # ---- the plan ----

    def _draft(self, at: datetime) -> None:
        day, clerk = at.date(), self._clerk(at)
        plan = services.start_plan(
            school=self.cast.school, starts_on=day, ends_on=day + timedelta(days=TERM), by=clerk, at=at
        )
        self.plan = self._write(plan, "sections", clerk, at)
        rows = [PlanRow(plan=plan, order=order, **row) for order, row in enumerate(self._rows(day), start=1)]
        for row in rows:
            row.stamp(at)
        PlanRow.objects.bulk_create(rows)
        links = [RowDependency(row=late, after=early) for early, late in pairwise(rows) if early.kind == late.kind]
        RowDependency.objects.bulk_create(links)

    def _write(self, plan: Plan, key: str, by: User, at: datetime) -> Plan:
        school = self.cast.school
        said = {
            "school": school.short_name,
            "organisation": school.get_party_org_type_display(),
            "size": school.get_size_display(),
            "foundation": school.get_foundation_display(),
            "location": school.get_location_display(),
            "mode": "分设" if school.leadership_mode == "separate" else "由一人担任",
            "staff": school.staff,
            "students": school.students,
            "first": self.start.year,
            "last": self.start.year + 1,
        }
        texts = {name: text.format_map(said) for name, text in self.texts[key].items()}
        new = services.PlanInput(plan.starts_on, plan.ends_on, texts)
        return services.edit_plan(plan=plan, new=new, by=by, at=at)

    def _rows(self, day: date) -> list[dict[str, Any]]:
        """Two rows for each work; one with a day that is still to come at the end of the year."""
        found = []
        for kind in FoundationKind:
            for target, measures, who, days, evidence in self.texts["rows"][kind.value]:
                due_on = (
                    day + timedelta(days=days) if days > 0 else self.as_of + timedelta(days=-days + self.index % 20)
                )
                while not works(due_on):
                    due_on += timedelta(days=1)
                answers = self._answering(who, day)
                found.append(
                    {
                        "kind": kind.value,
                        "target": target,
                        "measures": measures,
                        "due_on": due_on,
                        "responsible": answers.person,
                        "units": "党政办",
                        "evidence": evidence,
                    }
                )
        return found

    def _submit(self, at: datetime) -> None:
        self.plan = services.submit_plan(plan=self._now, by=self._secretary(at), at=at)

    def _return(self, key: str, at: datetime) -> None:
        said = self.texts[key]
        points = [services.Remark(section, text) for section, text in said["points"]]
        self.plan = services.return_plan(
            plan=self._now, reason=said["reason"], mend_by=working_day(at.date(), 8), points=points, by=self._organiser(),
            at=at,
        )  # fmt: skip

    def _mend(self, at: datetime) -> None:
        plan, clerk = self._now, self._clerk(at)
        for annotation in plan.annotations.filter(settled_at=None).select_related("plan"):
            services.settle_annotation(annotation=annotation, by=clerk, at=at)
        self.plan = services.submit_plan(plan=plan, by=self._secretary(at), at=at)

    def _approve(self, at: datetime) -> None:
        plan = self._now
        self.plan = services.approve_plan(plan=plan, by=self._organiser(), at=at)
        if plan.edition > 1:
            return
        rows = list(plan.rows.select_related("task__responsible", "task__school", "task__checklist").order_by("order"))
        for row in rows:
            if row.task is not None:
                self._follow(row.task.pk, row.task.due_on, at)
                self.year.tasks[row.task.pk] = row.task
        for kind in FoundationKind:
            last = max(row.due_on for row in rows if row.kind == kind and row.due_on and row.due_on < self.as_of)
            self.put(clock(working_day(last, 2 + self.index % 5), 15, self.index % 50), partial(self._adopt, kind))

    def _revise(self, at: datetime) -> None:
        clerk = self._clerk(at)
        old = self._now
        if self.place == RENEWED:
            remark = services.Remark("safeguards", self.texts["remark"])
            services.annotate(plan=old, remark=remark, by=self._organiser(), at=at)
        new = services.revise_plan(plan=old, by=clerk, at=at)
        self.plan = self._write(new, "revised", clerk, at)
        row = new.rows.get(order=10)
        row.measures = f"{row.measures}，每学期末回头看一次"
        row.commit(at)
        if self.place == DRAFT:
            template = Template.objects.get(name=common_template())
            take_template(plan=new, template=template, by=clerk, at=at)

    # ---- tasks and works ----

    def _follow(self, pk: UUID, due_on: date, at: datetime) -> None:
        """Done some days early, closed by another person the next working day; the one to come has begun."""
        minute = self.rng.randrange(60)
        if due_on >= self.as_of:
            begun = working_day(self.as_of, -self.rng.randint(12, 30))
            self.put(clock(begun, 14, minute), partial(self._progress, pk))
            return
        done = max(working_day(due_on, -self.rng.randint(1, 5)), working_day(at.date(), 1))
        self.put(clock(done, 15, minute), partial(self._finish, pk))
        self.put(clock(working_day(done, 1), 10, minute), partial(self._close, pk))

    def _progress(self, pk: UUID, at: datetime) -> None:
        task = self.year.tasks[pk]
        by = self.cast.holder_of(task.responsible_id).user
        self.year.tasks[pk] = tasks.progress(task=task, text="已列出机构名单，正在修订章程", by=by, at=at)

    def _finish(self, pk: UUID, at: datetime) -> None:
        task = self.year.tasks[pk]
        by = self.cast.holder_of(task.responsible_id).user
        self.year.tasks[pk] = tasks.submit(task=task, text=self.rng.choice(self.texts["submitted"]), by=by, at=at)

    def _close(self, pk: UUID, at: datetime) -> None:
        task = self.year.tasks.pop(pk)
        by = self.cast.closers(task.responsible_id, task.responsible_id, at.date())[0]
        tasks.close(task=task, by=by.user, at=at)

    def _adopt(self, kind: FoundationKind, at: datetime) -> None:
        """Registered with the decision that adopted the text; while that is not signed, the secretary waits another fortnight."""
        late = at + FORTNIGHT >= clock(self.as_of, 0)
        decision = self._decision(self.texts["adopted_by"][kind.value], any_one=late)
        if decision is None:
            self.put(at + FORTNIGHT, partial(self._adopt, kind))
            return
        title = f"{self.cast.school.short_name}{self.texts['texts'][kind.value]}"
        text = AdoptedText(
            title=title,
            text_version=f"{decision.decided_on.year} 年修订",
            adopted_on=decision.decided_on,
            adopted_by=f"{Decision._meta.label_lower}:{decision.pk}",
        )
        register_text(school=self.cast.school, kind=kind, text=text, by=self._secretary(at), at=at)

    def _decision(self, title: str, *, any_one: bool) -> Decision | None:
        """The decision of that title; in the last days, for a school that met too seldom, the latest of the Party meeting."""
        rows = Decision.objects.filter(school=self.cast.school, meeting__body=Body.PARTY)
        rows = rows.exclude(item__secrecy="restricted").order_by("-decided_on", "-number")
        return rows.filter(title=title).first() or (rows.first() if any_one else None)

    # ---- evaluation ----

    def _evaluate(self, at: datetime) -> None:
        result = RESULTS[self.index % len(RESULTS)]
        said, facts = self.texts["evaluation"], self.texts["evaluation"]["facts"]
        lost = {"good": 1, "fair": 3, "pass": 6}[result]
        answers = {
            criterion.code: AnswerInput(criterion.points - self.rng.randint(0, lost), self.rng.choice(facts))
            for criterion in current_form(EvaluationKind.MID_TERM).criteria
        }
        new = EvaluationInput(working_day(at.date(), -1), result, said["texts"][result], answers)
        write_evaluation(
            school=self.cast.school, kind=EvaluationKind.MID_TERM, new=new, concludes=True, by=self._organiser(), at=at
        )

    # ---- who ----

    @property
    def _now(self) -> Plan:
        assert self.plan is not None  # noqa: S101  the draft comes first
        return self.plan

    def _answering(self, who: str, day: date) -> Holder:
        """Whoever answers for that line of work, the first by rank: no dice."""
        rng, self.cast.rng = self.cast.rng, self.rng
        try:
            return self.cast.answering(who, day)
        finally:
            self.cast.rng = rng

    def _secretary(self, at: datetime) -> User:
        return self.cast.head(Post.SECRETARY, at.date()).user

    def _clerk(self, at: datetime) -> User:
        serving = [holder for holder in self.cast.serving(at.date()) if holder.holds(Post.CLERK)]
        return serving[0].user if serving else self._secretary(at)

    def _organiser(self) -> User:
        access.keep(self.bureau)
        return self.bureau
