"""What a plan still lacks before it can be handed in (roles_and_states.md §2, Plan: submit), each with the place to mend it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from common.errors import Fault, InvalidInput
from pilots.models import FoundationKind, Plan, PlanRow, PlanSection, SectionKey

# 四明确 in the order of the source; the words say how to mend it.
FOUR = {"target": "目标任务", "measures": "推进措施", "due_on": "完成时限", "responsible_id": "责任主体"}


@dataclass(frozen=True)
class Lack:
    """One thing that is missing: the words, and where it is filled in."""

    path: str
    text: str
    url: str


class NotComplete(InvalidInput):
    """The plan cannot be handed in; `lacks` names all that is missing, each with its place."""

    status = 409
    title = "方案还不能报送"

    def __init__(self, lacks: Sequence[Lack]) -> None:
        self.lacks = tuple(lacks)
        super().__init__([Fault(lack.path, lack.text) for lack in lacks])


def missing_in(row: PlanRow) -> list[str]:
    """Which of 四明确 the row lacks, in words."""
    return [words for name, words in FOUR.items() if not _filled(getattr(row, name))]


def _filled(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def lacks_of(
    plan: Plan, sections: Iterable[PlanSection] | None = None, rows: Iterable[PlanRow] | None = None
) -> list[Lack]:
    """All that is missing, sections first, then works without a row, then rows without one of 四明确."""
    sections = plan.sections.all() if sections is None else sections
    rows = list(plan.rows.order_by("order", "pk") if rows is None else rows)
    return [*_of_sections(plan, sections), *_of_works(plan, rows), *_of_rows(plan, rows)]


def _of_sections(plan: Plan, sections: Iterable[PlanSection]) -> list[Lack]:
    filled = {section.key for section in sections if section.text.strip()}
    page = reverse("pilots:plan-edit", args=[plan.pk])
    return [
        Lack(f"sections.{key.value}", f"填写“{key.label}”一章", f"{page}#id_{key.value}")
        for key in SectionKey
        if key.value not in filled
    ]


def _of_works(plan: Plan, rows: Sequence[PlanRow]) -> list[Lack]:
    counts, page = Counter(row.kind for row in rows), rows_url(plan)
    return [
        Lack(f"rows.{kind.value}", f"“{kind.label}”还没有任务，在推进清单里至少写一项", f"{page}#kind-{kind.value}")
        for kind in FoundationKind
        if not counts[kind.value]
    ]


def _of_rows(plan: Plan, rows: Sequence[PlanRow]) -> list[Lack]:
    page, found = rows_url(plan), []
    for row in rows:
        if lacking := missing_in(row):
            name = f"“{row.target}”" if row.target.strip() else ""
            text = f"推进清单第 {row.order} 项{name}缺{'、'.join(lacking)}"
            found.append(Lack(f"rows.{row.order}", text, f"{page}#row-{row.pk}"))
    return found


def rows_url(plan: Plan) -> str:
    """The checklist of the plan."""
    return reverse("pilots:plan-rows", args=[plan.pk])
