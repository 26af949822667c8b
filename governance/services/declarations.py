"""利益关系申报: each member of a leadership team declares once a year, “没有需要申报的” included, and may amend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale
from governance.declaring import must_declare
from governance.models import Declaration, Interest
from governance.services.base import own_person
from schools.models import School

MOST, LONGEST_ABOUT, LONGEST_NOTE = 30, 80, 300


@dataclass(frozen=True)
class InterestInput:
    """One interest as typed."""

    relation: str
    about: str
    note: str = ""


@transaction.atomic
def declare(
    *,
    school: School,
    nothing: bool,
    interests: Sequence[InterestInput],
    version: int | None = None,
    by: User,
    at: datetime,
) -> Declaration:
    """Declare for the current year, or amend what was declared. Nobody declares for somebody else."""
    if not must_declare(by, school.pk):
        raise NotAllowed("利益关系由班子成员本人申报。")
    person, year = own_person(by), local_day(at).year
    if connection.features.has_select_for_update:  # two windows of one person: one after the other
        School.objects.select_for_update().only("pk").get(pk=school.pk)
    found = Declaration.objects.filter(school=school, person=person, year=year).first()
    if version is not None and version != (found.version if found else 0):
        raise Stale("你刚才在别处改过这份申报。核对最新内容再保存。")
    if faults := _faults(nothing, interests):
        raise InvalidInput(faults)
    declaration = found or Declaration(school=school, person_id=person, year=year)
    declaration.nothing, declaration.declared_at = nothing, at
    declaration.commit(at)
    _write(declaration.pk, interests)
    # What was declared is personal: the fact says that it was, and no more.
    record(
        f"governance.declaration.{'amended' if found else 'declared'}", by=by, at=at, on=declaration, school_id=school.pk,
        year=year, interests=len(interests),
    )  # fmt: skip
    return declaration


def _write(declaration: UUID, interests: Sequence[InterestInput]) -> None:
    Interest.objects.filter(declaration=declaration).delete()
    Interest.objects.bulk_create(
        [
            Interest(declaration_id=declaration, relation=one.relation, about=one.about.strip(), note=one.note.strip())
            for one in interests
        ]
    )


def _faults(nothing: bool, interests: Sequence[InterestInput]) -> list[Fault]:
    faults = []
    if nothing and interests:
        faults.append(Fault("nothing", "写了要申报的，就不勾“没有需要申报的”"))
    if not nothing and not interests:
        faults.append(Fault("nothing", "写上要申报的关系；没有的，勾“没有需要申报的”"))
    if len(interests) > MOST:
        faults.append(Fault("nothing", f"最多申报 {MOST} 项，同一家单位写在一行"))
    for n, one in enumerate(interests):
        if one.relation not in Interest.Relation.values:
            faults.append(Fault(f"interests[{n}].relation", f"第 {n + 1} 行：选一种关系"))
        if not 2 <= len(one.about.strip()) <= LONGEST_ABOUT:
            faults.append(Fault(f"interests[{n}].about", f"第 {n + 1} 行：写涉及的人或单位，2 至 {LONGEST_ABOUT} 个字"))
        if len(one.note.strip()) > LONGEST_NOTE:
            faults.append(Fault(f"interests[{n}].note", f"第 {n + 1} 行：说明写到 {LONGEST_NOTE} 字以内"))
    return faults
