"""Access follows appointments: by day, by post, by place; guardian's projection agrees; 三员 stand alone."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from common.dates import SHANGHAI
from common.errors import DomainError, NotAllowed
from schools import access
from schools.models import Appointment, School
from schools.permissions import SYSTEM_POSTS, TABLE, Grant, Post, SchoolPerm, codenames_of
from schools.services.appointments import NewAppointment, appoint, end_appointment
from schools.services.projection import refresh_all
from tests import factories

pytestmark = pytest.mark.django_db

# roles_and_states.md §1, column by column: 书记 校长 副书记、委员 副校长、行政班子 党政办 教办 组织科 督导 局领导 系统 安全 审计
PAPER = """
view_school         ● ● ● ● ● ● ● ● ● – – – –
view_meetings       ● ● ◐ ◐ ● – ● ● ● – – – –
view_restricted     ◐ ◐ ◐ ◐ ◐ – ◐ – ◐ – – – –
propose_topic       ● ● ● ● ● – – – – – – – –
record_minutes      ● ● – – ● – – – – – – – –
confirm_agenda      ◐ ◐ – – – – – – – – – – –
confirm_record      ◐ ◐ ◐ ◐ ◐ – – – – – – – –
sign_minutes        ◐ ◐ – ◐ – – – – – – – – –
waive_rule          ◐ ◐ – – – – – – – – – – –
assign_task         ● ● – – ● – ● – – – – – –
work_task           ◐ ◐ ◐ ◐ ◐ ◐ ◐ – – – – – –
confirm_closing     ● ● ● – – – ● – – – – – –
edit_plan           ● ● – – ● – – – – – – – –
submit_plan         ● – – – – – – – – – – – –
recommend           – – – – – ● – – – – – – –
review              – – – – – – ● – – – – – –
supervise           – – – – – ● ● ● – – – – –
issue_reference     – – – – – – ● – – – – – –
manage_roster       – – – – – – ● – – – – – –
appoint_leaders     – – – – – – ● – – – – – –
appoint_clerk       ● – – – – – ● – – – – – –
manage_accounts     – – – – – – – – – ● – – –
grant_bureau_posts  – – – – – – – – – – ● – –
read_audit          – – – – – – – – – – – ● –
"""
COLUMNS: tuple[tuple[Post, ...], ...] = (
    (Post.SECRETARY,), (Post.PRINCIPAL,), (Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER),
    (Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER), (Post.CLERK,), (Post.OFFICE,), (Post.ORGANISER,), (Post.SUPERVISOR,),
    (Post.LEADER,), (Post.SYSTEM_ADMIN,), (Post.SECURITY_ADMIN,), (Post.AUDITOR,), (Post.REVIEWER,),
)  # fmt: skip


def test_the_table_in_the_code_is_the_table_of_the_paper() -> None:
    mark = {None: "–"}
    for line in PAPER.strip().splitlines():
        name, *cells = line.split()
        for posts, cell in zip(COLUMNS, cells, strict=True):
            for post in posts:
                grant: Grant | None = TABLE[SchoolPerm(name)].get(post)
                shown = mark[None] if grant is None else "◐" if grant.own else "●"
                if (name, post) == ("confirm_closing", Post.COMMITTEE_MEMBER):
                    assert shown == "–", "●9 副书记: a committee member does not confirm"
                else:
                    assert shown == cell, (name, post)
    assert set(TABLE) == set(SchoolPerm) - {SchoolPerm.VIEW_OWN_MEETINGS}


def test_guardian_gives_the_same_answer_as_access_for_every_post_and_permission() -> None:
    casts = [
        factories.make_cast(f"FH{n:03d}", office=name)
        for n, name in ((1, "城东教办"), (2, "城西教办"), (3, "城东教办"))
    ]
    users = [
        cast.user(role) for cast in casts for role in ("secretary", "principal", "deputy", "member", "team", "clerk")
    ]
    users.append(factories.make_office_user("城东教办"))
    for user in users:
        for perm in SchoolPerm:
            ours = access.school_ids(user, perm)
            theirs = set(access.guardian_view(user, perm).values_list("pk", flat=True))
            assert not ours.everywhere and ours.ids == theirs, (user.username, perm)


def test_the_daily_task_repairs_grants_and_memberships() -> None:
    cast = factories.make_cast()
    user = cast.user("clerk")
    user.groups.clear()
    assert refresh_all(timezone.localdate()) == 1
    assert access.guardian_view(user, SchoolPerm.RECORD_MINUTES).get() == cast.school
    assert refresh_all(timezone.localdate()) == 0


def test_bureau_posts_see_every_school_and_offices_their_own() -> None:
    schools = [
        factories.make_school(f"FH{n:03d}", office=name) for n, name in ((1, "城东教办"), (2, "城西教办"), (3, None))
    ]
    organiser, office = factories.make_bureau(), factories.make_office_user("城东教办")
    assert access.school_ids(organiser, SchoolPerm.VIEW_SCHOOL).everywhere
    assert access.school_ids(office, SchoolPerm.VIEW_SCHOOL).ids == {schools[0].pk}
    assert list(School.objects.visible_to(office)) == [schools[0]]
    for post in SYSTEM_POSTS:
        user = factories.make_bureau(post)
        assert not School.objects.visible_to(user).exists()
        assert not any(access.school_ids(user, perm) for perm in SchoolPerm)


def test_rights_begin_on_the_first_day_and_end_after_the_last_at_midnight_in_shanghai(client: Any) -> None:
    cast = factories.make_cast()
    person = factories.make_person("新干事", "new-clerk", school=cast.school)
    term = NewAppointment(person, Post.CLERK, date(2026, 3, 2), date(2026, 3, 5), school=cast.school)
    with time_machine.travel(datetime(2026, 2, 20, 9, tzinfo=SHANGHAI)):
        appoint(term, by=None, at=timezone.now())
    path = f"/api/v1/schools/{cast.school.code}/"
    for moment, status in (
        (datetime(2026, 3, 1, 23, 59, 59, tzinfo=SHANGHAI), 404),
        (datetime(2026, 3, 2, 0, 0, 1, tzinfo=SHANGHAI), 200),
        (datetime(2026, 3, 5, 23, 59, 59, tzinfo=SHANGHAI), 200),
        (datetime(2026, 3, 6, 0, 0, 1, tzinfo=SHANGHAI), 404),
    ):
        with time_machine.travel(moment, tick=False):
            client.force_login(User.objects.get(username="new-clerk"))
            assert client.get(path).status_code == status, moment


def test_the_next_request_of_an_open_session_obeys_an_ended_appointment(client: Any) -> None:
    cast = factories.make_cast()
    client.force_login(cast.user("clerk"))
    assert client.get(f"/api/v1/schools/{cast.school.code}/").status_code == 200
    yesterday = timezone.localdate() - timedelta(days=1)
    end_appointment(
        appointment=cast.clerk.appointments.get(), ends_on=yesterday, by=cast.user("secretary"), at=timezone.now()
    )
    assert client.get(f"/api/v1/schools/{cast.school.code}/").status_code == 404
    assert not cast.user("clerk").groups.exists()
    User.objects.filter(username="principal-FH001").update(is_active=False)
    assert not access.school_ids(User.objects.get(username="principal-FH001"), SchoolPerm.VIEW_SCHOOL)


def test_leaders_are_appointed_by_the_organisation_section_and_clerks_by_the_secretary_too() -> None:
    cast, at = factories.make_cast(), timezone.now()
    person = factories.make_person("候选人", "candidate", school=cast.school)
    clerk = NewAppointment(person, Post.CLERK, timezone.localdate(), school=cast.school)
    vice = NewAppointment(person, Post.VICE_PRINCIPAL, timezone.localdate(), school=cast.school)
    office = NewAppointment(person, Post.SUPERVISOR, timezone.localdate())
    secretary, organiser, security = (
        cast.user("secretary"),
        factories.make_bureau(),
        factories.make_bureau(Post.SECURITY_ADMIN),
    )
    for new, by in (
        (vice, secretary),
        (office, organiser),
        (clerk, security),
        (clerk, cast.user("principal")),
        (office, secretary),
    ):
        with pytest.raises(NotAllowed):
            appoint(new, by=by, at=at)
    appoint(clerk, by=secretary, at=at)
    appoint(vice, by=organiser, at=at)
    appoint(NewAppointment(factories.make_person("新督导"), Post.SUPERVISOR, timezone.localdate()), by=security, at=at)


def test_a_school_has_one_secretary_and_one_principal_at_a_time() -> None:
    cast, at = factories.make_cast(), timezone.now()
    person = factories.make_person("第二书记", school=cast.school)
    with pytest.raises(DomainError, match="先登记其任职止"):
        appoint(NewAppointment(person, Post.SECRETARY, timezone.localdate(), school=cast.school), by=None, at=at)
    end_appointment(
        appointment=cast.secretary.appointments.get(), ends_on=timezone.localdate() - timedelta(days=1), by=None, at=at
    )
    appoint(NewAppointment(person, Post.SECRETARY, timezone.localdate(), school=cast.school), by=None, at=at)


@pytest.mark.parametrize("second", [Post.SECURITY_ADMIN, Post.AUDITOR, Post.ORGANISER])
def test_a_system_post_stands_alone_by_service_and_by_database(second: Post) -> None:
    at, today = timezone.now(), timezone.localdate()
    user = factories.make_bureau(Post.SYSTEM_ADMIN)
    person = user.person
    with pytest.raises(DomainError, match="三员"):
        appoint(NewAppointment(person, second, today), by=None, at=at)
    with pytest.raises(DatabaseError), transaction.atomic():
        row = Appointment(person=person, post=second, starts_on=today)
        row.commit(at)
    first = person.appointments.get()
    end_appointment(appointment=first, ends_on=today - timedelta(days=1), by=None, at=at)
    appoint(NewAppointment(person, second, today), by=None, at=at)


def test_rights_cost_two_queries_a_request_whatever_is_asked(django_assert_num_queries: Any) -> None:
    user = factories.make_cast().user("secretary")
    school = School.objects.get()
    with django_assert_num_queries(2):
        for perm in SchoolPerm:
            access.can(user, perm, school.pk)
            access.school_ids(user, perm)
    assert codenames_of(Post.COMMITTEE_MEMBER).count("view_own_meetings") == 1
