"""Entering and changing schools and offices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, one_fault
from common.text import initials_of, pinyin_of
from schools import access
from schools.models import Office, PartyOrganisation, PartyOrgType, PilotStatus, School
from schools.permissions import SchoolPerm
from schools.services.projection import project_grants

ROSTER_FIELDS = (
    "name", "stage", "location", "size", "foundation", "students", "staff", "party_org_type", "has_committee", "leadership_mode",
)  # fmt: skip
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


@transaction.atomic
def put_school(row: SchoolRow, *, by: User | None, at: datetime) -> tuple[School, str]:
    """Enter the school or bring it up to the row; returns it with `new`, `changed` or `unchanged`."""
    school, what = _put(row, by, at)
    if what != "unchanged":
        project_grants(school)
    return school, what


@transaction.atomic
def put_schools(rows: Iterable[SchoolRow], *, by: User | None, at: datetime) -> None:
    """The same for a whole roster; the groups' grants are written once at the end."""
    put = [_put(row, by, at) for row in rows]
    project_grants(*(school for school, what in put if what != "unchanged"))


def _put(row: SchoolRow, by: User | None, at: datetime) -> tuple[School, str]:
    school = School.objects.select_for_update(of=("self",)).select_related("office").filter(code=row.code).first()
    office = office_named(row.office, at) if row.office else None
    if school is None:
        return _enter(row, office, by, at), "new"
    before = values_of(school)
    after = {**{name: getattr(row, name) for name in ROSTER_FIELDS}, "office": row.office}
    if before == after:
        return school, "unchanged"
    if school.name != row.name:
        school.py, school.py_first = pinyin_of(row.name), initials_of(row.name)
        school.short_name = short_name_of(row.name)
    for name in ROSTER_FIELDS:
        setattr(school, name, getattr(row, name))
    school.office = office
    school.commit(at)
    PartyOrganisation.objects.filter(school=school).update(name=organisation_name(school), updated_at=at)
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    record("schools.school.changed", by=by, at=at, on=school, school_id=school.pk, changes=changes)
    return school, "changed"


@transaction.atomic
def mark_implemented(*, school: School, on: date, by: User | None, at: datetime) -> School:
    """登记全面实施 (roles_and_states.md §2, School): since that day the school works by both rules of procedure."""
    if by is not None and not access.can(by, SchoolPerm.REVIEW, school.pk):
        raise NotAllowed("登记全面实施由组织科办理。")
    if on > local_day(at):
        raise one_fault("implemented_on", f"全面实施日期要在今天（{local_day(at)}）或之前")
    school = School.objects.select_for_update(of=("self",)).select_related("office").get(pk=school.pk)
    school.pilot_status, school.implemented_on = PilotStatus.IMPLEMENTED, on
    school.commit(at)
    record(
        "schools.school.implemented", by=by, at=at, on=school, school_id=school.pk, implemented_on=on.isoformat()
    )
    return school


def values_of(school: School) -> dict[str, Any]:
    """The roster's fields of a stored school, office by name."""
    return {
        **{name: getattr(school, name) for name in ROSTER_FIELDS},
        "office": school.office.name if school.office else None,
    }


def _enter(row: SchoolRow, office: Office | None, by: User | None, at: datetime) -> School:
    school = School(
        code=row.code,
        short_name=short_name_of(row.name),
        py=pinyin_of(row.name),
        py_first=initials_of(row.name),
        office=office,
        **{name: getattr(row, name) for name in ROSTER_FIELDS},
    )
    school.commit(at)
    organisation = PartyOrganisation(school=school, name=organisation_name(school))
    organisation.commit(at)
    record("schools.school.entered", by=by, at=at, on=school, school_id=school.pk)
    return school
