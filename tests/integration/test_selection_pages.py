"""选点 on pages and in the API: lists, the application, many at once, batches, coverage, the desk."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from accounts.models import User
from audit.models import Event
from pilots.models import Application, ApplicationStatus
from pilots.services import selection
from schools.models import School
from tests import factories, rollout
from tests.factories import Cast
from tests.integration.test_api import closed, machine, person, resolve

pytestmark = pytest.mark.django_db
LIST = "/pilots/applications/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def bureau() -> User:
    return factories.make_bureau()


@pytest.fixture
def office() -> User:
    return factories.make_office_user("城东教办")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def step(name: str, application: Application, by: User, **given: Any) -> Application:
    act = {"return": selection.return_application}.get(name) or getattr(selection, name)
    changed: Application = act(application=application, by=by, at=timezone.now(), **given)
    return changed


# ---- pages ----


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_school_writes_saves_and_nominates_on_its_page(cast: Cast, bureau: User) -> None:
    batch = rollout.make_batch(bureau)
    page, form = f"{LIST}FH001/", f"{LIST}FH001/edit/"
    clerk, secretary = client_of(cast.user("clerk")), client_of(cast.user("secretary"))
    html = clerk.get(form).content.decode()
    assert "城区、规模中等、基础中等" in html and 'value="nominate"' not in html
    typed = {
        "reasons": "班子一致同意",
        "conditions": "制度健全",
        "sample": "城区中等规模",
        "batch": str(batch.pk),
        "version": 0,
    }
    assert clerk.post(form, typed | {"do": "save"}).status_code == 302
    assert clerk.post(form, typed | {"do": "nominate", "version": 1}).status_code == 409
    assert Application.objects.get().status == "draft"
    late = secretary.post(form, typed | {"reasons": "另一个理由", "version": 99})
    assert late.status_code == 409 and "不同的地方" in text_of(late)
    missing = secretary.post(form, typed | {"sample": "", "do": "nominate", "version": 1})
    assert missing.status_code == 422 and "写明样本定位" in text_of(missing)
    assert (
        secretary.post(form, typed | {"do": "nominate", "version": Application.objects.get().version}).status_code
        == 302
    )
    assert Application.objects.get().status == "nominated"
    assert "待推荐" in text_of(secretary.get(page))
    assert clerk.get(form).status_code == 302, "nothing to edit after the nomination"
    for user in (cast.user("team"), bureau):
        assert client_of(user).get(form).status_code == 404
    assert client_of(factories.make_cast("FH002").user("secretary")).get(page).status_code == 404


def test_office_and_bureau_decide_on_the_page(cast: Cast, bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    application = rollout.make_nominated(cast, batch)
    page = f"{LIST}FH001/"
    client = client_of(office)
    assert "同意推荐" in text_of(client.get(page))
    bad = client.post(page, {"do": "recommend", "text": "", "version": application.version})
    assert bad.status_code == 422 and "写明推荐意见" in text_of(bad)
    assert client.post(page, {"do": "approve", "text": "同意", "version": application.version}).status_code == 409
    assert client.post(page, {"do": "recommend", "text": "同意推荐", "version": application.version}).status_code == 302
    stale = client_of(bureau).post(page, {"do": "return", "text": "请补充材料", "version": application.version})
    assert stale.status_code == 409 and "刚才有人办理过" in text_of(stale)
    version = Application.objects.get().version
    assert (
        client_of(bureau).post(page, {"do": "approve", "batch": str(batch.pk), "version": version}).status_code == 302
    )
    shown = text_of(client_of(cast.user("team")).get(page))
    assert "同意推荐" in shown and "已通过" in shown and 'name="do"' not in shown
    assert "试点推进" in text_of(client_of(bureau).get("/schools/FH001/"))


def test_the_list_shows_views_with_counts_filters_and_files(cast: Cast, bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    rollout.make_recommended(cast, office, batch)
    rollout.make_nominated(factories.make_cast("FH002", office="城西教办", size="small"), batch)
    factories.make_cast("FH003", office=None)
    client = client_of(bureau)

    def listed(query: str, who: Client = client) -> set[str]:
        html = who.get(LIST + query).content.decode()
        return {
            code for code in ("FH001", "FH002", "FH003") if f"/applications/{code}/" in html.partition("<tbody>")[2]
        }

    assert listed("") == {"FH001", "FH002", "FH003"}
    for query, found in (
        ("?view=draft", {"FH003"}), ("?view=nominated", {"FH002"}), ("?view=recommended", {"FH001"}),
        ("?office=direct", {"FH003"}), ("?office=O01", {"FH001"}), ("?batch=2026-1", {"FH001", "FH002"}),
        ("?size=small", {"FH002"}), ("?q=FH003", {"FH003"}), ("?view=x&size=y&cursor=z", {"FH001", "FH002", "FH003"}),
        ("?view=approved", set()),
    ):  # fmt: skip
        assert listed(query) == found, query
    assert listed("", client_of(office)) == {"FH001"} and listed("", client_of(cast.user("team"))) == {"FH001"}
    html = client.get(LIST + "?view=recommended&size=medium").content.decode()
    assert 'href="?view=nominated&amp;size=medium"' in html and 'name="pick"' in html
    content = client.get(f"{LIST}export.csv?view=nominated").content.decode("utf-8-sig")
    assert "FH002" in content and "FH001" not in content
    assert Event.objects.get(kind="pilots.applications.exported").data["rows"] == 1


def test_several_are_decided_on_one_page_with_a_reason_each(bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    rows = [rollout.make_recommended(factories.make_cast(code), office, batch) for code in ("FH001", "FH002")]
    client, url = client_of(bureau), f"{LIST}decide/"
    asked = client.get(url, {"do": "return", "pick": [str(row.pk) for row in rows]})
    assert asked.content.decode().count("<textarea") == 2
    said: dict[str, Any] = {"do": "return", "pick": [str(row.pk) for row in rows]}
    said |= {f"version-{row.pk}": row.version for row in rows}
    bad = client.post(url, said | {f"text-{rows[0].pk}": "请补充样本定位", f"text-{rows[1].pk}": ""})
    assert bad.status_code == 422 and "云上FH002小学：写明理由" in text_of(bad) and "请补充样本定位" in text_of(bad)
    assert Application.objects.filter(status="returned").count() == 0
    good = client.post(url, said | {f"text-{row.pk}": f"{row.school.code} 请补充" for row in rows})
    assert good.status_code == 302 and Application.objects.filter(status="returned").count() == 2
    assert client.get(url, {"do": "approve"}).status_code == 302, "nothing ticked leads back to the list"
    assert client.get(url, {"do": "nominate", "pick": str(rows[0].pk)}).status_code == 404


def test_the_bureau_keeps_batches_on_their_pages(cast: Cast, bureau: User, office: User) -> None:
    client = client_of(bureau)
    typed = {"code": "2026-9", "name": "第九批", "quota": 3, "opens_on": str(rollout.today()), "version": 0}
    assert client.post("/pilots/batches/new/", typed | {"quota": 0}).status_code == 422
    assert client.post("/pilots/batches/new/", typed).status_code == 302
    assert client.post("/pilots/batches/2026-9/edit/", typed | {"name": "第玖批", "version": 7}).status_code == 409
    assert client.post("/pilots/batches/2026-9/edit/", typed | {"name": "第玖批", "version": 1}).status_code == 302
    assert "第玖批" in text_of(client.get("/pilots/batches/")) and "第玖批" in text_of(
        client.get("/pilots/batches/2026-9/")
    )
    assert "2026-9" in client.get("/pilots/batches/export.csv").content.decode()
    for user in (office, cast.user("secretary")):
        assert client_of(user).get("/pilots/batches/").status_code == 200
        assert client_of(user).post("/pilots/batches/new/", typed).status_code == 404
        assert client_of(user).get("/pilots/batches/2026-9/edit/").status_code == 404


def test_what_waits_for_whom_stands_on_the_desk(cast: Cast, bureau: User, office: User) -> None:
    application = rollout.make_nominated(cast, rollout.make_batch(bureau))
    assert "推荐 1 所学校的试点申报" in text_of(client_of(office).get("/"))
    step("return", application, office, reason="请补充工作基础")
    for role in ("secretary", "clerk"):
        assert "修改退回的试点申报" in text_of(client_of(cast.user(role)).get("/")), role
    application = step("nominate", application, cast.user("secretary"))
    step("recommend", application, office, opinion="同意推荐")
    assert "审核 1 所学校的试点申报" in text_of(client_of(bureau).get("/"))
    assert "试点申报" not in text_of(client_of(office).get("/")).partition("等我处理")[2]


def test_lists_cost_the_same_for_1_and_20_schools(bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau, quota=30)
    rollout.make_recommended(factories.make_cast("FH001"), office, batch)
    client, api = client_of(bureau), person(bureau)
    doors = [LIST, "/pilots/batches/", "/pilots/batches/2026-1/", "/pilots/coverage/", "/pilots/coverage/schools/"]
    paths = ["pilots/applications/", "pilots/batches/", "pilots/coverage/", "schools/"]

    def queries() -> list[int]:
        counts = []
        for get, path in [*((client.get, door) for door in doors), *((api.get, path) for path in paths)]:
            get(path)
            with CaptureQueriesContext(connection) as counted:
                assert get(path).status_code == 200, path
            counts.append(len(counted))
        return counts

    one = queries()
    for number in range(2, 21):
        school = factories.make_school(f"FH{number:03d}")
        application = Application(school=school, batch=batch, status=ApplicationStatus.NOMINATED, nominated_by=office,
                                  nominated_at=timezone.now())  # fmt: skip
        application.commit(timezone.now())
    assert queries() == one and max(one) <= 14, one


# ---- API ----


def test_applications_batches_and_coverage_by_api(cast: Cast, bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    application = rollout.make_recommended(cast, office, batch)
    rollout.make_nominated(factories.make_cast("FH002", office="城西教办"))
    api = machine("pilots:read", schools=("FH001",))
    rows = api.get("pilots/applications/").json()["results"]
    assert [(row["school"], row["batch"], row["status"]) for row in rows] == [("FH001", "2026-1", "recommended")]
    assert [(o["step"], o["result"], o["by"]) for o in rows[0]["opinions"]] == [
        ("nomination", "passed", cast.secretary.name), ("recommendation", "passed", "钱教办"),
    ]  # fmt: skip
    whole = machine("pilots:read")
    for query, count in (
        ("school=FH001", 1), ("status=nominated", 1), ("batch=2026-1", 1), ("office=O02", 1), ("status=approved", 0),
        ("ordering=-updated_at", 2),
    ):  # fmt: skip
        assert len(whole.get(f"pilots/applications/?{query}").json()["results"]) == count, query
    for bad in ("status=maybe", "colour=red"):
        assert whole.get(f"pilots/applications/?{bad}").status_code == 400
    assert machine("schools:read").get("pilots/applications/").status_code == 403
    assert api.get(f"pilots/applications/{Application.objects.get(school__code='FH002').pk}/").status_code == 404
    human = person(bureau)
    body = human.get(f"pilots/applications/{application.pk}/")
    assert body.json()["actions"] == ["approve", "return"]
    path = f"pilots/applications/{application.pk}/actions"
    assert human.post(f"{path}/approve/", {"batch": "2099-9"}).status_code == 400
    assert person(office).post(f"{path}/approve/").status_code == 403
    assert human.post(f"{path}/keep_recommendation/").status_code == 404
    stale = human.post(f"{path}/approve/", {}, **{"If-Match": '"0-0"'})
    done = human.post(f"{path}/approve/", {"opinion": "同意"}, **{"If-Match": body["ETag"], "Idempotency-Key": "a1"})
    again = human.post(f"{path}/approve/", {"opinion": "同意"}, **{"If-Match": body["ETag"], "Idempotency-Key": "a1"})
    assert stale.status_code == 412 and done.status_code == 200 and done.json()["status"] == "approved"
    assert again.content == done.content or again.status_code == 412
    assert human.post(f"{path}/approve/").status_code == 409
    inside = whole.get("pilots/batches/").json()["results"]
    assert [(row["code"], row["schools"]) for row in inside] == [("2026-1", ["FH001"])]
    rollout.implement(School.objects.get(pk=cast.school.pk), bureau, rollout.today())
    found = whole.get("pilots/coverage/").json()
    assert (found["eligible"], found["implemented"], found["rate"], found["not_implemented"]) == (2, 1, 50.0, ["FH002"])
    assert found["by_office"] == [
        {"code": "O01", "eligible": 1, "implemented": 1, "rate": 100.0},
        {"code": "O02", "eligible": 1, "implemented": 0, "rate": 0.0},
    ]
    before = whole.get(f"pilots/coverage/?as_of={rollout.today() - timedelta(days=1)}").json()
    assert (before["implemented"], before["by_batch"][0]["code"]) == (0, None)
    for bad in ("as_of=x", f"as_of={rollout.today() + timedelta(days=1)}", "day=1"):
        assert whole.get(f"pilots/coverage/?{bad}").status_code == 400, bad
    assert api.get("pilots/coverage/").json()["eligible"] == 1, "a client of one school sees that school"


def test_a_school_drafts_and_nominates_by_api(cast: Cast) -> None:
    clerk, secretary = person(cast.user("clerk")), person(cast.user("secretary"))
    body = {"school": "FH001", "reasons": "理由", "conditions": "基础", "sample": "样本"}
    made = clerk.post("pilots/applications/", body, **{"Idempotency-Key": "n1"})
    assert made.status_code == 201 and made.json()["status"] == "draft"
    assert clerk.post("pilots/applications/", body, **{"Idempotency-Key": "n1"}).content == made.content
    path = f"pilots/applications/{made.json()['id']}/actions/nominate/"
    assert clerk.post(path).status_code == 403 and secretary.post(path).json()["status"] == "nominated"
    assert clerk.post("pilots/applications/", body).status_code == 409
    assert clerk.post("pilots/applications/", body | {"school": "FH999"}).status_code == 400
    client = machine("pilots:read", "pilots:write")
    assert client.post("pilots/applications/", body).status_code == 403, "a client holds no post"


def test_what_the_api_answers_is_what_its_document_says(cast: Cast, bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    application, policy = rollout.make_recommended(cast, office, batch), rollout.make_published(bureau)
    api = person(bureau)
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    paths = {f"pilots/{name}/": "" for name in ("applications", "batches", "policies", "receipts", "coverage")}
    for name, found in (
        ("applications", application),
        ("batches", batch),
        ("policies", policy),
        ("receipts", policy.receipts.first()),
    ):
        paths[f"pilots/{name}/{{id}}/"] = str(found.pk)
    for path, pk in paths.items():
        answer = api.get(path.replace("{id}", pk)).json()
        schema = document["paths"][f"/api/v1/{path}"]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        Draft202012Validator(closed(resolve(schema, document))).validate(answer)


# ---- coverage on its page ----


def test_coverage_says_in_one_sentence_what_every_table_adds_up_to(cast: Cast, bureau: User, office: User) -> None:
    rollout.make_approved(cast, office, bureau, rollout.make_batch(bureau))
    rollout.implement(School.objects.get(pk=cast.school.pk), bureau, rollout.today())
    factories.make_cast("FH002", office=None, size="small", location="rural")
    factories.make_cast("FH003", has_committee=False)
    client = client_of(bureau)
    shown = text_of(client.get("/pilots/coverage/"))
    assert "2 所 建立党组织委员会的学校，全面实施 1 所 ，覆盖率 50.0%" in shown and "未分批" in shown
    home = client.get("/")
    assert "已全部实施" not in text_of(home), "not all of them"
    figures = [figure for strand in home.context["strands"] for figure in strand["figures"]]
    assert ("1", "／2 所已实施", "/pilots/coverage/") in {(f["value"], f["unit"], f["url"]) for f in figures}
    yesterday = rollout.today() - timedelta(days=1)
    assert "覆盖率 0.0%" in text_of(client.get(f"/pilots/coverage/?as_of={yesterday}"))
    for query, codes in (
        ("", {"FH001", "FH002"}), ("?state=done", {"FH001"}), ("?office=direct", {"FH002"}), ("?batch=none", {"FH002"}),
        ("?batch=2026-1&state=left", set()), (f"?as_of={yesterday}&state=done", set()), ("?size=small&location=rural", {"FH002"}),
    ):  # fmt: skip
        html = client.get(f"/pilots/coverage/schools/{query}").content.decode()
        assert {code for code in ("FH001", "FH002", "FH003") if f"/{code}/" in html.partition("<tbody>")[2]} == codes, (
            query
        )
    assert "FH002" in client.get("/pilots/coverage/export.csv?state=left").content.decode("utf-8-sig")
    assert "1 所 建立党组织委员会的学校" in text_of(client_of(cast.user("team")).get("/pilots/coverage/"))
