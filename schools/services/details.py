"""学校资料: what the organisation section mends on a school's page between two rosters."""

import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale
from schools import access
from schools.models import PartyOrganisation, School
from schools.permissions import SchoolPerm
from schools.roster.columns import BY_FIELD, MAX_PEOPLE, Kind
from schools.services.roster import one_at_a_time
from schools.services.schools import organisation_name

LABELS = {"short_name": "简称", "township": "镇（街道）"} | {
    name: BY_FIELD[name].title
    for name in (
        "location", "size", "foundation", "students", "staff", "party_org_type", "has_committee", "leadership_mode",
    )
}  # fmt: skip
MAX_SHORT_NAME, MAX_TOWNSHIP = 20, 40


@dataclass(frozen=True)
class SchoolDetails:
    """What the page lets change; name, stage and office come with the roster. `township` "" = none."""

    short_name: str
    township: str
    location: str
    size: str
    foundation: str
    students: int
    staff: int
    party_org_type: str
    has_committee: bool
    leadership_mode: str


def may_change(user: User, school: School) -> bool:
    """The organisation section (manage_roster)."""
    return access.can(user, SchoolPerm.MANAGE_ROSTER, school.pk)


def details_of(school: School) -> SchoolDetails:
    """The details as they are stored."""
    values = {name: getattr(school, name) for name in LABELS}
    return SchoolDetails(**{**values, "township": school.township or ""})


@transaction.atomic
def change_details(
    *, school: School, details: SchoolDetails, version: int, by: User, at: datetime
) -> dict[str, list[Any]]:
    """Store the details; returns what changed, old and new, by field. `version` is what the caller saw.

    Raises `NotAllowed`, `Stale` with the differences, `InvalidInput` with every fault. The same details once more change
    nothing and record nothing. Waits for a roster being imported, which would otherwise write over them.
    """
    one_at_a_time()
    school = School.objects.select_for_update(of=("self",)).select_related("office").get(pk=school.pk)
    if not may_change(by, school):
        raise NotAllowed("学校资料由组织科修改。")
    before, after = asdict(details_of(school)), asdict(details)
    if version != school.version:
        raise Stale(differences=[_difference(name, before, after) for name in LABELS if before[name] != after[name]])
    if faults := _faults(school, details):
        raise InvalidInput(faults)
    changes = {name: [before[name], after[name]] for name in LABELS if before[name] != after[name]}
    if changes:
        _write(school, after, at)
        record("schools.school.changed", by=by, at=at, on=school, school_id=school.pk, changes=changes)
    return changes


def _write(school: School, values: dict[str, Any], at: datetime) -> None:
    renamed = values["party_org_type"] != school.party_org_type
    for name, value in values.items():
        setattr(school, name, value)
    school.township = values["township"] or None
    school.commit(at)
    if renamed:
        PartyOrganisation.objects.filter(school=school).update(name=organisation_name(school), updated_at=at)


def _faults(school: School, details: SchoolDetails) -> list[Fault]:
    faults = [_text_fault("short_name", details.short_name, MAX_SHORT_NAME)]
    if details.township:
        faults.append(_text_fault("township", details.township, MAX_TOWNSHIP))
    for name, value in asdict(details).items():
        column = BY_FIELD.get(name)
        if column is not None and column.kind is Kind.CHOICE and value not in column.choices.values():
            faults.append(Fault(name, f"{column.title}选一个列表里有的"))
        elif column is not None and column.kind is Kind.NUMBER and not 0 <= value <= MAX_PEOPLE:
            faults.append(Fault(name, f"{column.title}填 0 到 {MAX_PEOPLE:,} 的整数"))
    namesake = School.objects.filter(short_name=details.short_name).exclude(pk=school.pk).order_by("code").first()
    if namesake is not None and details.short_name != school.short_name:
        faults.append(Fault("short_name", f"{namesake.name}已用这个简称，换一个"))
    return [fault for fault in faults if fault is not None]


def _text_fault(name: str, said: str, limit: int) -> Fault | None:
    if not said.strip():
        return Fault(name, f"填写{LABELS[name]}")
    if any(unicodedata.category(char)[0] == "C" for char in said):
        return Fault(name, f"{LABELS[name]}里有看不见的字符。清空后重新输入")
    return Fault(name, f"{LABELS[name]}不超过 {limit} 个字") if len(said) > limit else None


def _difference(name: str, theirs: dict[str, Any], yours: dict[str, Any]) -> Difference:
    column = BY_FIELD.get(name)
    said = [column.word(values[name]) if column is not None else str(values[name]) for values in (theirs, yours)]
    return Difference(name, LABELS[name], *said)
