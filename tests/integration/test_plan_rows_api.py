"""`pilots/plans/<id>/rows/`: rows for other systems, and the tasks they become at `checklists/tasks/`."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from pilots.models import Plan
from tests import factories, plans
from tests.factories import Cast
from tests.integration.test_api import Api, closed, machine, person, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


def body(cast: Cast, **values: Any) -> dict[str, Any]:
    due_on = (timezone.localdate() + timedelta(days=9)).isoformat()
    given = {"target": "修订章程", "measures": "起草", "due_on": due_on, "responsible": str(cast.people["team"].pk)}
    return given | values


def send(api: Api, verb: str, path: str, data: Any = None, **headers: str) -> Any:
    act = getattr(api.client, verb)
    return act(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def validate(path: str, answer: Any) -> None:
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(closed(resolve(schema, document))).validate(answer.json())


def test_rows_are_added_changed_and_taken_out(cast: Cast) -> None:
    plan = plans.make_draft(cast)
    here, api = f"pilots/plans/{plan.pk}/rows/", person(cast.user("clerk"))
    refused = send(api, "post", here, body(cast, responsible=None, target=""))
    assert refused.status_code == 400
    assert {fault["path"] for fault in refused.json()["errors"]} == {"target", "responsible"}
    made = send(api, "post", here, body(cast, kind="duties"))
    assert made.status_code == 201 and made.json()["responsible"]["name"] == cast.people["team"].name
    second = send(api, "post", here, body(cast, target="备案", after=[made.json()["id"]])).json()
    path = f"{here}{made.json()['id']}/"
    assert send(api, "patch", path, {"units": "党政办"}).status_code == 428
    tag = api.get(path).headers["ETag"]
    ring = send(api, "patch", path, {"after": [second["id"]]}, **{"If-Match": tag})
    assert ring.status_code == 400 and "绕成了圈" in ring.json()["errors"][0]["reason"]
    changed = send(api, "patch", path, {"units": "党政办"}, **{"If-Match": tag})
    assert changed.status_code == 200 and (changed.json()["units"], changed.json()["target"]) == ("党政办", "修订章程")
    assert send(api, "delete", path, **{"If-Match": tag}).status_code == 412
    assert send(api, "delete", path, **{"If-Match": changed.headers["ETag"]}).status_code == 204
    assert [row["target"] for row in api.get(here).json()["results"]] == ["备案"]


def test_who_sees_the_plan_reads_its_rows_but_only_writers_write(cast: Cast) -> None:
    plan = plans.fill(plans.make_draft(cast), cast)
    here = f"pilots/plans/{plan.pk}/rows/"
    validate("/api/v1/pilots/plans/{id}/rows/", machine("pilots:read").get(here))
    assert send(person(cast.user("team")), "post", here, body(cast)).status_code == 403
    other = factories.make_cast("FH002")
    assert person(other.user("clerk")).get(here).status_code == 404


def test_the_list_takes_the_same_queries_for_few_and_many(cast: Cast) -> None:
    plan = plans.fill(plans.make_draft(cast), cast)
    api, here = machine("pilots:read"), f"pilots/plans/{plan.pk}/rows/"

    def measured(size: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(f"{here}?page_size={size}").json()["results"]) == size
        return len(queries)

    measured(1)
    assert measured(1) == measured(5)


def test_tasks_of_a_plan_name_it_as_their_source(cast: Cast) -> None:
    plan: Plan = plans.make_approved(cast, factories.make_bureau())
    found = machine("checklists:read", "pilots:read").get("checklists/tasks/?source_kind=plan").json()["results"]
    assert len(found) == 5
    assert {row["source"]["kind"] for row in found} == {"plan"}
    assert {row["source"]["title"] for row in found} == {"云上FH001小学一校一案第 1 版"}
    assert found[0]["source"]["url"].endswith(f"/api/v1/pilots/plans/{plan.pk}/")
