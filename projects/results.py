"""成果台账 in numbers: distinct projects by level and by name (S13), and the figures F08, F10, F11, F12."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.models import User
from projects.models import Award, Flagship, Level, SelectedCase, name_key

# The names of report_figures.yaml, compared without quotation marks and blanks.
NATIONAL_PRIZE = "基础教育国家级教学成果奖"
RELIEF_CASE = "省“双减”优秀实践案例"
REFORM_CASE = "宁波市教育改革创新典型案例"
FIGURES = {
    "F10": (Level.NATIONAL, NATIONAL_PRIZE),
    "F11": (Level.PROVINCIAL, RELIEF_CASE),
    "F12": (Level.CITY, REFORM_CASE),
}


@dataclass(frozen=True)
class Counted:
    """How many distinct projects hold an award of that level or name, and how many awards these are."""

    label: str
    level: str
    projects: int
    awards: int


def listed_projects(day: date) -> QuerySet[Flagship]:
    """F08: projects listed on that day or before, whatever became of them."""
    return Flagship.objects.listed_by(day)


def projects_with(level: str, name: str, day: date) -> QuerySet[Flagship]:
    """Distinct projects that held a verified award of that level and name on that day (F10, F11, F12)."""
    held = Award.objects.counted(day).filter(level=level, name_key=name_key(name))
    return Flagship.objects.filter(pk__in=held.values("project"))


def figure_records(code: str, day: date) -> QuerySet[Flagship]:
    """The very records that a figure of the report counts."""
    return listed_projects(day) if code == "F08" else projects_with(*FIGURES[code], day)


def figure(code: str, day: date) -> int:
    """The figure itself."""
    return figure_records(code, day).count()


def by_level(awards: QuerySet[Award]) -> list[Counted]:
    """Each level with its distinct projects, highest first; one query."""
    rows = awards.order_by().values("level").annotate(projects=Count("project", distinct=True), awards=Count("pk"))
    found = {row["level"]: row for row in rows}
    nothing = {"projects": 0, "awards": 0}
    return [
        Counted(level.label, level.value, found.get(level.value, nothing)["projects"], found.get(level.value, nothing)["awards"])
        for level in Level
    ]  # fmt: skip


def by_name(awards: QuerySet[Award]) -> list[Counted]:
    """Each name with its distinct projects, most first; spelling variants of one name are one."""
    rows = awards.order_by().values("level", "name_key")
    counted = list(rows.annotate(projects=Count("project", distinct=True), awards=Count("pk")))
    names = dict(awards.order_by("created_at").values_list("name_key", "name"))
    places = {level.value: place for place, level in enumerate(Level)}
    counted.sort(key=lambda row: (places[row["level"]], -row["projects"], row["name_key"]))
    return [Counted(names[row["name_key"]], row["level"], row["projects"], row["awards"]) for row in counted]


def may_read_certificate(user: User, award_id: UUID) -> bool:
    """A certificate may be read by whoever sees the award."""
    return Award.objects.visible_to(user).filter(pk=award_id).exists()


def levels_of(projects: Sequence[UUID]) -> dict[UUID, list[tuple[str, int]]]:
    """By project, its awards by level, highest first, in one query."""
    rows = Award.objects.filter(project__in=projects, verified_at__isnull=False).order_by()
    found: dict[UUID, dict[str, int]] = {}
    for project, level, number in rows.values_list("project_id", "level").annotate(Count("pk")):
        found.setdefault(project, {})[level] = number
    return {pk: [(level.label, of[level]) for level in Level if level in of] for pk, of in found.items()}


def cases_of(project: Flagship, user: User) -> QuerySet[SelectedCase]:
    """Cases that grew out of the project, as far as this account may see them."""
    return SelectedCase.objects.visible_to(user).filter(project=project).order_by("-year", "pk")
