"""Appointments (任职) through the pages: who may record which, and that the next request of an open session obeys."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import Event
from common.dates import SHANGHAI
from schools.models import Appointment, Person
from schools.permissions import OFFICE_POSTS, SCHOOL_POSTS, Post
from tests.factories import Cast, make_bureau, make_cast, make_office_user, make_person

pytestmark = pytest.mark.django_db
TODAY = "2026-09-01"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def organiser() -> Client:
    return signed_in(make_bureau())


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fields(post: Post = Post.CLERK, **values) -> dict[str, object]:
    return {"post": str(post), "starts_on": TODAY, "name": "新来的", "phone": "13900001111", **values}


PAGE = "/schools/FH001/appointments/"


# ---- recording ----


def test_a_newcomer_is_entered_and_appointed_in_one_go(cast, organiser):
    answer = organiser.post(PAGE, fields(Post.VICE_PRINCIPAL, duty="教学", rank="3", ends_on="2029-08-31"), follow=True)
    made = Appointment.objects.get(person__name="新来的")
    assert (made.post, made.school, made.duty, made.rank) == (Post.VICE_PRINCIPAL, cast.school, "教学", 3)
    assert (made.starts_on, made.ends_on) == (date(2026, 9, 1), date(2029, 8, 31))
    assert (made.person.school, made.person.py_first) == (cast.school, "xld")
    facts = Event.objects.order_by("-seq")[:2]
    assert [(fact.kind, fact.actor.username) for fact in facts] == [
        ("schools.appointment.made", "organiser"), ("schools.person.added", "organiser"),
    ]  # fmt: skip
    assert "已登记：新来的任副校长；还没有账号，由系统管理员建立" in answer.content.decode()


def test_somebody_known_is_chosen(cast, organiser):
    organiser.post(PAGE, fields(Post.ADMIN_TEAM_MEMBER, name="", phone="", person=str(cast.clerk.pk)))
    assert set(cast.clerk.appointments.values_list("post", flat=True)) == {"clerk", "admin_team_member"}
    assert Person.objects.filter(name="新来的").count() == 0


def test_somebody_of_another_school_is_found_and_chosen(cast, organiser):
    other = make_cast("FH002", "白鹭小学")
    found = organiser.get(PAGE, {"who": "郑委员02"}).content.decode()
    assert f'href="?person={other.member.pk}#new"' in found
    assert "白鹭小学" in found
    chosen = organiser.get(PAGE, {"person": str(other.member.pk)})
    assert chosen.context["form"]["person"].value() == other.member.pk
    organiser.post(PAGE, fields(Post.COMMITTEE_MEMBER, name="", person=str(other.member.pk)))
    assert other.member.appointments.filter(school=cast.school).exists()


@pytest.mark.parametrize("chosen", ["", "not-an-id", "00000000-0000-4000-8000-000000000000", "' or 1=1"])
def test_a_person_who_is_none_is_an_error_of_the_field(cast, organiser, chosen):
    answer = organiser.post(PAGE, fields(name="", person=chosen))
    assert answer.status_code == 422
    assert "person" in answer.context["form"].errors
    assert organiser.get(PAGE, {"person": chosen}).status_code == 200


def test_the_secretary_appoints_the_clerk_and_nobody_else(cast):
    secretary = signed_in(cast.user("secretary"))
    assert [value for value, _ in secretary.get(PAGE).context["form"].fields["post"].choices] == ["clerk"]
    secretary.post(PAGE, fields(Post.CLERK))
    assert Appointment.objects.filter(person__name="新来的", post=Post.CLERK).exists()
    refused = secretary.post(PAGE, fields(Post.DEPUTY_SECRETARY, name="另一位"))
    assert refused.status_code == 422
    assert not Person.objects.filter(name="另一位").exists()


def test_the_secretary_does_not_see_or_choose_people_of_other_schools(cast):
    other = make_cast("FH002")
    secretary = signed_in(cast.user("secretary"))
    assert other.member.name not in secretary.get(PAGE, {"who": "郑", "person": str(other.member.pk)}).content.decode()
    answer = secretary.post(PAGE, fields(name="", person=str(other.member.pk)))
    assert answer.status_code == 422
    assert not other.member.appointments.filter(school=cast.school).exists()


@pytest.mark.parametrize("role", ["principal", "deputy", "member", "team", "clerk"])
def test_who_appoints_nobody_finds_no_page(cast, role):
    client = signed_in(cast.user(role))
    held = cast.deputy.appointments.get()
    for path in (PAGE, f"/schools/appointments/{held.pk}/end/", "/schools/posts/"):
        assert client.get(path).status_code == 404
        assert client.post(path, fields()).status_code == 404
    assert Appointment.objects.count() == 8


def test_foreign_and_missing_appointments_look_the_same(cast):
    other = make_cast("FH002")
    secretary = signed_in(other.user("secretary"))
    held = cast.clerk.appointments.get()
    assert secretary.get(PAGE).status_code == 404
    foreign = secretary.get(f"/schools/appointments/{held.pk}/end/")
    missing = secretary.get("/schools/appointments/00000000-0000-4000-8000-000000000000/end/")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    for post in (Post.OFFICE, Post.SUPERVISOR, Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN):
        user = make_office_user() if post is Post.OFFICE else make_bureau(post)
        assert signed_in(user).get(PAGE).status_code == 404


def test_refusals_come_in_words_and_nothing_typed_is_lost(cast, organiser):
    answer = organiser.post(PAGE, fields(Post.SECRETARY, duty="党建"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{cast.secretary.name}这段时间任书记，先登记其任职止。" in page
    assert 'value="新来的"' in page
    assert 'value="党建"' in page
    assert not Person.objects.filter(name="新来的").exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": ""}, "选一位人员，或登记新人员"),
        ({"starts_on": ""}, "填写任职起的日期"),
        ({"starts_on": "明天"}, "填写日期，如 2026-09-01"),
        ({"ends_on": "2026-08-01"}, "任职止要在任职起当天或之后"),
        ({"post": "organiser"}, "选一个列表里有的"),
        ({"phone": "abc"}, "填写手机号，只用数字"),
        ({"name": "周干事01", "phone": "13800001234"}, "已有周干事01（138****1234）。是同一人就从人员里选"),
        ({"name": "周干事01", "phone": ""}, "已有周干事01"),
    ],
)
def test_faulty_fields_are_named(cast, organiser, values, said):
    before = Appointment.objects.count()
    answer = organiser.post(PAGE, fields(**values))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "有 1 处要改" in answer.content.decode()
    assert Appointment.objects.count() == before


def test_both_a_choice_and_a_newcomer_is_one_too_many(cast, organiser):
    answer = organiser.post(PAGE, fields(person=str(cast.clerk.pk)))
    assert "已经选了人员" in answer.content.decode()


def test_a_namesake_with_another_phone_is_somebody_else(cast, organiser):
    organiser.post(PAGE, fields(name="周干事01", phone="13911112222"))
    assert Person.objects.filter(name="周干事01").count() == 2


def test_phones_are_masked(cast, organiser):
    page = organiser.get(PAGE).content.decode()
    assert "138****1234" in page
    assert "13800001234" not in page


# ---- ending ----


def end_page(appointment: Appointment) -> str:
    return f"/schools/appointments/{appointment.pk}/end/"


def test_the_last_day_is_recorded(cast, organiser):
    held = cast.deputy.appointments.get()
    assert "登记任职止" in organiser.get(end_page(held)).content.decode()
    answer = organiser.post(end_page(held), {"ends_on": "2026-12-31", "version": held.version}, follow=True)
    held.refresh_from_db()
    assert held.ends_on == date(2026, 12, 31)
    assert "已登记：吴副书记01任副书记到 2026-12-31" in answer.content.decode()
    assert Event.objects.latest("seq").kind == "schools.appointment.ended"


@pytest.mark.parametrize(
    ("values", "status", "said"),
    [
        ({"ends_on": ""}, 422, "填写任职的最后一天"),
        ({"ends_on": "2020-01-01"}, 422, "任职止要在任职起（2020-09-01）当天或之后"),
        ({"ends_on": "2026-12-31", "version": 99}, 409, "刚才有人更新过这项任职"),
    ],
)
def test_endings_that_cannot_be(cast, organiser, values, status, said):
    held = cast.deputy.appointments.get()
    answer = organiser.post(end_page(held), {"version": held.version, **values})
    assert answer.status_code == status
    assert said in answer.content.decode()
    held.refresh_from_db()
    assert held.ends_on is None


def test_an_ended_term_is_not_stretched_over_its_successor(cast, organiser):
    held = cast.deputy.appointments.get()
    organiser.post(end_page(held), {"ends_on": "2026-10-31", "version": held.version})
    held.refresh_from_db()
    answer = organiser.post(end_page(held), {"ends_on": "2027-10-31", "version": held.version})
    assert "只能提前" in answer.content.decode()
    held.refresh_from_db()
    assert held.ends_on == date(2026, 10, 31)


def test_the_secretary_ends_the_clerk_only(cast):
    secretary = signed_in(cast.user("secretary"))
    clerk, deputy = cast.clerk.appointments.get(), cast.deputy.appointments.get()
    assert secretary.post(end_page(clerk), {"ends_on": "2026-12-31", "version": clerk.version}).status_code == 302
    assert secretary.post(end_page(deputy), {"ends_on": "2026-12-31", "version": deputy.version}).status_code == 404
    page = secretary.get(PAGE).content.decode()
    assert end_page(clerk) in page
    assert end_page(deputy) not in page


# ---- the very next request of an open session obeys ----


def test_who_is_appointed_today_is_let_in_at_the_next_request(cast, organiser):
    newcomer = make_person("来的人", "newcomer", school=cast.school)
    session = signed_in(newcomer.account)
    assert session.get("/schools/FH001/").status_code == 404
    organiser.post(
        PAGE, fields(Post.CLERK, name="", person=str(newcomer.pk), starts_on=timezone.localdate().isoformat())
    )
    assert session.get("/schools/FH001/").status_code == 200


def test_whose_appointment_ended_yesterday_is_refused_at_the_next_request(cast, organiser):
    session = signed_in(cast.user("deputy"))
    assert session.get("/schools/FH001/").status_code == 200
    held = cast.deputy.appointments.get()
    yesterday = timezone.localdate() - timedelta(days=1)
    organiser.post(end_page(held), {"ends_on": yesterday.isoformat(), "version": held.version})
    assert session.get("/schools/FH001/").status_code == 404


def test_rights_begin_and_end_at_midnight_in_shanghai(cast):
    person = make_person("两天的人", "two-days", school=cast.school)
    Appointment(
        person=person, post=Post.ADMIN_TEAM_MEMBER, school=cast.school,
        starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2),
    ).commit(timezone.now())  # fmt: skip
    for moment, status in (
        ((2026, 8, 31, 23, 59, 59), 404),
        ((2026, 9, 1, 0, 0, 0), 200),
        ((2026, 9, 2, 23, 59, 59), 200),
        ((2026, 9, 3, 0, 0, 0), 404),
    ):
        with time_machine.travel(datetime(*moment, tzinfo=SHANGHAI), tick=False):
            assert signed_in(person.account).get("/schools/FH001/").status_code == status, moment


def test_an_open_session_loses_its_rights_at_midnight(cast):
    last_day = timezone.localdate()
    Appointment.objects.filter(person=cast.deputy).update(ends_on=last_day)
    before = datetime.combine(last_day, datetime.min.time(), tzinfo=SHANGHAI) + timedelta(hours=23, minutes=59)
    with time_machine.travel(before, tick=False) as clock:
        session = signed_in(cast.user("deputy"))
        assert session.get("/schools/FH001/").status_code == 200
        clock.shift(timedelta(minutes=1))
        assert session.get("/schools/FH001/").status_code == 404


# ---- posts of offices, bureau and system ----

POSTS = "/schools/posts/"


@pytest.fixture
def security() -> Client:
    return signed_in(make_bureau(Post.SECURITY_ADMIN))


def test_the_security_administrator_grants_bureau_office_and_system_posts(cast, security):
    for post in (Post.ORGANISER, Post.AUDITOR, Post.OFFICE):
        answer = security.post(POSTS, fields(post, name=f"新{post.label}", office="O01"), follow=True)
        assert f"已登记：新{post.label}任{post.label}" in answer.content.decode()
        made = Appointment.objects.get(person__name=f"新{post.label}")
        assert (made.post, made.school, bool(made.office)) == (post, None, post in OFFICE_POSTS)
        assert made.person.school is None


def test_an_office_post_needs_its_office(cast, security):
    answer = security.post(POSTS, fields(Post.OFFICE))
    assert answer.status_code == 422
    assert "选一个教办" in answer.content.decode()


def test_no_school_post_is_granted_there(cast, security):
    offered = {value for value, _ in security.get(POSTS).context["form"].fields["post"].choices}
    assert not offered & {str(post) for post in SCHOOL_POSTS}
    assert security.post(POSTS, fields(Post.SECRETARY)).status_code == 422


@pytest.mark.parametrize("second", [Post.AUDITOR, Post.SECURITY_ADMIN, Post.ORGANISER, Post.LEADER])
def test_a_system_post_stands_alone(security, second):
    holder = make_person("系统员", "sys-2", Post.SYSTEM_ADMIN)
    answer = security.post(POSTS, fields(second, name="", person=str(holder.pk)))
    assert answer.status_code == 422
    assert "系统三员不与其他职务由同一账号担任，换一个人。" in answer.content.decode()
    assert holder.appointments.count() == 1


def test_people_of_schools_are_not_shown_to_the_security_administrator(cast, security):
    page = security.get(POSTS).content.decode()
    assert cast.secretary.name not in page
    answer = security.post(POSTS, fields(Post.LEADER, name="", person=str(cast.secretary.pk)))
    assert answer.status_code == 422


def test_a_bureau_post_is_ended_there(security):
    leader = make_bureau(Post.LEADER)
    held = leader.person.appointments.get()
    session = signed_in(leader)
    make_cast("FH007")
    assert session.get("/schools/FH007/").status_code == 200
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    answer = security.post(end_page(held), {"ends_on": yesterday, "version": held.version})
    assert answer.headers["Location"] == POSTS
    assert session.get("/schools/FH007/").status_code == 404


@pytest.mark.parametrize("post", [Post.ORGANISER, Post.SUPERVISOR, Post.LEADER, Post.SYSTEM_ADMIN, Post.AUDITOR])
def test_nobody_else_finds_the_page_of_posts(post):
    leader = make_person("某领导", "some-leader", Post.LEADER)
    client = signed_in(make_bureau(post))
    assert client.get(POSTS).status_code == 404
    assert client.post(POSTS, fields(Post.LEADER)).status_code == 404
    assert client.get(end_page(leader.appointments.get())).status_code == 404
