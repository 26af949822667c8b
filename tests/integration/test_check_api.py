"""`POST governance/check/`: the worked cases through the door, refusals by JSON path, who may ask, and that nothing is stored."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from governance.rules.engine import ORDER
from tests import factories
from tests.integration.test_api import Api, machine
from tests.rules.builders import PARTY, document, worked_cases

pytestmark = pytest.mark.django_db
PATH = "governance/check/"


def ask(api: Api, body: Any, **headers: str) -> Any:
    return api.client.post(f"/api/v1/{PATH}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def api() -> Api:
    factories.reference()
    return machine("governance:check")


def test_the_worked_cases_are_answered_as_written_through_the_door(api: Api) -> None:
    for case in worked_cases()["cases"]:
        answer = ask(api, document(case["base"], case["patch"]))
        assert answer.status_code == 200, case["name"]
        found = {(r["rule"], r["subject"]): r["outcome"] for r in answer.json()["results"]}
        for rule, subject, outcome in case["expect"]:
            assert found[rule, subject] == outcome, case["name"]


def test_each_rule_answers_once_a_subject_with_versions_and_basis(api: Api) -> None:
    body = ask(api, document(PARTY)).json()
    assert set(body) == {"rules_version", "catalogue_version", "results"}
    assert body["rules_version"] == body["catalogue_version"] == "2026-11-22"
    keys = [(r["rule"], r["subject"]) for r in body["results"]]
    assert len(keys) == len(set(keys))
    assert {rule for rule, _ in keys} == set(ORDER)
    for result in body["results"]:
        assert set(result) == {"rule", "subject", "outcome", "severity", "message", "facts", "basis", "remedy"}
        assert result["basis"] and all(line["text"] for line in result["basis"])
        assert (result["remedy"] is None) == (result["outcome"] in ("pass", "not_applicable"))


def test_every_fault_is_told_with_its_path_and_nothing_is_judged(api: Api) -> None:
    made = document(PARTY)
    made["form"] = "dance"
    made["surprise"] = 1
    made["items"][0]["catalogue"] = "P99"
    made["items"][0]["stances"] = [{"member": "nobody", "stance": "agree", "seq": 1}]
    answer = ask(api, made)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    paths = {fault["path"] for fault in answer.json()["errors"]}
    assert paths == {"form", "surprise", "items[0].catalogue", "items[0].stances[0].member"}


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_a_body_that_is_no_object_is_one_fault_of_the_whole_document(api: Api, body: Any) -> None:
    answer = ask(api, body)
    assert answer.status_code == 400
    assert [fault["path"] for fault in answer.json()["errors"]] == ["$"]


def test_what_is_no_json_is_refused(api: Api) -> None:
    answer = api.client.post(f"/api/v1/{PATH}", "{", content_type="application/json")
    assert answer.status_code == 400
    assert api.client.post(f"/api/v1/{PATH}", "a=b", content_type="text/plain").status_code == 415
    assert api.client.get(f"/api/v1/{PATH}").status_code in (403, 405)
    assert ask(api, document(PARTY)).status_code == 200
    assert api.client.post(f"/api/v1/{PATH}?x=1", "{}", content_type="application/json").status_code == 400


def test_a_token_needs_the_scope_and_a_person_nothing_further() -> None:
    factories.reference()
    assert ask(Api(), document(PARTY)).status_code == 401
    assert ask(machine("governance:read"), document(PARTY)).status_code == 403
    for user in (factories.make_bureau(), factories.make_cast().user("team")):
        client = Client()
        client.force_login(user)
        answer = client.post(f"/api/v1/{PATH}", json.dumps(document(PARTY)), content_type="application/json")
        assert answer.status_code == 200


def test_a_browser_without_csrf_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.make_bureau())
    answer = client.post(f"/api/v1/{PATH}", json.dumps(document(PARTY)), content_type="application/json")
    assert answer.status_code == 403


def test_nothing_is_stored_and_asking_twice_gives_the_same(api: Api) -> None:
    ask(api, document(PARTY))
    before = {model: model.objects.count() for model in apps.get_models()}
    first = ask(api, document(PARTY))
    assert ask(api, document(PARTY)).content == first.content
    assert {model: model.objects.count() for model in apps.get_models()} == before


def test_an_idempotency_key_gives_the_first_answer_again_and_takes_no_other_body(api: Api) -> None:
    first = ask(api, document(PARTY), **{"Idempotency-Key": "one"})
    again = ask(api, document(PARTY), **{"Idempotency-Key": "one"})
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    other = document(PARTY) | {"materials_sent_on": None}
    assert ask(api, other, **{"Idempotency-Key": "one"}).status_code == 422


def test_the_largest_meeting_is_judged_and_one_more_is_refused(api: Api) -> None:
    made = document(PARTY)
    made["items"] = [{"id": f"i{n}", "order": n, "catalogue": "P01"} for n in range(200)]
    answer = ask(api, made)
    assert answer.status_code == 200
    assert len({r["subject"] for r in answer.json()["results"]}) == 201
    made["items"].append({"id": "more", "order": 200})
    assert [fault["path"] for fault in ask(api, made).json()["errors"]] == ["items"]


def test_it_asks_the_database_as_often_for_one_item_as_for_two_hundred(
    api: Api, django_assert_max_num_queries: Any
) -> None:
    made = document(PARTY)
    made["items"] = [{"id": f"i{n}", "order": n, "catalogue": "P01"} for n in range(200)]
    with django_assert_max_num_queries(5):
        assert ask(api, made).status_code == 200
