"""The REST API: sign-in by token, scopes, lists, single objects, steps, refusals, the document."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator
from oauth2_provider.models import AccessToken
from openapi_spec_validator import validate

from accounts.models import KeptAnswer, User
from audit.models import Event
from checklists.models import Task
from schools.services.appointments import end_appointment
from schools.services.clients import create_client
from tests import factories

pytestmark = pytest.mark.django_db

EVERYTHING = ("schools:read", "governance:read", "checklists:read")


class Api:
    """A caller of the API."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path if path.startswith("http") else f"/api/v1/{path}", headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)


def token_for(*scopes: str, schools: tuple[str, ...] = ()) -> str:
    """A token of a new client."""
    name = f"client-{User.objects.count()}"
    _, key, secret = create_client(name=name, scopes=scopes, school_codes=schools, at=timezone.now())
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    form = "grant_type=client_credentials"
    answer = Client(headers={"Authorization": f"Basic {basic}"}).post(
        "/api/v1/oauth/token/", form, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["token_type"] == "Bearer"
    assert set(body["scope"].split()) == set(scopes)
    return str(body["access_token"])


def machine(*scopes: str, schools: tuple[str, ...] = ()) -> Api:
    return Api(Authorization=f"Bearer {token_for(*scopes, schools=schools)}")


def person(user: User) -> Api:
    api = Api()
    api.client.force_login(user)
    return api


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def other() -> factories.Cast:
    return factories.make_cast("FH002", office=None)


def test_without_identity_everything_is_401_as_a_problem_document(cast: factories.Cast) -> None:
    for path in ("schools/", "schools/FH001/", "offices/", "governance/meetings/", "checklists/tasks/"):
        answer = Api().get(path)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert set(answer.json()) >= {"type", "title", "status", "detail", "instance"}


def test_a_wrong_secret_gets_no_token_and_an_unknown_token_gets_401(cast: factories.Cast) -> None:
    create_client(name="x", scopes=["schools:read"], at=timezone.now())
    answer = Client().post(
        "/api/v1/oauth/token/", {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    )
    assert answer.status_code == 401
    assert Api(Authorization="Bearer nonsense").get("schools/").status_code == 401


def test_an_expired_token_and_a_switched_off_client_are_refused(cast: factories.Cast) -> None:
    api = machine("schools:read")
    assert api.get("schools/").status_code == 200
    User.objects.filter(is_machine=True).update(is_active=False)
    assert api.get("schools/").status_code == 401
    User.objects.filter(is_machine=True).update(is_active=True)
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert api.get("schools/").status_code == 401


def test_a_missing_scope_is_403(cast: factories.Cast) -> None:
    api = machine("schools:read")
    assert api.get("governance/meetings/").status_code == 403
    assert api.get("checklists/tasks/").status_code == 403
    assert api.get("offices/").status_code == 200


def test_a_client_of_one_school_sees_that_school_alone(cast: factories.Cast, other: factories.Cast) -> None:
    meeting, foreign = factories.make_signed(cast), factories.make_signed(other)
    api = machine(*EVERYTHING, schools=("FH001",))
    assert [s["code"] for s in api.get("schools/").json()["results"]] == ["FH001"]
    assert api.get("schools/FH002/").status_code == 404
    assert api.get(f"governance/meetings/{meeting.pk}/").status_code == 200
    assert api.get(f"governance/meetings/{foreign.pk}/").status_code == 404
    assert [t["school"] for t in api.get("checklists/tasks/").json()["results"]] == ["FH001"]
    assert [d["school"] for d in api.get("governance/decisions/").json()["results"]] == ["FH001"]
    assert api.get("schools/FH002/").json() == {
        **api.get("schools/FH999/").json(),
        "instance": "/api/v1/schools/FH002/",
    }


def test_a_school_is_written_as_the_contract_says(cast: factories.Cast) -> None:
    body = machine("schools:read").get("schools/FH001/").json()
    assert body["office"] == "O01"
    assert body["secretary"] == {"name": "沈书记01", "since": "2020-09-01"}
    assert body["principal"]["name"] == "林校长01"
    assert body["pilot"] == {"status": "none", "batch": None, "implemented_on": None}
    assert body["url"].endswith("/api/v1/schools/FH001/")
    assert body["leadership_mode"] == "separate" and body["has_committee"] is True


def test_a_persons_session_sees_what_the_pages_show(cast: factories.Cast, other: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    assert person(cast.user("secretary")).get(f"governance/meetings/{meeting.pk}/").status_code == 200
    assert person(other.user("secretary")).get(f"governance/meetings/{meeting.pk}/").status_code == 404
    assert person(cast.user("team")).get(f"governance/meetings/{meeting.pk}/").status_code == 404, "not of that body"
    office = factories.make_office_user()
    assert person(office).get("schools/FH001/").status_code == 200
    assert person(office).get("schools/FH002/").status_code == 404
    assert person(office).get("governance/meetings/").json()["results"] == []


def test_meeting_decision_and_task_hang_together(cast: factories.Cast) -> None:
    meeting = factories.open_items(factories.make_signed(cast, matters=("P01", "P16")))
    api = machine(*EVERYTHING)
    body = api.get(f"governance/meetings/{meeting.pk}/").json()
    year = meeting.year
    assert (body["number"], body["status"], body["due"], body["present"]) == (f"{year}-001", "signed", 4, 4)
    assert [item["matter"] for item in body["items"]] == ["P01", "P16"]
    assert body["items"][0]["counts"] == {"agree": 4, "disagree": 0, "abstain": 0}
    assert body["items"][0]["status"] == "concluded"
    assert {r["outcome"] for r in body["results"]} <= {"pass", "not_applicable"}
    assert {"rule", "subject", "outcome", "severity", "message", "facts", "basis", "remedy"} == set(body["results"][0])
    decision = api.get(f"governance/decisions/{body['items'][1]['decision']}/").json()
    assert decision["number"] == f"{year}-党-001-02"
    assert (decision["stage"], decision["meeting"]) == ("execution", str(meeting.pk))
    task = api.get(f"checklists/tasks/{decision['tasks'][0]['id']}/").json()
    assert task["source"] == {"kind": "decision", "title": f"{decision['number']} 议题2", "url": decision["url"]}
    assert task["responsible"]["person"] == str(cast.principal.pk)
    assert task["responsible"]["unit"] == "党政办"
    assert task["overdue"] is False and task["actions"] == []


def test_unknown_parameters_and_values_are_refused_by_name(cast: factories.Cast) -> None:
    api = machine(*EVERYTHING)
    for query, path in (
        ("colour=red", "colour"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=%D9%A1", "page_size"),
        ("ordering=secret", "ordering"),
        ("ordering=--code", "ordering"),
        ("cursor=abc", "cursor"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-01-01T00:00:00", "updated_since"),
        ("stage=castle", "stage"),
        ("has_committee=1", "has_committee"),
        ("include_deleted=perhaps", "include_deleted"),
    ):
        answer = api.get(f"schools/?{query}")
        assert answer.status_code == 400, query
        assert [fault["path"] for fault in answer.json()["errors"]] == [path]
    assert api.get("schools/FH001/?x=1").status_code == 400
    assert api.get("checklists/tasks/?due_before=2026-13-01").status_code == 400
    assert api.get("schools/?q=%00").status_code == 400


def test_pages_follow_each_other_without_gaps_in_both_directions() -> None:
    for number in range(1, 8):
        factories.make_school(f"FH{number:03d}", students=100 + number % 3)
    api = machine("schools:read")
    for order in ("code", "-code", "students", "-students", "updated_at", "name"):
        seen, url, pages = [], f"schools/?page_size=3&ordering={order}", 0
        while url:
            page = api.get(url).json()
            seen += [row["code"] for row in page["results"]]
            last, url, pages = page, page["next"], pages + 1
        assert (pages, len(set(seen)), len(seen)) == (3, 7, 7)
        back = api.get(last["previous"]).json()
        assert [row["code"] for row in back["results"]] == seen[3:6]
        first = api.get(back["previous"]).json()
        assert [row["code"] for row in first["results"]] == seen[:3] and first["previous"] is None


def test_updated_since_gives_what_changed(cast: factories.Cast, other: factories.Cast) -> None:
    api = machine("schools:read")
    later = timezone.now()
    end_appointment(
        appointment=other.secretary.appointments.get(),
        ends_on=timezone.localdate() - timedelta(days=1),
        by=None,
        at=timezone.now(),
    )
    rows = api.get(f"schools/?updated_since={later.isoformat()}&include_deleted=true".replace("+", "%2B")).json()[
        "results"
    ]
    assert [row["code"] for row in rows] == ["FH002"]
    assert rows[0]["secretary"] is None


def test_an_unchanged_object_is_304_and_a_changed_one_is_not(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    api = machine(*EVERYTHING)
    path = f"checklists/tasks/{task.pk}/"
    etag = api.get(path)["ETag"]
    assert api.get(path, **{"If-None-Match": etag}).status_code == 304
    person(cast.user("principal")).post(path + "actions/progress/", {"text": "开始了"})
    assert api.get(path, **{"If-None-Match": etag}).status_code == 200


def test_steps_are_taken_by_those_named_in_actions(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    principal, secretary = person(cast.user("principal")), person(cast.user("secretary"))
    path = f"checklists/tasks/{task.pk}/"
    assert principal.get(path).json()["actions"][:2] == ["progress", "submit"]
    body = principal.post(path + "actions/submit/", {"text": "已完成专题学习"}).json()
    assert body["status"] == "submitted" and "close" not in body["actions"]
    assert principal.post(path + "actions/close/").status_code == 403
    assert secretary.get(path).json()["actions"][0] == "close"
    assert secretary.post(path + "actions/close/").json()["status"] == "closed"
    assert secretary.post(path + "actions/close/").status_code == 409
    assert secretary.post(path + "actions/explode/").status_code == 404
    assert secretary.post(path + "actions/reopen/", {"due_on": "soon", "reason": "返工", "x": 1}).json()["errors"] == [
        {"path": "x", "reason": "不认识的字段"},
        {"path": "due_on", "reason": "写日期，格式 YYYY-MM-DD"},
    ]


def test_a_meeting_is_signed_by_api_and_a_blocking_rule_stops_it(cast: factories.Cast) -> None:
    meeting = factories.make_minuted(cast)
    path = f"governance/meetings/{meeting.pk}/"
    secretary = person(cast.user("secretary"))
    assert person(cast.user("clerk")).post(path + "actions/sign/").status_code == 403
    body = secretary.post(path + "actions/return/", {"reason": "补写决议内容"}).json()
    assert body["status"] == "held"
    type(meeting).objects.filter(pk=meeting.pk).update(chair=cast.deputy.pk)
    blocked = person(cast.user("clerk")).post(path + "actions/minute/")
    assert blocked.status_code == 409 and "怎么办" in blocked.json()["detail"]


def test_if_match_of_a_step_is_checked(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    api = person(cast.user("principal"))
    path = f"checklists/tasks/{task.pk}/"
    etag = api.get(path)["ETag"]
    assert api.post(path + "actions/progress/", {"text": "一"}, **{"If-Match": etag}).status_code == 200
    stale = api.post(path + "actions/progress/", {"text": "二"}, **{"If-Match": etag})
    assert stale.status_code == 412
    fresh = api.get(path)["ETag"]
    assert api.post(path + "actions/progress/", {"text": "二"}, **{"If-Match": fresh}).status_code == 200


def test_an_idempotency_key_acts_once(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    api = person(cast.user("principal"))
    path = f"checklists/tasks/{task.pk}/actions/progress/"
    first = api.post(path, {"text": "一"}, **{"Idempotency-Key": "k1"})
    again = api.post(path, {"text": "一"}, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content and again["Idempotent-Replayed"] == "true"
    assert Task.objects.get(pk=task.pk).progress_notes.count() == 1
    assert api.post(path, {"text": "二"}, **{"Idempotency-Key": "k1"}).status_code == 422
    refused = api.post(path, {"text": " "}, **{"Idempotency-Key": "k2"})
    assert refused.status_code == 400 and not KeptAnswer.objects.filter(key="k2").exists()
    assert api.post(path, {"text": "三"}, **{"Idempotency-Key": "k2"}).status_code == 200


def test_hostile_bodies_are_400(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    api = person(cast.user("principal"))
    path = f"/api/v1/checklists/tasks/{task.pk}/actions/progress/"
    for raw in (
        b"[" * 100_000, b'{"text": NaN}', b'{"text": ' + b"9" * 100_000 + b"}", b"\xff\xfe", b"{", b"[]", b'"x"', b"1",
        b'{"text": "\\u0000"}', b'{"text": "\\ud800"}', b'{"text": 1}', b'{"text": ["a"]}', b'{"other": "x"}',
    ):  # fmt: skip
        answer = api.client.post(path, raw, content_type="application/json")
        assert answer.status_code == 400, raw[:40]
        assert answer["Content-Type"] == "application/problem+json"
    assert api.client.post(path, b"text=1", content_type="text/plain").status_code == 415
    assert api.client.delete(path).status_code == 405


def test_a_write_needs_the_csrf_token_in_a_session(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.user("principal"))
    answer = strict.post(
        f"/api/v1/checklists/tasks/{task.pk}/actions/progress/", {"text": "一"}, content_type="application/json"
    )
    assert answer.status_code == 403 and answer["Content-Type"] == "application/problem+json"


def test_a_refused_step_is_a_fact(cast: factories.Cast) -> None:
    task = factories.make_task(cast)
    before = Event.objects.filter(kind="audit.refusal").count()
    person(cast.user("secretary")).post(f"checklists/tasks/{task.pk}/actions/submit/", {"text": "代交"})
    refusal = Event.objects.filter(kind="audit.refusal").latest("seq")
    assert Event.objects.filter(kind="audit.refusal").count() == before + 1
    assert refusal.actor == cast.user("secretary") and refusal.data["status"] == 403


def test_the_bureau_leaves_a_trace_when_it_reads_minutes(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    organiser = factories.make_bureau()
    person(organiser).get(f"governance/meetings/{meeting.pk}/")
    trace = Event.objects.get(kind="governance.meeting.read")
    assert (trace.actor, trace.school_id) == (organiser, cast.school.pk)
    person(cast.user("secretary")).get(f"governance/meetings/{meeting.pk}/")
    assert Event.objects.filter(kind="governance.meeting.read").count() == 1


@pytest.mark.parametrize("path", ["schools/", "governance/meetings/", "governance/decisions/", "checklists/tasks/"])
def test_query_counts_do_not_grow_with_the_rows(path: str, django_assert_max_num_queries: Any) -> None:
    api = machine(*EVERYTHING)
    factories.make_signed(factories.make_cast("FH001"))
    with django_assert_max_num_queries(8) as one:
        assert len(api.get(path).json()["results"]) == 1
    for number in range(2, 6):
        factories.make_signed(factories.make_cast(f"FH{number:03d}"))
    with django_assert_max_num_queries(8) as many:
        assert len(api.get(path).json()["results"]) == 5
    assert len(one.captured_queries) == len(many.captured_queries)


def resolve(schema: Any, document: Any) -> Any:
    """Inline `$ref`s of the OpenAPI document."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            target: Any = document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target, document)
        return {key: resolve(value, document) for key, value in schema.items()}
    if isinstance(schema, list):
        return [resolve(part, document) for part in schema]
    return schema


def closed(schema: Any) -> Any:
    """Objects may hold what the document names and nothing else."""
    if isinstance(schema, dict):
        schema = {key: closed(value) for key, value in schema.items()}
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [closed(part) for part in schema]
    return schema


def test_the_openapi_document_is_valid_and_agrees_with_the_answers(cast: factories.Cast) -> None:
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    validate(document)
    assert "/api/v1/oauth/token/" in document["paths"]
    meeting = factories.make_signed(cast)
    held = factories.make_recorded(cast)
    decision = meeting.decisions.get()
    task = Task.objects.first()
    assert task is not None
    api = machine(*EVERYTHING)
    for template, values in (
        ("/api/v1/schools/", {}),
        ("/api/v1/schools/{code}/", {"code": "FH001"}),
        ("/api/v1/offices/", {}),
        ("/api/v1/offices/{code}/", {"code": "O01"}),
        ("/api/v1/governance/matters/", {}),
        ("/api/v1/governance/matters/{code}/", {"code": "P16"}),
        ("/api/v1/governance/meetings/", {}),
        ("/api/v1/governance/meetings/{id}/", {"id": meeting.pk}),
        ("/api/v1/governance/meetings/{id}/", {"id": held.pk}),
        ("/api/v1/governance/decisions/", {}),
        ("/api/v1/governance/decisions/{id}/", {"id": decision.pk}),
        ("/api/v1/checklists/tasks/", {}),
        ("/api/v1/checklists/tasks/{id}/", {"id": task.pk}),
    ):
        answer = api.get(template.removeprefix("/api/v1/").format(**values))
        assert answer.status_code == 200, template
        schema = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(closed(resolve(schema, document))).validate(answer.json())


def test_the_reference_page_needs_no_outside_network(client: Client) -> None:
    answer = client.get("/api/v1/docs/")
    assert answer.status_code == 200
    assert b"https://" not in answer.content.replace(b"https://github.com", b"")
    assert client.get("/api/v1/nothing/").json()["status"] == 404
