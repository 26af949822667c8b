"""利益关系申报: once a year, “nothing” included; read by few; a declared name beside an item asks whether to recuse."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale
from governance.declaring import hints_for
from governance.models import AgendaItem, Declaration, Meeting
from governance.selectors import for_record
from governance.services.declarations import InterestInput, declare
from schools.models import School
from tests import factories as make
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db
LIST = "governance:declarations"


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def signed_in(cast: make.Cast, role: str) -> Client:
    client = Client()
    client.force_login(cast.user(role))
    return client


def declared(cast: make.Cast, role: str, about: str, relation: str = "company") -> Declaration:
    return declare(
        school=cast.school,
        nothing=False,
        interests=[InterestInput(relation, about)],
        by=cast.user(role),
        at=timezone.now(),
    )


def form(**rows: str) -> dict[str, str]:
    base = {"version": "0", "r-TOTAL_FORMS": "3", "r-INITIAL_FORMS": "0"}
    return base | {name.replace("_", "-"): value for name, value in rows.items()}


def mine(school: School) -> str:
    return reverse("governance:declaration-mine", args=[school.code])


def test_a_member_declares_and_amends_on_the_page(cast: make.Cast) -> None:
    client = signed_in(cast, "deputy")
    assert client.get(mine(cast.school)).status_code == 200
    answer = client.post(mine(cast.school), form(r_0_relation="company", r_0_about="晨光文具店", r_0_note="配偶任股东"))
    assert answer.status_code == 302, answer.content.decode()
    made = Declaration.objects.get()
    assert (made.year, made.nothing) == (local_day(timezone.now()).year, False)
    assert [(one.relation, one.about, one.note) for one in made.interests.all()] == [
        ("company", "晨光文具店", "配偶任股东")
    ]
    assert "晨光文具店" in client.get(mine(cast.school)).content.decode()
    answer = client.post(mine(cast.school), form(nothing="on") | {"version": str(made.version)})
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.nothing
    assert not made.interests.exists()
    kinds = Event.objects.filter(kind__startswith="governance.declaration.").order_by("pk")
    assert [event.kind for event in kinds] == ["governance.declaration.declared", "governance.declaration.amended"]
    assert "晨光" not in "".join(str(event.data) + event.subject_text for event in kinds)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({}, "没有的，勾"),
        ({"nothing": "on", "r_0_about": "晨光文具店", "r_0_relation": "company"}, "就不勾"),
        ({"r_0_about": "晨光文具店"}, "选一种关系"),
        ({"r_1_relation": "company"}, "写涉及的人或单位"),
        ({"r_0_relation": "friend", "r_0_about": "某某"}, "从列出的关系里选"),
        ({"r_0_relation": "other", "r_0_about": "长" * 81}, "80 个字以内"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_stored(cast: make.Cast, rows: dict[str, str], words: str) -> None:
    answer = signed_in(cast, "deputy").post(mine(cast.school), form(**rows))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Declaration.objects.exists()


def test_a_second_window_is_told_and_overwrites_nothing(cast: make.Cast) -> None:
    declared(cast, "deputy", "晨光文具店")
    answer = signed_in(cast, "deputy").post(mine(cast.school), form(nothing="on"))
    assert answer.status_code == 409
    assert "刚才在别处改过" in answer.content.decode()
    with pytest.raises(Stale):
        declare(school=cast.school, nothing=True, interests=[], version=9, by=cast.user("deputy"), at=timezone.now())
    assert Declaration.objects.get().interests.count() == 1


def test_nobody_declares_for_others_and_the_clerk_has_nothing_to_declare(cast: make.Cast) -> None:
    assert signed_in(cast, "clerk").get(mine(cast.school)).status_code == 404
    with pytest.raises(NotAllowed):
        declare(school=cast.school, nothing=True, interests=[], by=cast.user("clerk"), at=timezone.now())
    with pytest.raises(InvalidInput):
        declare(school=cast.school, nothing=False, interests=[], by=cast.user("member"), at=timezone.now())


def test_details_are_for_the_person_the_heads_and_the_clerk(cast: make.Cast) -> None:
    page = declared(cast, "deputy", "晨光文具店")
    url = reverse("governance:declaration", args=[page.pk])
    for role in ("deputy", "secretary", "principal", "clerk"):
        assert "晨光文具店" in signed_in(cast, role).get(url).content.decode()
    for role in ("member", "team"):
        assert signed_in(cast, role).get(url).status_code == 404
    bureau = Client()
    bureau.force_login(make.make_bureau())
    assert bureau.get(url).status_code == 404
    assert bureau.get(reverse(LIST)).status_code == 404
    assert signed_in(make.make_cast("FH002"), "secretary").get(url).status_code == 404


def test_the_heads_see_who_has_declared_and_members_only_their_own(cast: make.Cast) -> None:
    declared(cast, "deputy", "晨光文具店")
    page = signed_in(cast, "clerk").get(reverse(LIST)).content.decode()
    assert page.count("还没有申报") == 4  # secretary, principal, member, team
    assert "已申报" in page
    own = signed_in(cast, "member").get(reverse(LIST)).content.decode()
    assert "你还没有申报" in own
    assert "吴副书记" not in own.split("<main")[1]


def test_the_desk_asks_until_it_is_declared(cast: make.Cast) -> None:
    year = local_day(timezone.now()).year
    client = signed_in(cast, "member")
    assert f"申报 {year} 年利益关系" in client.get(reverse("reports:home")).content.decode()
    declared(cast, "member", "晨光文具店")
    assert f"申报 {year} 年利益关系" not in client.get(reverse("reports:home")).content.decode()
    assert f"申报 {year} 年利益关系" not in signed_in(cast, "clerk").get(reverse("reports:home")).content.decode()


def hints(meeting: Meeting) -> list[tuple[str, str]]:
    meeting = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    members = {member.person_id: member.name for member in meeting.members.all()}
    return [
        (hint.name, hint.about) for found in hints_for(meeting, meeting.items.all(), members).values() for hint in found
    ]


def test_a_declared_name_in_title_or_summary_or_as_proposer_is_hinted(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P01"))
    declared(cast, "principal", "晨光　文具")
    declared(cast, "member", cast.people["secretary"].name, "relative")
    assert hints(meeting) == [("郑委员01", "沈书记01")] * 2
    AgendaItem.objects.filter(meeting=meeting).update(proposer=None)
    AgendaItem.objects.filter(meeting=meeting, order=2).update(summary="拟向晨光文具店采购")
    assert hints(meeting) == [("林校长01", "晨光　文具")]


def test_last_years_declaration_counts_until_there_is_a_new_one(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    AgendaItem.objects.filter(meeting=meeting).update(title="向晨光文具店采购", proposer=None)
    old = declared(cast, "principal", "晨光文具店")
    Declaration.objects.filter(pk=old.pk).update(year=old.year - 1)
    assert hints(meeting) == [("林校长01", "晨光文具店")]
    declare(school=cast.school, nothing=True, interests=[], by=cast.user("principal"), at=timezone.now())
    assert hints(meeting) == []


def test_one_tap_on_the_record_page_recuses(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    AgendaItem.objects.filter(meeting=meeting).update(title="向晨光文具店采购", proposer=None)
    declared(cast, "principal", "晨光文具店")
    client, url = signed_in(cast, "clerk"), reverse("governance:record", args=[meeting.pk])
    page = client.get(url).content.decode()
    assert "林校长01申报过与“晨光文具店”的关系（企业或供应商），是否回避？" in page
    assert 'value="recuse-1-2"' in page
    after = client.post(url, Fields(page).values | {"do": "recuse-1-2"}).content.decode()
    values = Fields(after).values
    assert values["i-1-s-2-recused"] == values["i-1-s-2-conflict"] == "1"


def test_a_restricted_item_gives_no_hint_to_who_may_not_read_it(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    AgendaItem.objects.filter(meeting=meeting).update(title="向晨光文具店采购", secrecy="restricted")
    declared(cast, "principal", "晨光文具店")
    page = signed_in(cast, "clerk").get(reverse("governance:record", args=[meeting.pk])).content.decode()
    assert "晨光文具店" not in page


def test_the_agenda_notes_a_declared_interest_beside_the_item_as_it_is_typed(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast, matters=("P01", "P01"))
    declared(cast, "principal", "晨光文具店")
    declared(cast, "deputy", cast.people["secretary"].name, "relative")
    client, url = signed_in(cast, "clerk"), reverse("governance:agenda", args=[meeting.pk])
    page = client.get(url).content.decode()
    assert page.count("吴副书记01申报过与“沈书记01”的关系（近亲属") == 2, "the secretary proposes both"
    assert "晨光文具店" not in page
    fields = Fields(page).values | {"item-1-title": "向晨光文具店采购", "item-1-proposer": "", "do": "check"}
    checked = client.post(url, fields, headers={"HX-Request": "true"}).content.decode()
    second = checked.split('id="mar-1"')[1].split('id="mar-')[0]
    assert "林校长01申报过与“晨光文具店”的关系（企业或供应商），是否回避？" in second
    assert "沈书记01”的关系" not in second and "fh-note" in second and checked.count("晨光文具店") == 1


def test_the_agenda_gives_no_hint_at_an_item_that_is_withheld(cast: make.Cast) -> None:
    meeting = make.make_meeting(cast, matters=("P01", "P01"))
    declared(cast, "principal", "晨光文具店")
    AgendaItem.objects.filter(meeting=meeting, order=1).update(title="向晨光文具店采购", secrecy="restricted")
    page = signed_in(cast, "clerk").get(reverse("governance:agenda", args=[meeting.pk])).content.decode()
    assert "限定人员议题，无权查看" in page and "晨光文具店" not in page


def test_hints_on_the_agenda_cost_one_statement_for_any_number_of_items(cast: make.Cast) -> None:
    declared(cast, "deputy", cast.people["secretary"].name, "relative")
    counts = []
    for matters in (("P01",), ("P01",) * 8):
        meeting, client = make.make_meeting(cast, matters=matters), signed_in(cast, "clerk")
        url = reverse("governance:agenda", args=[meeting.pk])
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).content.decode().count("是否回避") == len(matters)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_list_asks_as_often_for_two_as_for_twenty(cast: make.Cast) -> None:

    def asked() -> int:
        client = signed_in(cast, "clerk")
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse(LIST))
        return len(seen)

    before = asked()
    for number in range(6):
        make.make_person(f"新委员{number}", f"new-{number}", "vice_principal", school=cast.school)  # type: ignore[arg-type]
        user = User.objects.get(username=f"new-{number}")
        declare(school=cast.school, nothing=True, interests=[], by=user, at=timezone.now() + timedelta(seconds=number))
    assert asked() == before
