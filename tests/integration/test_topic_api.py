"""议题 by API: read as the contract's manners say, written and moved on by the same services as the pages."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from audit.models import Event
from governance import services
from governance.models import Meeting, Topic
from tests import factories
from tests.factories import Cast
from tests.integration.test_api import closed, machine, person, resolve
from tests.integration.test_topic_services import (
    FULL,
    PARTY,
    act,
    confirmed,
    draft_meeting,
    made,
    now,
    proposed,
    scheduled,
    submitted,
    upload,
)

pytestmark = pytest.mark.django_db
PATH = "governance/topics/"


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    factories.reference()
    return factories.make_cast("FH001")


def body_of(**values: Any) -> dict[str, Any]:
    return {
        "school": "FH001", "body": "principal", "title": FULL.title, "matter": "A11", "background": FULL.background,
        "basis": FULL.basis, "proposal": FULL.proposal, "amount": "86000.00", "minutes_needed": 15,
    } | values  # fmt: skip


def patch(api: Any, path: str, values: dict[str, Any], **headers: str) -> Any:
    return api.client.patch(f"/api/v1/{path}", values, content_type="application/json", headers=headers)


def validate(path: str, method: str, status: str, answer: Any) -> None:
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    Draft202012Validator(closed(resolve(schema, document))).validate(answer)


def test_topics_are_read_as_the_document_says(cast: Cast) -> None:
    draft = made(cast)
    services.attach_to_topic(topic=draft, upload=upload(), by=cast.user("team"), at=now())
    meeting = draft_meeting(cast)
    item = scheduled(cast, meeting)
    api = person(cast.user("team"))
    rows = api.get(f"{PATH}?ordering=created_at").json()["results"]
    assert [(row["status"], row["number"]) for row in rows] == [
        ("draft", None), ("scheduled", f"{timezone.localdate().year}-议-001"),
    ]  # fmt: skip
    assert rows[0]["materials"][0]["name"] == "方案.pdf" and rows[1]["items"] == [
        {"id": str(item.pk), "meeting": str(meeting.pk), "order": 2, "supplement": False}
    ]
    body = api.get(f"{PATH}{draft.pk}/").json()
    assert body.pop("actions") == ["submit", "withdraw"] and body == rows[0]
    assert (body["amount"], body["proposer"]["name"], body["entered_by"]) == ("86000.00", "何主任01", "何主任01")
    validate("/api/v1/governance/topics/", "get", "200", {"results": rows, "next": None, "previous": None})
    validate("/api/v1/governance/topics/{id}/", "get", "200", body | {"actions": []})
    for query, count in (
        ("school=FH001", 2), ("school=FH009", 0), ("status=draft", 1), ("body=party", 0), ("matter=A11", 2),
        (f"meeting={meeting.pk}", 1), ("ordering=-updated_at", 2),
    ):  # fmt: skip
        assert len(api.get(f"{PATH}?{query}").json()["results"]) == count, query
    for query in ("status=maybe", "body=x", "meeting=x", "colour=red"):
        assert api.get(f"{PATH}?{query}").status_code == 400, query
    etag = api.get(f"{PATH}{draft.pk}/")["ETag"]
    assert api.get(f"{PATH}{draft.pk}/", **{"If-None-Match": etag}).status_code == 304


def test_a_topic_is_made_changed_and_taken_to_an_agenda_by_api(cast: Cast) -> None:
    api = person(cast.user("team"))
    answer = api.post(PATH, body_of(), **{"Idempotency-Key": "k1"})
    assert answer.status_code == 201 and answer.json()["actions"] == ["submit", "withdraw"]
    assert api.post(PATH, body_of(), **{"Idempotency-Key": "k1"}).content == answer.content
    assert Topic.objects.count() == 1
    path = f"{PATH}{answer.json()['id']}/"
    assert patch(api, path, {"title": "改一改"}).status_code == 428
    steps = [{"stage": "finance_review", "done_on": str(timezone.localdate()), "note": "已核"}]
    changed = patch(api, path, {"steps": steps, "lead_unit": "总务处"}, **{"If-Match": answer["ETag"]})
    assert changed.status_code == 200 and changed.json()["steps"] == [steps[0] | {"source": None}]
    assert changed.json()["title"] == FULL.title, "what is not given stays"
    secret = patch(api, path, {"matter": "A14", "readers": []}, **{"If-Match": changed["ETag"]})
    assert secret.json()["secrecy"] == "restricted", "the matter asks for another circle of readers"
    changed = patch(api, path, {"matter": "A11", "secrecy": "internal"}, **{"If-Match": secret["ETag"]})
    assert (changed.status_code, changed.json()["secrecy"]) == (200, "internal")
    assert patch(api, path, {"title": "改一改"}, **{"If-Match": answer["ETag"]}).status_code == 412
    assert api.post(f"{path}actions/submit/", **{"If-Match": answer["ETag"]}).status_code == 412
    sent = api.post(f"{path}actions/submit/", **{"If-Match": changed["ETag"], "Idempotency-Key": "k2"})
    assert sent.json()["status"] == "submitted" and sent.json()["number"]
    clerk, head = person(cast.user("clerk")), person(cast.user("principal"))
    back = clerk.post(f"{path}actions/return/", {"reason": "补充报价材料"})
    assert (back.json()["status"], back.json()["reason"]) == ("returned", "补充报价材料")
    api.post(f"{path}actions/submit/")
    assert clerk.post(f"{path}actions/screen/").json()["status"] == "screened"
    assert head.post(f"{path}actions/confirm/", {"opinion": "同意"}).json()["head_opinion"] == "同意"
    meeting = draft_meeting(cast)
    put = clerk.post(f"{path}actions/schedule/", {"meeting": str(meeting.pk)})
    assert put.json()["status"] == "scheduled" and put.json()["items"][0]["meeting"] == str(meeting.pk)
    off = head.post(f"{path}actions/postpone/", {"reason": "等专项资金下达"})
    assert off.json()["status"] == "postponed" and off.json()["items"] == []
    assert head.post(f"{path}actions/confirm/").json()["status"] == "confirmed"
    assert api.post(f"{path}actions/withdraw/", {"reason": "另报一个"}).json()["status"] == "withdrawn"
    validate("/api/v1/governance/topics/{id}/actions/{name}/", "post", "200", put.json())


def test_by_api_faults_are_named_and_others_refused(cast: Cast) -> None:
    api, foreign = person(cast.user("team")), factories.make_cast("FH002")
    for values, place in (
        ({"school": "FH002"}, "school"), ({"school": None}, "school"), ({"body": "other"}, "body"), ({"title": ""}, "title"),
        ({"title": 5}, "title"), ({"title": "长" * 201}, "title"), ({"matter": "P01"}, "matter"), ({"amount": "1.234"}, "amount"),
        ({"amount": "NaN"}, "amount"), ({"amount": [1]}, "amount"), ({"minutes_needed": "x"}, "minutes_needed"),
        ({"minutes_needed": True}, "minutes_needed"), ({"urgent": "yes"}, "urgent"), ({"readers": "x"}, "readers"),
        ({"proposer": str(foreign.people["team"].pk)}, "proposer"), ({"steps": [1]}, "steps"),
        ({"steps": [{"stage": "finance_review", "done_on": "x"}]}, "steps[0].done_on"),
        ({"steps": [{"stage": "nothing"}]}, "steps[0].stage"), ({"colour": "red"}, "colour"), ({"basis": "\x00"}, "basis"),
    ):  # fmt: skip
        answer = api.post(PATH, body_of(**values))
        assert answer.status_code == 400, (values, answer.content)
        assert [fault["path"] for fault in answer.json()["errors"]] == [place], values
    for user in (factories.make_bureau(), factories.make_office_user()):
        assert person(user).post(PATH, body_of()).status_code in (400, 403)
    assert machine("governance:read", "governance:write").post(PATH, body_of()).status_code == 403
    assert machine("governance:read").post(PATH, body_of()).status_code == 403
    assert not Topic.objects.exists()
    draft = made(cast)
    for name, data, status in (
        ("confirm", {}, 409), ("submit", {"reason": "不认识"}, 400), ("fly", {}, 404), ("schedule", {"meeting": "x"}, 400),
        ("withdraw", {}, 400), ("hand_over", {}, 409),
    ):  # fmt: skip
        assert api.post(f"{PATH}{draft.pk}/actions/{name}/", data).status_code == status, name
    topic = submitted(cast)
    assert person(cast.user("principal")).post(f"{PATH}{topic.pk}/actions/screen/").status_code == 403
    hidden = draft_meeting(foreign)
    put = person(cast.user("clerk")).post(f"{PATH}{confirmed(cast).pk}/actions/schedule/", {"meeting": str(hidden.pk)})
    assert put.status_code == 400 and Meeting.objects.get(pk=hidden.pk).items.count() == 1


def test_strangers_get_404_and_the_bureau_reads_what_was_tabled(cast: Cast) -> None:
    topic, item = confirmed(cast), scheduled(cast, draft_meeting(cast))
    stranger = person(factories.make_cast("FH002").user("secretary"))
    for path in (f"{PATH}{topic.pk}/", f"{PATH}{item.topic_id}/"):
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}actions/confirm/").status_code == 404
        assert patch(stranger, path, {"title": "x"}, **{"If-Match": "*"}).status_code == 404
    bureau = person(factories.make_bureau())
    for api in (bureau, machine("governance:read", schools=("FH001",))):
        assert [row["id"] for row in api.get(PATH).json()["results"]] == [str(item.topic_id)]
    assert bureau.post(f"{PATH}{item.topic_id}/actions/postpone/", {"reason": "局里要求"}).status_code == 403
    assert stranger.get(PATH).json()["results"] == []


def test_a_restricted_topic_is_withheld_without_a_word_of_it(cast: Cast) -> None:
    item = scheduled(cast, draft_meeting(cast, PARTY), by="member", matter="P16", title="金丝雀任职")
    path = f"{PATH}{item.topic_id}/"
    for api in (person(cast.user("principal")), person(factories.make_bureau()), machine("governance:read")):
        answer = api.get(PATH)
        assert answer.json()["results"] == [{"id": str(item.topic_id), "withheld": True}]
        assert api.get(path).status_code == 404 and "金丝雀" not in answer.content.decode()
        assert api.get(f"{PATH}?matter=P16").json()["results"] == [], "no asking round about"
    assert person(cast.user("principal")).post(f"{path}actions/withdraw/", {"reason": "试一试"}).status_code == 404
    validate("/api/v1/governance/topics/", "get", "200", {"results": [], "next": None, "previous": None})
    reader = person(cast.user("secretary"))
    for _ in range(2):
        assert reader.get(path).json()["title"] == "金丝雀任职"
    assert Event.objects.filter(kind="governance.topic.read", actor_id=cast.user("secretary").pk).count() == 1


def test_a_draft_in_the_bin_is_a_tombstone(cast: Cast) -> None:
    topic, sent = made(cast), submitted(cast)
    api, url = person(cast.user("team")), f"/api/v1/{PATH}{topic.pk}/"
    assert api.client.delete(url).status_code == 428
    assert person(cast.user("clerk")).client.delete(url, headers={"If-Match": topic.etag}).status_code == 404
    late = api.client.delete(f"/api/v1/{PATH}{sent.pk}/", headers={"If-Match": sent.etag})
    assert late.status_code == 409, "what was sent in is withdrawn"
    assert api.client.delete(url, headers={"If-Match": topic.etag}).status_code == 204
    Topic.objects.filter(pk=sent.pk).update(status="withdrawn")
    assert [row["id"] for row in api.get(PATH).json()["results"]] == [str(sent.pk)]
    assert api.get(f"{PATH}{topic.pk}/").status_code == 404
    rows = [row for row in api.get(f"{PATH}?include_deleted=true").json()["results"] if "deleted" in row]
    assert [set(row) for row in rows] == [{"id", "deleted", "updated_at"}] and rows[0]["id"] == str(topic.pk)
    others = person(cast.user("clerk")).get(f"{PATH}?include_deleted=true").json()["results"]
    assert str(topic.pk) not in {row["id"] for row in others}


def test_hand_over_has_a_door_of_its_own_and_one_on_the_topic(cast: Cast) -> None:
    item = proposed(cast)
    api = person(cast.user("clerk"))
    source = api.get(f"{PATH}{item.topic_id}/").json()
    assert source["actions"] == ["hand_over"]
    made_by = api.post(f"{PATH}hand-over/", {"item": str(item.pk)}, **{"Idempotency-Key": "h1"})
    assert made_by.status_code == 201 and made_by.json()["handed_over_from"] == str(item.pk)
    assert (made_by.json()["body"], made_by.json()["status"], made_by.json()["matter"]) == ("party", "screened", "P21")
    again = api.post(f"{PATH}hand-over/", {"item": str(item.pk)}, **{"Idempotency-Key": "h1"})
    assert again.content == made_by.content and Topic.objects.filter(body="party").count() == 1
    assert api.post(f"{PATH}hand-over/", {"item": str(item.pk)}).status_code == 409
    assert api.post(f"{PATH}{item.topic_id}/actions/hand_over/").status_code == 409
    validate("/api/v1/governance/topics/hand-over/", "post", "201", made_by.json())
    stranger = person(factories.make_cast("FH002").user("clerk"))
    for body in ({"item": str(item.pk)}, {"item": None}, {"item": "x"}):
        assert stranger.post(f"{PATH}hand-over/", body).status_code == 400
    second = proposed(cast)
    through = api.post(f"{PATH}{second.topic_id}/actions/hand_over/")
    assert through.json()["handed_over_from"] == str(second.pk) and through.json()["id"] != str(second.topic_id)


def test_the_list_costs_the_same_for_1_and_20_rows(cast: Cast, django_assert_max_num_queries: Any) -> None:
    api = person(cast.user("team"))
    talk = services.TalkInput(timezone.localdate(), "设备采购", "agreed")
    kept = services.record_talk(school=cast.school, talk=talk, by=cast.user("secretary"), at=now())
    values = {"talks": (kept.pk,), "secrecy": "restricted", "readers": (cast.people["member"].pk,)}
    made(cast, **values)
    api.get(PATH)
    with django_assert_max_num_queries(13) as one:
        api.get(PATH)
    for _ in range(19):
        made(cast, **values)
    with django_assert_max_num_queries(13) as many:
        assert len(api.get(PATH).json()["results"]) == 20
    assert len(one.captured_queries) == len(many.captured_queries)


def test_a_stale_step_is_refused_as_on_the_pages(cast: Cast) -> None:
    topic = submitted(cast)
    act("screen", topic, cast.user("clerk"))
    late = person(cast.user("clerk")).post(
        f"{PATH}{topic.pk}/actions/return/", {"reason": "退回重写"}, **{"If-Match": topic.etag}
    )
    assert late.status_code == 412 and Topic.objects.get(pk=topic.pk).status == "screened"
