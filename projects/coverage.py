"""覆盖图: which schools and which fields of school life the projects reach, and what is untouched."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import User
from projects.models import Area, Flagship, FlagshipArea, FlagshipStatus, Kind
from projects.models.flagships import LISTED_OR_LATER
from schools.models import School

S = FlagshipStatus
COUNTED = tuple(status for status in LISTED_OR_LATER if status != S.TERMINATED)


@dataclass
class Row:
    """One school with its number of projects by field, and in all."""

    school: School
    total: int = 0
    cells: list[int] = field(default_factory=list)


@dataclass
class CoverageMap:
    """Rows by office; totals by field and by kind; what is untouched."""

    groups: list[tuple[str, list[Row]]]
    areas: list[tuple[str, str, int, int]]  # code, label, projects, share of the largest in percent
    kinds: list[tuple[str, str, int]]
    schools: int
    reached: int
    projects: int

    @property
    def untouched_schools(self) -> list[Row]:
        """Schools without a project."""
        return [row for _, rows in self.groups for row in rows if not row.total]

    @property
    def untouched_areas(self) -> list[str]:
        """Fields no project reaches."""
        return [label for _, label, number, _ in self.areas if not number]


def coverage_of(user: User) -> CoverageMap:
    """The map of the schools this account sees, in three queries. Terminated projects reach nothing."""
    schools = list(School.objects.visible_to(user).select_related("office").order_by("office__code", "code"))
    projects = dict(
        Flagship.objects.visible_to(user).filter(status__in=COUNTED).order_by("pk").values_list("pk", "school_id")
    )
    kinds = dict.fromkeys(Kind.values, 0)
    for kind in Flagship.objects.filter(pk__in=projects).values_list("kind", flat=True):
        kinds[kind] += 1
    touched: dict[UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Area.values, 0))
    areas = dict.fromkeys(Area.values, 0)
    for project, area in FlagshipArea.objects.filter(project__in=projects).values_list("project_id", "area"):
        touched[projects[project]][area] += 1
        areas[area] += 1
    held: dict[UUID, int] = defaultdict(int)
    for school_id in projects.values():
        held[school_id] += 1
    groups: dict[str, list[Row]] = defaultdict(list)
    for school in schools:
        cells = [touched[school.pk][area] for area in Area.values] if school.pk in touched else [0] * len(Area)
        groups[school.office.name if school.office else "直属学校"].append(Row(school, held[school.pk], cells))
    largest = max(areas.values()) or 1
    return CoverageMap(
        groups=list(groups.items()),
        areas=[(a.value, a.label, areas[a.value], round(100 * areas[a.value] / largest)) for a in Area],
        kinds=[(kind.value, kind.label, kinds[kind.value]) for kind in Kind],
        schools=len(schools),
        reached=sum(bool(held[school.pk]) for school in schools),
        projects=len(projects),
    )
