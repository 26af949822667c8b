"""事项推荐: the API's question, and the proposals under a title of the agenda, with and without scripts."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from accounts.models import User
from governance.models import AgendaItem, Catalogue, Matter, Meeting
from governance.services.catalogue import start_draft
from governance.suggestions import suggestions
from schools.permissions import Post
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import HTMX, address, text_of, typed
from tests.integration.test_api import closed, machine, person, resolve

pytestmark = pytest.mark.django_db
SUGGEST = "governance/matters/suggest/"
TITLE = "关于免去何书远教科室主任职务的决定"


@pytest.fixture
def cast() -> Cast:
    factories.reference()
    return factories.make_cast("FH001")


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """A draft of the Party meeting with one item, P01, in four days."""
    return factories.make_meeting(cast, at=timezone.now() + timedelta(days=4))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(api: Any, **asked: str) -> Any:
    return api.client.get(f"/api/v1/{SUGGEST}", asked)


def offered(response: HttpResponse) -> list[str]:
    """The codes of the buttons that choose a matter."""
    return re.findall(r'name="do" value="choose-\d+-([A-Z]\d\d)"', response.content.decode())


# ---- API ----
def test_a_title_gets_its_matters_best_first_with_the_phrases_that_matched(cast: Cast) -> None:
    answer = ask(person(cast.user("clerk")), q=TITLE)
    body = answer.json()
    assert answer.status_code == 200 and set(body) == {"results", "next", "previous"}
    assert body["next"] is body["previous"] is None and 1 <= len(body["results"]) <= 5
    first = body["results"][0]
    assert set(first) == {"code", "title", "score", "matched"}
    assert first["code"] == "P16" and first["title"] == Matter.objects.get(code="P16").title
    assert first["matched"] and all(phrase in TITLE for phrase in first["matched"])


def test_the_meeting_narrows_the_answer(cast: Cast) -> None:
    api = person(cast.user("clerk"))
    for body, letter in (("party", "P"), ("principal", "A")):
        found = ask(api, q="学校章程修订", body=body).json()["results"]
        assert found and all(one["code"].startswith(letter) for one in found)
    assert ask(api, q="期末考试命题与监考安排", body="party").json()["results"] == []


def test_a_title_outside_the_catalogue_gets_an_empty_list(cast: Cast) -> None:
    answer = ask(person(cast.user("clerk")), q="今晚一起去吃火锅吗")
    assert answer.status_code == 200 and answer.json() == {"results": [], "next": None, "previous": None}


def test_a_token_needs_the_scope_and_a_visitor_an_identity(cast: Cast) -> None:
    assert ask(machine("governance:read"), q=TITLE).status_code == 200
    assert ask(machine("schools:read"), q=TITLE).status_code == 403
    assert Client().get(f"/api/v1/{SUGGEST}", {"q": TITLE}).status_code == 401
    stranger = factories.make_cast("FH002").user("clerk")
    assert ask(person(stranger), q=TITLE).status_code == 200, "the catalogue is everybody's to read"


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        ({}, ["q"]),
        ({"q": " 　"}, ["q"]),
        ({"q": "议" * 201}, ["q"]),
        ({"q": TITLE, "body": "union"}, ["body"]),
        ({"q": TITLE, "body": ""}, ["body"]),
        ({"body": "union"}, ["q", "body"]),
        ({"q": TITLE, "limit": "9"}, ["limit"]),
    ],
)
def test_a_bad_question_is_refused_in_chinese(cast: Cast, asked: dict[str, str], paths: list[str]) -> None:
    answer = ask(person(cast.user("clerk")), **asked)
    problem = answer.json()
    assert answer.status_code == 400 and answer["Content-Type"].startswith("application/problem+json")
    assert [fault["path"] for fault in problem["errors"]] == paths
    assert all(re.search(r"[\u4e00-\u9fff]", fault["reason"]) for fault in problem["errors"])


def test_a_title_of_200_signs_and_one_with_control_signs_are_answered(cast: Cast) -> None:
    api = person(cast.user("clerk"))
    assert ask(api, q=("预算" + "议" * 198)).status_code == 200
    assert ask(api, q="审定2027年\t部门预算").json()["results"][0]["code"] == "P21"


def test_only_reading_is_possible(cast: Cast) -> None:
    client = signed_in(cast.user("clerk"))
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(f"/api/v1/{SUGGEST}?q=预算").status_code == 405


def test_the_openapi_document_agrees_with_the_answer(cast: Cast) -> None:
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    described = document["paths"][f"/api/v1/{SUGGEST}"]["get"]
    named = {parameter["name"]: parameter for parameter in described["parameters"]}
    assert named["q"]["required"] is True and set(named) == {"q", "body"}
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    answer = ask(person(cast.user("clerk")), q=TITLE).json()
    Draft202012Validator(closed(resolve(schema, document))).validate(answer)


def test_the_index_is_built_once_for_a_version(cast: Cast) -> None:
    api = person(cast.user("clerk"))
    ask(api, q=TITLE)
    with CaptureQueriesContext(connection) as counted:
        ask(api, q="审定2027年部门预算")
    assert not any("governance_matter" in query["sql"] for query in counted.captured_queries)


def test_keywords_of_a_new_version_change_the_proposals(cast: Cast) -> None:
    now = timezone.now()
    delivered = Catalogue.objects.get()
    title = "研究盛装舞步的安排"
    assert suggestions(title, catalogue=delivered) == []
    draft = start_draft(by=factories.make_bureau(Post.ORGANISER), at=now)
    matter = draft.matters.get(code="A15")
    matter.keywords = [*matter.keywords, "盛装舞步"]
    matter.commit(now)
    assert [one.code for one in suggestions(title, catalogue=draft)][:1] == ["A15"]
    matter.keywords = []
    matter.commit(now)
    assert suggestions(title, catalogue=draft) == [], "a draft is read afresh"
    assert suggestions(title, catalogue=delivered) == [], "meetings of the old version keep its words"


# ---- the agenda ----
def test_a_typed_title_brings_proposals_under_its_line(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    data = typed(meeting, item_1_title=TITLE, item_1_matter="", do="check")
    answer = client.post(address(meeting), data, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200 and offered(answer)[0] == "P16" and len(offered(answer)) <= 3
    assert re.search(r'id="sug-1"[^>]*hx-swap-oob="innerHTML"', html), "put in place beside what is being typed"
    assert "“免去”" in text_of(answer)
    assert 'name="item-1-title"' not in html, "the field that is being typed in is left alone"


def test_without_scripts_the_whole_page_comes_with_the_proposals(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    data = typed(meeting, item_1_title=TITLE, item_1_matter="", do="check")
    answer = client.post(address(meeting), data)
    assert "<html" in answer.content.decode() and offered(answer)[0] == "P16"
    assert TITLE in answer.content.decode()


def test_a_button_chooses_the_matter_and_nothing_is_saved_yet(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    data = typed(meeting, item_1_title=TITLE, item_1_matter="", do="choose-1-P16")
    answer = client.post(address(meeting), data, headers=HTMX)
    html = answer.content.decode()
    assert re.search(r'<option value="P16"[^>]*selected', html) and offered(answer) == []
    assert 'data-focus-on="id_item-1-title"' in html
    assert list(AgendaItem.objects.filter(meeting=meeting).values_list("matter__code", flat=True)) == ["P01"]
    client.post(address(meeting), typed(meeting, item_1_title=TITLE, item_1_matter="P16"))
    assert list(meeting.items.order_by("order").values_list("matter__code", flat=True)) == ["P01", "P16"]


def test_a_chosen_matter_is_never_replaced_or_questioned(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    data = typed(meeting, item_1_title=TITLE, item_1_matter="P21", do="check")
    answer = client.post(address(meeting), data)
    assert offered(answer) == [] and re.search(r'<option value="P21"[^>]*selected', answer.content.decode())


def test_a_saved_item_without_a_matter_shows_its_proposals_on_the_next_visit(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    client.post(address(meeting), typed(meeting, item_1_title=TITLE, item_1_matter=""))
    assert offered(client.get(address(meeting)))[0] == "P16"


def test_a_matter_of_the_other_meeting_is_shown_as_such(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting, item_1_title="期末考试命题与监考安排", item_1_matter="", do="check")
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert offered(answer)[0] == "A12" and "更像另一个会议的" in text_of(answer)


@pytest.mark.parametrize("title", ["", "  ", "今晚一起去吃火锅吗", "议" * 201])
def test_no_proposal_is_made_for_what_is_no_title(cast: Cast, meeting: Meeting, title: str) -> None:
    data = typed(meeting, item_1_title=title, item_1_matter="", do="check")
    assert offered(signed_in(cast.user("clerk")).post(address(meeting), data)) == []


@pytest.mark.parametrize("act", ["choose-1-Z99", "choose-9-P16", "choose-1", "choose--", "choose-1-"])
def test_a_choice_that_does_not_exist_changes_nothing(cast: Cast, meeting: Meeting, act: str) -> None:
    data = typed(meeting, item_1_title=TITLE, item_1_matter="", do=act)
    answer = signed_in(cast.user("clerk")).post(address(meeting), data)
    assert answer.status_code == 200 and offered(answer)[0] == "P16"


def test_who_may_not_type_the_agenda_may_not_choose(cast: Cast, meeting: Meeting) -> None:
    data = typed(meeting, item_1_title=TITLE, item_1_matter="", do="choose-1-P16")
    assert signed_in(cast.user("deputy")).post(address(meeting), data).status_code == 302
    stranger = factories.make_cast("FH002").user("clerk")
    assert signed_in(stranger).post(address(meeting), data).status_code == 404


def test_proposals_cost_no_query_each(cast: Cast, meeting: Meeting) -> None:
    client, counts = signed_in(cast.user("clerk")), []
    lines = {f"item-{key}-title": TITLE for key in range(1, 31)}
    for extra in ({"item-1-title": TITLE}, {"item-1-title": TITLE}, lines):
        with CaptureQueriesContext(connection) as counted:
            answer = client.post(address(meeting), typed(meeting, do="check") | extra)
        counts.append(len(counted))
    assert counts[1] == counts[2] and len(offered(answer)) >= 30
