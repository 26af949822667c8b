"""Rules of procedure of all schools in one table: what is in force, how far it follows the model text, what is stricter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts.models import User
from common.exports import Cell
from governance.models import Clause, SchoolClause, SchoolLimit, SchoolRules, SchoolRulesStatus
from governance.models.procedure import RELATION
from governance.procedures import in_words
from schools.models import School
from schools.permissions import Body

# What the table can be narrowed to: both texts adopted, one of them missing, a draft on the way.
STATES = {
    "both": "两份都已通过",
    "partly": "只通过一份",
    "none": "都没有通过",
    "draft": "有草稿在起草",
    "stricter": "有从严要求",
}
COLUMNS = (
    "学校代码", "学校", "教办", "会议", "版次", "施行日期", "采用", "改写", "新增", "缺", "从严要求", "起草中", "大额标准（元）",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """One text of one school: the version in force (None: not yet adopted) with counts, and the draft's number."""

    version: SchoolRules | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    draft: int | None = None

    @property
    def stricter(self) -> list[str]:
        """“R-T03 提前 3 天”, one for each stricter requirement."""
        wanted = self.version.tightened if self.version else {}
        return [f"{rule} {in_words(name, value)}" for rule, one in wanted.items() for name, value in one.items()]


@dataclass(frozen=True)
class SchoolLine:
    """One school of the table."""

    school: School
    party: Standing
    principal: Standing
    limit: SchoolLimit | None = None

    @property
    def texts(self) -> list[tuple[Body, Standing]]:
        """Both texts in the order of the meetings."""
        return [(Body.PARTY, self.party), (Body.PRINCIPAL, self.principal)]

    def fits(self, state: str) -> bool:
        """Whether the school belongs to one of `STATES`; an unknown word narrows nothing."""
        adopted = sum(standing.version is not None for _, standing in self.texts)
        return {
            "both": adopted == 2,
            "partly": adopted == 1,
            "none": adopted == 0,
            "draft": any(standing.draft for _, standing in self.texts),
            "stricter": any(standing.stricter for _, standing in self.texts),
        }.get(state, True)


def lines(user: User, today: date) -> list[SchoolLine]:
    """All schools within sight, by pinyin: five queries, whatever their number."""
    found = list(School.objects.visible_to(user).select_related("office").order_by("py", "pk"))
    standings = _standings(found, today)
    limits = _limits(found, today)
    nothing = Standing()
    return [
        SchoolLine(
            school,
            standings.get((school.pk, Body.PARTY.value), nothing),
            standings.get((school.pk, Body.PRINCIPAL.value), nothing),
            limits.get(school.pk),
        )
        for school in found
    ]


def _standings(schools: Iterable[School], today: date) -> dict[tuple[UUID, str], Standing]:
    rows = SchoolRules.objects.filter(school__in=schools).select_related("model_text", "school")
    current: dict[tuple[UUID, str], SchoolRules] = {}
    drafts: dict[tuple[UUID, str], int] = {}
    for row in rows.order_by("effective_from", "number"):
        if row.status == SchoolRulesStatus.DRAFT:
            drafts[row.school_id, row.body] = row.number
        elif row.effective_from is not None and row.effective_from <= today:
            current[row.school_id, row.body] = row
    counts = counts_of(current.values())
    return {
        key: Standing(current.get(key), counts[current[key].pk] if key in current else {}, drafts.get(key))
        for key in current.keys() | drafts.keys()
    }


def counts_of(versions: Iterable[SchoolRules]) -> dict[UUID, dict[str, int]]:
    """Adopted, adapted, added and missing clauses of those versions: two queries."""
    rows = list(versions)
    counts = {row.pk: {"adopted": 0, "adapted": 0, "added": 0, "missing": 0} for row in rows}
    found = SchoolClause.objects.filter(rules_version__in=rows).order_by()
    for version, relation, number in found.values_list("rules_version", RELATION).annotate(n=Count("pk")):
        counts[version][relation] = number
    sizes = dict(
        Clause.objects.filter(model_text__in={row.model_text_id for row in rows})
        .order_by()
        .values_list("model_text")
        .annotate(n=Count("pk"))
    )
    for row in rows:
        numbers = counts[row.pk]
        numbers["missing"] = sizes.get(row.model_text_id, 0) - numbers["adopted"] - numbers["adapted"]
    return counts


def _limits(schools: Iterable[School], today: date) -> dict[UUID, SchoolLimit]:
    rows = SchoolLimit.objects.filter(school__in=schools, effective_from__lte=today).order_by("effective_from")
    return {row.school_id: row for row in rows}


def summary(rows: Iterable[SchoolLine]) -> dict[str, int]:
    """How many schools stand in each of `STATES`, and in all."""
    found = list(rows)
    return {"all": len(found), **{state: sum(line.fits(state) for line in found) for state in STATES}}


def exported(line: SchoolLine) -> list[list[Cell]]:
    """Two lines of the exported table, one for each text."""
    made = []
    for body, standing in line.texts:
        version = standing.version
        numbers: list[Cell] = [standing.counts.get(name) for name in ("adopted", "adapted", "added", "missing")]
        made.append(
            [
                line.school.code,
                line.school.short_name,
                line.school.office.name if line.school.office else "局直属",
                body.label,
                version.number if version else None,
                str(version.effective_from) if version else "未通过",
                *numbers,
                "；".join(standing.stricter),
                f"第{standing.draft}版" if standing.draft else "",
                str(line.limit.amount) if line.limit else "",
            ]
        )
    return made


def offices(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Code and name of the offices of those schools, by name."""
    return sorted({(line.school.office.code, line.school.office.name) for line in rows if line.school.office})
