"""A school's page (学校档案) and the permission table (权限表)."""

import pytest
from django.db import connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from schools import panels
from schools.permissions import FOOTNOTES, TABLE, Post
from schools.services.appointments import end_appointment
from tests.factories import make_bureau, make_cast, make_office_user, make_school

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_panels(monkeypatch):
    """As if no higher app had registered anything."""
    monkeypatch.setattr(panels, "_panels", [])
    monkeypatch.setattr(panels, "_facts", [])


def test_the_page_shows_facts_party_organisation_and_team(client, no_panels):
    cast = make_cast("FH004", "望山小学", students=1835)
    client.force_login(cast.user("team"))
    page = client.get("/schools/FH004/").content.decode()
    for said in ("望山小学", "1,835", "城东教办", "中共望山小学支部委员会", "FH004", "2020-09-01", "138"):
        assert (said in page) is (said != "138"), said
    assert [person["name"] for person in client.get("/schools/FH004/").context["team"]] == [
        cast.people[role].name for role in ("secretary", "principal", "deputy", "member", "team", "clerk")
    ]


def test_the_team_says_who_is_what_in_the_two_bodies(client, no_panels):
    cast = make_cast()
    client.force_login(cast.user("clerk"))
    team = {person["name"]: person for person in client.get("/schools/FH001/").context["team"]}
    part = {role: (team[p.name]["party"], team[p.name]["principal"]) for role, p in cast.people.items()}
    assert part == {
        "secretary": ("主持", ""), "principal": ("委员", "主持"), "deputy": ("委员", ""), "member": ("委员", "成员"),
        "team": ("", "成员"), "clerk": ("", ""),
    }  # fmt: skip


def test_who_left_is_gone_from_the_team(client, no_panels):
    cast = make_cast()
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    end_appointment(appointment=cast.deputy.appointments.get(), ends_on=yesterday, by=None, at=timezone.now())
    client.force_login(cast.user("clerk"))
    assert cast.deputy.name not in client.get("/schools/FH001/").content.decode()


def test_another_school_sees_nothing_and_learns_nothing(client):
    make_cast("FH001", office="城东教办")
    stranger = make_cast("FH002", office="城西教办")
    for user in (stranger.user("secretary"), make_office_user("城西教办"), make_bureau(Post.SYSTEM_ADMIN)):
        client.force_login(user)
        foreign, missing = client.get("/schools/FH001/"), client.get("/schools/FH999/")
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert foreign.content.replace(b"FH001", b"FH999") == missing.content


def test_the_page_offers_appointing_to_those_who_may(client, no_panels):
    cast = make_cast()
    for user, offered in (
        (make_bureau(), True),
        (cast.user("secretary"), True),
        (cast.user("principal"), False),
        (make_bureau(Post.SUPERVISOR), False),
    ):
        client.force_login(user)
        assert ("登记任职" in client.get("/schools/FH001/").content.decode()) is offered


def test_a_school_without_people_says_what_to_do(client, no_panels):
    make_school()
    client.force_login(make_bureau(Post.SUPERVISOR))
    assert "由区教育局组织科登记" in client.get("/schools/FH001/").content.decode()


def test_higher_apps_add_panels_and_figures(client, no_panels, tmp_path, settings):
    cast = make_cast()
    (tmp_path / "panel.html").write_text("<p>{{ panel.words }} {{ school.code }}</p>", "utf-8")
    monkey = engines["django"].engine
    monkey.dirs = [*monkey.dirs, tmp_path]
    try:
        panels.add_panel("panel.html", lambda school, user: {"words": f"给{user.name}看"})
        panels.add_panel("panel.html", lambda school, user: None, "side")
        panels.add_facts(lambda school, user: [{"label": "今年会议", "value": 7, "note": "次"}])
        client.force_login(cast.user("secretary"))
        page = client.get("/schools/FH001/").content.decode()
    finally:
        monkey.dirs = monkey.dirs[:-1]
    assert f"<p>给{cast.secretary.name}看 FH001</p>" in page
    assert "今年会议" in page


def test_few_and_many_people_cost_the_same_queries(client):
    small, large = make_cast("FH001"), make_cast("FH002")
    client.force_login(make_bureau())
    client.get("/schools/FH001/")
    for person in list(small.people.values())[2:]:
        person.appointments.all().delete()
    with CaptureQueriesContext(connection) as few:
        client.get("/schools/FH001/")
    with CaptureQueriesContext(connection) as many:
        client.get("/schools/FH002/")
    assert large.people
    assert len(few) == len(many) <= 18


def test_the_permission_table_shows_exactly_what_decides(client):
    client.force_login(make_cast().user("clerk"))
    answer = client.get("/schools/permissions/")
    for row in answer.context["rows"]:
        for post, cell in zip(Post, row["cells"], strict=True):
            grant = TABLE[row["code"]].get(post)
            expected = ("–", "") if grant is None else ("◐" if grant.own else "●", grant.note)
            assert (cell["mark"], cell["note"]) == expected, (row["code"], post)
    page = answer.content.decode()
    assert all(text in page for text in FOOTNOTES.values())
    assert all(perm.label in page for perm in TABLE)
    assert "data-print" in page


def test_everybody_who_signed_in_may_read_the_permission_table(client):
    for post in (Post.SYSTEM_ADMIN, Post.AUDITOR, Post.LEADER):
        client.force_login(make_bureau(post))
        assert client.get("/schools/permissions/").status_code == 200
