"""`pilots/plans/` by the contract: fields, steps, refusals, constant queries."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from accounts.models import User
from pilots.models import FoundationKind, Plan
from tests import factories, plans
from tests.factories import Cast
from tests.integration.test_api import Api, closed, machine, person, resolve

pytestmark = pytest.mark.django_db
LIST = "pilots/plans/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


def schema_of(path: str) -> Any:
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    operation = document["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(closed(resolve(schema, document)))


def patch(api: Api, path: str, body: Any, **headers: str) -> Any:
    return api.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_a_plan_as_the_contract_writes_it(cast: Cast, organiser: User) -> None:
    plan = plans.make_approved(cast, organiser)
    found = machine("pilots:read").get(LIST).json()["results"]
    assert [(row["school"], row["version"], row["status"]) for row in found] == [("FH001", 1, "approved")]
    assert [work["kind"] for work in found[0]["foundations"]] == FoundationKind.values
    assert found[0]["progress"] == {"total": 5, "closed": 0, "overdue": 0}
    schema_of("/api/v1/pilots/plans/").validate(machine("pilots:read").get(LIST).json())
    detail = person(cast.user("secretary")).get(f"{LIST}{plan.pk}/")
    schema_of("/api/v1/pilots/plans/{id}/").validate(detail.json())
    assert detail.json()["actions"] == ["revise"] and len(detail.json()["sections"]) == 10
    assert machine("schools:read").get(LIST).status_code == 403


def test_filters_and_the_same_queries_for_one_and_many(cast: Cast, organiser: User) -> None:
    plans.make_approved(cast, organiser)
    api = person(organiser)
    api.get(LIST)
    with CaptureQueriesContext(connection) as one:
        api.get(LIST)
    for number in range(2, 6):
        plans.make_submitted(factories.make_cast(f"FH00{number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(api.get(LIST).json()["results"]) == 5
    assert len(one) == len(many)
    assert len(api.get(f"{LIST}?status=submitted&school=FH003").json()["results"]) == 1
    assert api.get(f"{LIST}?status=lost").status_code == 400
    assert person(cast.user("clerk")).get(LIST).json()["results"][0]["school"] == "FH001"


def test_the_thread_by_api(cast: Cast, organiser: User) -> None:
    plans.approve_school(cast.school)
    clerk, secretary, bureau = person(cast.user("clerk")), person(cast.user("secretary")), person(organiser)
    made = clerk.post(LIST, {"school": "FH001", "starts_on": "2026-01-01", "ends_on": "2027-06-30"})
    assert made.status_code == 201
    url = f"{LIST}{made.json()['id']}/"
    assert patch(clerk, url, {"sections": {"goals": "目标"}}).status_code == 428
    patched = patch(clerk, url, {"sections": {"goals": "目标"}}, **{"If-Match": made["ETag"]})
    assert patched.json()["sections"][3]["text"] == "目标"
    assert patch(clerk, url, {"sections": {}}, **{"If-Match": made["ETag"]}).status_code == 412
    refused = secretary.post(f"{url}actions/submit/", {})
    assert refused.status_code == 409 and len(refused.json()["errors"]) == 14
    plans.fill(Plan.objects.get(), cast)
    assert clerk.post(f"{url}actions/submit/", {}).status_code == 403
    assert secretary.post(f"{url}actions/submit/", {}).json()["status"] == "submitted"
    assert bureau.post(f"{url}actions/return/", {"reason": "措施写实一些"}).status_code == 400
    day = str(timezone.localdate() + timezone.timedelta(days=5))
    points = [{"section": "goals", "text": "写明年度目标"}, {"section": "rows", "text": "第 2 项太笼统"}]
    back = bureau.post(f"{url}actions/return/", {"reason": "措施写实一些", "mend_by": day, "points": points}).json()
    assert [(a["section"], a["must"]) for a in back["annotations"]] == [("goals", True), (None, True)]
    secretary.post(f"{url}actions/submit/", {})
    assert bureau.post(f"{url}actions/approve/", {}).json()["progress"]["total"] == 5
    again = bureau.post(f"{url}actions/approve/", {})
    assert again.status_code == 409
    new = clerk.post(f"{url}actions/revise/", {}).json()
    assert (new["version"], new["status"]) == (2, "draft")


def test_strangers_find_nothing(cast: Cast) -> None:
    plan = plans.make_draft(cast)
    stranger = person(factories.make_cast("FH002").user("secretary"))
    assert stranger.get(f"{LIST}{plan.pk}/").status_code == 404
    assert stranger.post(f"{LIST}{plan.pk}/actions/submit/", {}).status_code == 404
    assert stranger.get(LIST).json()["results"] == []
    assert (
        stranger.post(LIST, {"school": "FH001", "starts_on": "2026-01-01", "ends_on": "2026-06-01"}).status_code == 400
    )


def test_an_unchanged_plan_answers_304_until_a_task_moves(cast: Cast, organiser: User) -> None:
    plan = plans.make_approved(cast, organiser)
    api = person(organiser)
    tag = api.get(f"{LIST}{plan.pk}/")["ETag"]
    assert api.get(f"{LIST}{plan.pk}/", **{"If-None-Match": tag}).status_code == 304
    task = plan.rows.get(kind="charter").task
    assert task is not None
    task.commit(timezone.now())
    assert api.get(f"{LIST}{plan.pk}/", **{"If-None-Match": tag}).status_code == 200
