"""What every step of a project shares: lock, version, person, state, fact, and who is told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, models

from accounts.models import User
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import NotAllowed, Stale
from common.transitions import Transition
from deadlines.models import Deadline
from deadlines.services import end_deadline
from projects.guards import refusal
from projects.models import Flagship
from projects.states import FLAGSHIP
from schools import access
from schools.models import School
from schools.permissions import Post, SchoolPerm

STALE = "刚才有人办理过这个项目。看过最新情况再办。"
NUMBER_LOCK = 0x464C4147  # numbers of projects are given, and tables imported, one at a time
AT_SCHOOL = (Post.SECRETARY, Post.PRINCIPAL, Post.CLERK)


def locked(project: Flagship, version: int | None = None) -> Flagship:
    """The project under its lock, read anew; a stale version is refused."""
    if connection.features.has_select_for_update:
        Flagship.objects.select_for_update().only("pk").get(pk=project.pk)
    found = Flagship.objects.select_related("school", "leader").get(pk=project.pk)
    if version is not None and version != found.version:
        raise Stale(STALE)
    return found


def begin(project: Flagship, name: str, by: User, version: int | None) -> tuple[Flagship, Transition]:
    """Lock, check version, state and person. A late second caller hears that things have moved on."""
    project = locked(project, version)
    step = FLAGSHIP.require(name, project.status)
    if why := refusal(project, step, by):
        raise NotAllowed(why)
    return project, step


def finish(project: Flagship, step: Transition, by: User, at: datetime, **data: Any) -> Flagship:
    """Set the state, save, record the fact."""
    if step.target is not None:
        project.status = step.target
    project.commit(at)
    tell(step.event, project, by, at, **data)
    return project


def tell(kind: str, project: Flagship, by: User, at: datetime, **data: Any) -> None:
    """Record a fact about the project, with its address."""
    if not kind.startswith("projects."):
        kind = f"projects.flagship.{kind}"
    record(kind, by=by, at=at, on=project, school_id=project.school_id, url=project.get_absolute_url(), **data)


def of_perm(school: School, at: datetime, *perms: SchoolPerm) -> list[str]:
    """Accounts of who holds one of those permissions for the school that day."""
    found: set[str] = set()
    for perm in perms:
        held = access.holders(perm, school, local_day(at))
        found |= {str(a.person.account_id) for a in held if a.person.account_id is not None}
    return sorted(found)


def of_school(project: Flagship, at: datetime) -> list[str]:
    """书记、校长、党政办 and the leader."""
    held = access.holders(SchoolPerm.EDIT_PLAN, project.school, local_day(at), frozenset(AT_SCHOOL))
    found = {str(a.person.account_id) for a in held if a.person.account_id is not None}
    if project.leader is not None and project.leader.account_id is not None:
        found.add(str(project.leader.account_id))
    return sorted(found)


def together(*lists: Iterable[str]) -> list[str]:
    """Each account once."""
    return sorted({account for accounts in lists for account in accounts})


def one_at_a_time() -> None:
    """Two who give numbers or import queue up; SQLite's transactions do so by themselves (IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])


def clock_runs(on: models.Model) -> bool:
    """Whether reminders are still planned for it."""
    return Deadline.objects.filter(subject=subject_of(on), ended_at__isnull=True).exists()


def stop_clock(on: models.Model, at: datetime) -> None:
    """No more reminders; nothing happens when there were none (an imported project has no leader to remind)."""
    if clock_runs(on):
        end_deadline(on=on, at=at)
