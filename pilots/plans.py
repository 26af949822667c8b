"""一校一案 read: sections in order, progress of many plans at once, editions, and the differences between two of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from attachments.models import Attachment
from attachments.selectors import files_of
from audit.services import subject_of
from pilots.foundations import counted
from pilots.models import Plan, PlanAnnotation, PlanRow, PlanSection, PlanStatus, SectionKey
from pilots.plan_diff import Piece, RowChange, compare_rows, compare_texts
from schools.models import School

TAGS = {
    PlanStatus.DRAFT: "none",
    PlanStatus.SUBMITTED: "wait",
    PlanStatus.APPROVED: "done",
    PlanStatus.RETURNED: "back",
    PlanStatus.SUPERSEDED: "none",
}
NO_PROGRESS = {"total": 0, "closed": 0, "overdue": 0}


def tag_of(plan: Plan) -> tuple[str, str]:
    """Kind and words of the tag."""
    return TAGS[PlanStatus(plan.status)], plan.get_status_display()


def progress_of(plans: Iterable[UUID], today: date) -> dict[UUID, dict[str, int]]:
    """Tasks behind the rows of those plans: total, closed, overdue; one query for all."""
    rows = PlanRow.objects.filter(plan__in=list(plans), task__isnull=False).order_by()
    found: Iterable[Any] = rows.values("plan_id").annotate(**counted(today))
    return {row["plan_id"]: {name: row[name] for name in NO_PROGRESS} for row in found}


@dataclass
class SectionView:
    """A section with its number in the plan, and the bureau's remarks beside it."""

    key: str
    label: str
    number: int
    text: str
    clause: Any = None
    annotations: list[PlanAnnotation] = field(default_factory=list)


def sections_of(plan: Plan, annotations: Sequence[PlanAnnotation] = ()) -> list[SectionView]:
    """The sections in the order of the outline."""
    stored = {section.key: section for section in plan.sections.select_related("clause__policy")}
    return [_section(number, key, stored.get(key.value), annotations) for number, key in enumerate(SectionKey, start=1)]


def _section(
    number: int, key: SectionKey, stored: PlanSection | None, annotations: Sequence[PlanAnnotation]
) -> SectionView:
    beside = [annotation for annotation in annotations if annotation.key == key.value]
    text, clause = (stored.text, stored.clause) if stored else ("", None)
    return SectionView(key.value, str(key.label), number, text, clause, beside)


def annotations_of(plan: Plan) -> list[PlanAnnotation]:
    """All remarks, the oldest first."""
    return list(plan.annotations.select_related("by", "settled_by").order_by("at", "pk"))


def rows_of(plan: Plan) -> list[PlanRow]:
    """The rows in order with who is responsible."""
    return list(plan.rows.select_related("responsible").order_by("order", "pk"))


def attachments_of(plan: Plan) -> list[Attachment]:
    """附件: the files of the plan."""
    return list(files_of([plan])[subject_of(plan)])


def may_read_plan_files(user: User, plan_id: UUID) -> bool:
    """Files of a plan may be read by whoever sees the plan."""
    return Plan.objects.visible_to(user).filter(pk=plan_id).exists()


def editions_of(school: School | UUID) -> list[Plan]:
    """All editions, the latest first."""
    return list(Plan.objects.with_people().filter(school=school).order_by("-edition"))


def current_of(school: School | UUID) -> Plan | None:
    """The edition a school's page leads to: the one in force, else the latest."""
    rows = Plan.objects.with_people().filter(school=school)
    return rows.filter(status=PlanStatus.APPROVED).first() or rows.order_by("-edition").first()


# ---- two editions ----


@dataclass
class SectionChange:
    """A section in two editions as runs of text."""

    label: str
    number: int
    pieces: list[Piece]


@dataclass
class Differences:
    """All that differs between two editions."""

    old: Plan
    new: Plan
    term: list[tuple[str, str, str]]
    sections: list[SectionChange]
    rows: list[RowChange]

    @property
    def number(self) -> int:
        """How many places differ."""
        return len(self.term) + len(self.sections) + sum(max(len(row.fields), 1) for row in self.rows)


def differences_between(old: Plan, new: Plan) -> Differences:
    """Term, sections and rows that are not the same."""
    before, after = sections_of(old), sections_of(new)
    sections = [
        SectionChange(b.label, b.number, compare_texts(a.text, b.text))
        for a, b in zip(before, after, strict=True)
        if a.text != b.text
    ]
    pairs = (("实施起", str(old.starts_on), str(new.starts_on)), ("实施止", str(old.ends_on), str(new.ends_on)))
    term = [pair for pair in pairs if pair[1] != pair[2]]
    return Differences(old, new, term, sections, compare_rows(rows_of(old), rows_of(new)))


def edition_before(plan: Plan) -> Plan | None:
    """The edition before this one, if there is one."""
    return (
        Plan.objects.with_people().filter(school=plan.school_id, edition__lt=plan.edition).order_by("-edition").first()
    )


# ---- waiting and counting ----


def to_mend_or_submit(school: UUID) -> QuerySet[Plan]:
    """Plans that lie with the school: returned ones, and drafts to be finished."""
    return Plan.objects.filter(school=school, status__in=(PlanStatus.RETURNED, PlanStatus.DRAFT)).select_related(
        "school"
    )


def to_review(user: User) -> QuerySet[Plan]:
    """Plans that wait for the bureau, the oldest first; not those this account has handed in."""
    rows = Plan.objects.visible_to(user).filter(status=PlanStatus.SUBMITTED).exclude(submitted_by=user)
    return rows.select_related("school", "submitted_by").order_by("submitted_at", "pk")


def counts_by_status(rows: QuerySet[Plan]) -> dict[str, int]:
    """How many plans there are in each state."""
    return dict(rows.order_by().values_list("status").annotate(Count("pk")))


def schools_without(user: User) -> QuerySet[School]:
    """Schools within sight that have not begun a plan."""
    return School.objects.visible_to(user).filter(~Q(pk__in=Plan.objects.values("school")))
