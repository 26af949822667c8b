"""Appointing and ending: who is appointed gains the rights of the post that day, who leaves loses them that day."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, Stale, one_fault
from schools import access
from schools.models import Appointment, Office, Person, School
from schools.permissions import GRANTED_POSTS, OFFICE_POSTS, SCHOOL_POSTS, SYSTEM_POSTS, Post, SchoolPerm
from schools.services.projection import project_members


@dataclass(frozen=True)
class NewAppointment:
    """What is recorded: person, post, place and dates. `ends_on` None = open."""

    person: Person
    post: Post
    starts_on: date
    ends_on: date | None = None
    school: School | None = None
    office: Office | None = None
    duty: str = ""
    rank: int = 50


def may_appoint(by: User, post: str, school: School | None) -> bool:
    """Leaders by the organisation section, a clerk also by the secretary, bureau and system posts by 安全管理员."""
    if post in GRANTED_POSTS:
        return access.system_can(by, SchoolPerm.GRANT_BUREAU_POSTS)
    if school is None:
        return False
    perm = SchoolPerm.APPOINT_CLERK if post == Post.CLERK else SchoolPerm.APPOINT_LEADERS
    return access.can(by, perm, school.pk)


@transaction.atomic
def appoint(new: NewAppointment, *, by: User | None, at: datetime) -> Appointment:
    """Record an appointment. `by` None is the system itself (loading, migration)."""
    if by is not None and not may_appoint(by, new.post, new.school):
        raise NotAllowed(f"{new.post.label}的任职由{_who_appoints(new.post)}登记。")
    if new.school is not None:
        School.objects.select_for_update().get(pk=new.school.pk)  # two people made secretary at once queue up here
    person = Person.objects.select_for_update().get(pk=new.person.pk)
    _check(new, person)
    appointment = Appointment(
        person=person,
        post=new.post,
        school=new.school,
        office=new.office,
        duty=new.duty,
        rank=new.rank,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
    )
    appointment.commit(at)
    _project(person, at)
    _touch(new.school, at)
    record(
        "schools.appointment.made",
        by=by,
        at=at,
        on=appointment,
        school_id=new.school.pk if new.school else None,
        post=new.post,
        starts_on=new.starts_on.isoformat(),
        ends_on=new.ends_on.isoformat() if new.ends_on else None,
    )
    return appointment


@transaction.atomic
def end_appointment(
    *, appointment: Appointment, ends_on: date, version: int | None = None, by: User | None, at: datetime
) -> Appointment:
    """Record the last day of an appointment; rights end after it. `version` is what the caller saw."""
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("person__account", "school")
    appointment = rows.get(pk=appointment.pk)
    if by is not None and not may_appoint(by, appointment.post, appointment.school):
        raise NotAllowed(f"{appointment.get_post_display()}的任职由{_who_appoints(Post(appointment.post))}登记。")
    if version is not None and version != appointment.version:
        raise Stale("刚才有人更新过这项任职。看过最新情况再登记。")
    if ends_on < appointment.starts_on:
        raise one_fault("ends_on", f"任职止要在任职起（{appointment.starts_on}）当天或之后")
    if appointment.ends_on is not None and ends_on > appointment.ends_on:
        raise one_fault("ends_on", f"任职止已登记为 {appointment.ends_on}，只能提前。接着任职的，登记新的任期")
    appointment.ends_on = ends_on
    appointment.commit(at)
    _project(appointment.person, at)
    _touch(appointment.school, at)
    record(
        "schools.appointment.ended",
        by=by,
        at=at,
        on=appointment,
        school_id=appointment.school_id,
        post=appointment.post,
        ends_on=ends_on.isoformat(),
    )
    return appointment


def _who_appoints(post: Post) -> str:
    if post in GRANTED_POSTS:
        return "安全管理员"
    return "书记或组织科" if post == Post.CLERK else "组织科"


def _check(new: NewAppointment, person: Person) -> None:
    """Refuse what does not fit: place, dates, 三员, a second term of the same post, a second head."""
    _check_shape(new)
    _check_person(new, person)
    if new.post in (Post.SECRETARY, Post.PRINCIPAL):
        holder = _overlapping(new, Appointment.objects.filter(school=new.school, post=new.post)).first()
        if holder is not None:
            raise one_fault("post", f"{holder.person.name}这段时间任{new.post.label}，先登记其任职止。")


def _check_shape(new: NewAppointment) -> None:
    if new.post in SCHOOL_POSTS and new.school is None:
        raise one_fault("school", "选一所学校")
    if new.post in OFFICE_POSTS and new.office is None:
        raise one_fault("office", "选一个教办")
    if new.ends_on is not None and new.ends_on < new.starts_on:
        raise one_fault("ends_on", "任职止要在任职起当天或之后")


def _check_person(new: NewAppointment, person: Person) -> None:
    meanwhile = _overlapping(new, Appointment.objects.filter(person=person))
    for other in meanwhile:
        if (new.post in SYSTEM_POSTS or other.post in SYSTEM_POSTS) and other.post != new.post:
            raise one_fault(
                "post", f"{person.name}已任{other.get_post_display()}。系统三员不与其他职务由同一账号担任，换一个人。"
            )
        if other.post == new.post and other.school_id == (new.school.pk if new.school else None):
            raise one_fault("post", f"{person.name}这段时间已任{new.post.label}，先登记前一任期的任职止。")


def _overlapping(new: NewAppointment, rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=new.starts_on)).select_related("person")
    return rows if new.ends_on is None else rows.filter(starts_on__lte=new.ends_on)


def _touch(school: School | None, at: datetime) -> None:
    """The school's file shows its leaders, so a new appointment is a new version of it."""
    if school is not None:
        School.objects.filter(pk=school.pk).update(version=F("version") + 1, updated_at=at)


def _project(person: Person, at: datetime) -> None:
    if person.account is not None:
        project_members([person.account], local_day(at))
        access.forget(person.account)
