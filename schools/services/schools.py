"""Entering and changing schools and offices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import Fact, record_many
from common.text import initials_of, pinyin_of
from schools.models import Office, PartyOrganisation, PartyOrgType, School
from schools.services.projection import project_grants

ROSTER_FIELDS = (
    "name", "stage", "location", "size", "foundation", "students", "staff", "party_org_type", "has_committee", "leadership_mode",
)  # fmt: skip
BATCH = 200  # schools written at a time
SHORTENED = (
    ("九年一贯制学校", "九年"), ("职业高级中学", "职高"), ("高级中学", "高中"), ("初级中学", "初中"),
    ("实验小学", "实小"), ("实验学校", "实验"), ("特殊教育学校", "特校"),
)  # fmt: skip
ORGANISATION = {
    PartyOrgType.COMMITTEE: "委员会",
    PartyOrgType.GENERAL_BRANCH: "总支部委员会",
    PartyOrgType.BRANCH: "支部委员会",
}


@dataclass(frozen=True)
class SchoolRow:
    """One line of the roster, checked: codes instead of words. `office` is a name or None (直属)."""

    code: str
    name: str
    stage: str
    office: str | None
    location: str
    size: str
    foundation: str
    students: int
    staff: int
    party_org_type: str
    has_committee: bool
    leadership_mode: str


def short_name_of(name: str) -> str:
    """松风高级中学 → 松风高中; editable later."""
    for long, short in SHORTENED:
        if name.endswith(long):
            return name.removesuffix(long) + short
    return name


def organisation_name(school: School) -> str:
    """中共<学校>委员会 / 总支部委员会 / 支部委员会 (structures.md 5.3)."""
    return f"中共{school.name}{ORGANISATION[PartyOrgType(school.party_org_type)]}"


def office_named(name: str, at: datetime) -> Office:
    """The office of that name; a new one gets the next code O01…."""
    office = Office.objects.filter(name=name).first()
    if office is None:
        office = Office(code=f"O{Office.objects.count() + 1:02d}", name=name)
        office.commit(at)
    return office


def put_school(row: SchoolRow, *, by: User | None, at: datetime) -> tuple[School, str]:
    """Enter the school or bring it up to the row; returns it with `new`, `changed` or `unchanged`."""
    return put_schools([row], by=by, at=at)[0]


@transaction.atomic
def put_schools(rows: Sequence[SchoolRow], *, by: User | None, at: datetime) -> list[tuple[School, str]]:
    """The same for a whole roster, a batch at a time."""
    return [put for start in range(0, len(rows), BATCH) for put in _put(rows[start : start + BATCH], by, at)]


def _put(rows: Sequence[SchoolRow], by: User | None, at: datetime) -> list[tuple[School, str]]:
    stored = School.objects.select_for_update(of=("self",)).select_related("office")
    held = {school.code: school for school in stored.filter(code__in=[row.code for row in rows])}
    offices = {row.office: office_named(row.office, at) if row.office else None for row in rows}
    put: list[tuple[School, str]] = []
    entered: list[PartyOrganisation] = []
    facts: list[Fact] = []
    for row in rows:
        school = held.get(row.code)
        if school is None:
            organisation = _new(row, offices[row.office], at)
            entered.append(organisation)
            put.append((organisation.school, "new"))
            facts.append(Fact("schools.school.entered", organisation.school, organisation.school.pk))
        elif changes := _change(school, row, offices[row.office], at):
            put.append((school, "changed"))
            facts.append(Fact("schools.school.changed", school, school.pk, {"changes": changes}))
        else:
            put.append((school, "unchanged"))
    School.objects.bulk_create([organisation.school for organisation in entered])
    PartyOrganisation.objects.bulk_create(entered)
    project_grants(*(school for school, what in put if what != "unchanged"))
    if facts:
        record_many(facts, by=by, at=at)
    return put


def _change(school: School, row: SchoolRow, office: Office | None, at: datetime) -> dict[str, list[Any]]:
    """Bring a stored school up to the row; returns the fields that differed, old and new."""
    before = values_of(school)
    after = {**{name: getattr(row, name) for name in ROSTER_FIELDS}, "office": row.office}
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if not changes:
        return {}
    if school.name != row.name:
        school.py, school.py_first = pinyin_of(row.name), initials_of(row.name)
        if school.short_name == short_name_of(school.name):  # one that somebody chose stays
            school.short_name = short_name_of(row.name)
    for name in ROSTER_FIELDS:
        setattr(school, name, getattr(row, name))
    school.office = office
    school.commit(at)
    PartyOrganisation.objects.filter(school=school).update(name=organisation_name(school), updated_at=at)
    return changes


def values_of(school: School) -> dict[str, Any]:
    """The roster's fields of a stored school, office by name."""
    return {
        **{name: getattr(school, name) for name in ROSTER_FIELDS},
        "office": school.office.name if school.office else None,
    }


def _new(row: SchoolRow, office: Office | None, at: datetime) -> PartyOrganisation:
    """A school that is not stored yet, with its Party organisation; the caller saves both."""
    school = School(
        code=row.code,
        short_name=short_name_of(row.name),
        py=pinyin_of(row.name),
        py_first=initials_of(row.name),
        office=office,
        **{name: getattr(row, name) for name in ROSTER_FIELDS},
    )
    school.stamp(at)
    organisation = PartyOrganisation(school=school, name=organisation_name(school))
    organisation.stamp(at)
    return organisation
