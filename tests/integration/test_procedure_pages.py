"""Pages and API of the rules of procedure: through the door, to the row, to what the page says."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from governance import procedures
from governance.models import Clause, ModelText, SchoolLimit, SchoolRules
from governance.services import model_texts, school_rules
from schools.permissions import Body, Post
from tests import factories
from tests.integration.test_api import machine

pytestmark = pytest.mark.django_db
PARTY = {"code": "FH001", "body": "party"}


@pytest.fixture
def cast() -> factories.Cast:
    factories.reference()
    return factories.make_cast()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(answer: Any) -> str:
    return str(answer.content.decode())


def start(cast: factories.Cast, body: str = "party", *, from_last: bool = False) -> SchoolRules:
    return school_rules.start_school_rules(
        school=cast.school, body=body, from_last=from_last, by=cast.user("clerk"), at=timezone.now()
    )


def adopt(cast: factories.Cast, draft: SchoolRules) -> SchoolRules:
    meeting = factories.make_signed(cast, matters=(draft.model_text.adopted_under,))
    return school_rules.adopt_school_rules(
        draft=draft,
        meeting=meeting.pk,
        effective_from=timezone.localdate(),
        version=None,
        by=cast.user("secretary"),
        at=timezone.now(),
    )


def draft_url(name: str = "school-rules-draft", **values: str) -> str:
    return reverse(f"governance:{name}", kwargs={**PARTY, **values})


# ---- the bureau's model text ----


def test_everybody_reads_the_issued_text_and_nobody_but_the_organiser_its_draft(cast: factories.Cast) -> None:
    text = procedures.model_text_on("party", timezone.localdate())
    assert text is not None
    client = signed_in(cast.user("clerk"))
    listed, shown = page(client.get(reverse("governance:model-texts"))), page(client.get(text.get_absolute_url()))
    assert "今天施行" in listed and "起草新版" not in listed
    assert "参考文本（重建稿），以区局正式文本为准" in shown and "第四十八条" in shown and "R-Q01" in shown
    only = page(client.get(text.get_absolute_url(), {"kind": "declaratory"}))
    assert "宣示条款" in only and "第二十五条" not in only
    draft = model_texts.draft_model_text(body="party", by=factories.make_bureau(), at=timezone.now())
    for name in ("model-text", "model-text-issue"):
        assert client.get(reverse(f"governance:{name}", args=[draft.pk])).status_code == 404
    assert client.post(reverse("governance:model-texts"), {"body": "principal"}).status_code == 404


def test_the_organiser_writes_a_clause_in_its_place_and_issues_the_version(cast: factories.Cast) -> None:
    client = signed_in(factories.make_bureau())
    answer = client.post(reverse("governance:model-texts"), {"body": "party"})
    draft = ModelText.objects.get(status="draft")
    assert answer.headers["Location"] == draft.get_absolute_url()
    row = procedures.model_clauses(draft)[16]
    opened = page(client.get(draft.get_absolute_url(), {"edit": str(row.pk)}))
    assert "修改第十七条" in opened and row.text in opened
    data = {"do": "save", "edit": str(row.pk), "version": draft.version, "kind": "judged", "rules": "R-T04、R-X99"}
    wrong = client.post(draft.get_absolute_url(), {**data, "text": "改成提前三日。"})
    assert wrong.status_code == 422 and "没有规则 R-X99" in page(wrong) and "改成提前三日。" in page(wrong)
    right = client.post(draft.get_absolute_url(), {**data, "text": "改成提前三日。", "rules": "R-T04"})
    assert right.status_code == 302
    assert "<del>" in page(client.get(draft.get_absolute_url(), {"changes": "1"}))
    stale = client.post(draft.get_absolute_url(), {**data, "text": "又改。", "rules": "R-T04"})
    assert stale.status_code == 409 and "刚才有人改过" in page(stale) and "又改。" in page(stale)
    draft.refresh_from_db()
    issue_url = reverse("governance:model-text-issue", args=[draft.pk])
    given = {
        "number": "2027-1",
        "title": "示范文本",
        "note": "某文号",
        "adopted_under": "P03",
        "version": draft.version,
    }
    early = client.post(issue_url, {**given, "effective_from": "2020-01-01"})
    assert early.status_code == 422 and "或以后" in page(early)
    done = client.post(issue_url, {**given, "effective_from": str(timezone.localdate())})
    assert done.status_code == 302
    assert procedures.model_text_on("party", timezone.localdate()) == draft
    assert client.post(draft.get_absolute_url(), {**data, "text": "发布以后"}).status_code == 409


def test_clauses_are_added_moved_and_removed_by_buttons_and_a_draft_is_given_up(cast: factories.Cast) -> None:
    client = signed_in(factories.make_bureau())
    draft = model_texts.draft_model_text(body="principal", by=factories.make_bureau(username="zz"), at=timezone.now())
    url, first = draft.get_absolute_url(), procedures.model_clauses(draft)[0]

    def post(**values: Any) -> Any:
        draft.refresh_from_db()
        return client.post(url, {"version": draft.version, **values})

    assert post(do="save", after=str(first.pk), text="新的一条。", kind="declaratory").status_code == 302
    new = Clause.objects.get(model_text=draft, text="新的一条。")
    assert new.number == "第二条"
    assert post(do="up", clause=str(new.pk)).status_code == 302
    new.refresh_from_db()
    assert new.number == "第一条"
    assert post(do="up", clause=str(new.pk)).status_code == 409
    assert post(do="remove", clause=str(new.pk)).status_code == 302
    assert post(do="down", clause=str(new.pk)).status_code == 409
    assert post(do="up", clause="no-id").status_code == 404
    assert post(do="burn").status_code == 404
    issue_url = reverse("governance:model-text-issue", args=[draft.pk])
    assert client.post(issue_url, {"do": "discard", "version": "0"}).status_code == 409
    draft.refresh_from_db()
    assert client.post(issue_url, {"do": "discard", "version": draft.version}).status_code == 302
    assert not ModelText.objects.filter(pk=draft.pk).exists()


# ---- a school's own ----


def test_a_school_begins_from_the_model_text_and_sees_what_it_changed(cast: factories.Cast) -> None:
    client = signed_in(cast.user("clerk"))
    home = reverse("governance:school-rules", kwargs=PARTY)
    assert "从示范文本起草" in page(client.get(home))
    assert client.post(home, {"from": "model"}).headers["Location"] == draft_url()
    draft = SchoolRules.objects.get()
    rows = procedures.clauses_of(draft)

    def post(**values: Any) -> Any:
        draft.refresh_from_db()
        return client.post(draft_url(), {"version": draft.version, **values})

    changed = rows[12].text.replace("2日", "3日")
    assert post(do="save", edit=str(rows[12].pk), text=changed).status_code == 302
    assert post(do="save", after=str(rows[12].pk), text="本校自己的一条。").status_code == 302
    assert post(do="remove", clause=str(rows[20].pk)).status_code == 302
    empty = post(do="save", edit=str(rows[1].pk), text="  ")
    assert empty.status_code == 422 and "写条文" in page(empty)
    shown = page(client.get(draft_url()))
    assert "<del>2</del><ins>3</ins>" in shown and "本校自己的一条。" in shown and "恢复这一条" in shown
    missing = page(client.get(draft_url(), {"show": "missing"}))
    assert rows[20].text in missing and "本校自己的一条。" not in missing
    assert post(do="restore", clause=str(rows[20].source_id)).status_code == 302
    assert "恢复这一条" not in page(client.get(draft_url()))
    assert post(do="down", clause=str(rows[0].pk)).status_code == 302
    assert client.post(draft_url(), {"do": "discard", "version": "0"}).status_code == 409
    draft.refresh_from_db()
    assert client.post(draft_url(), {"do": "discard", "version": draft.version}).status_code == 302
    assert not SchoolRules.objects.exists()
    assert client.get(draft_url()).headers["Location"] == home


def test_members_read_the_draft_the_bureau_and_other_schools_do_not(cast: factories.Cast) -> None:
    draft = start(cast)
    row = procedures.clauses_of(draft)[0]
    member = signed_in(cast.user("member"))
    shown = page(member.get(draft_url()))
    assert row.text in shown and "在后面加一条" not in shown and draft_url("school-rules-adopt") not in shown
    refused = member.post(draft_url(), {"do": "save", "edit": str(row.pk), "text": "改", "version": draft.version})
    assert refused.status_code == 403 and "由书记、校长或党政办起草" in page(refused)
    stranger = factories.make_cast("FH002").user("secretary")
    for user in (factories.make_bureau(), factories.make_office_user(), stranger):
        client = signed_in(user)
        for name in ("school-rules-draft", "school-rules-stricter", "school-rules-adopt"):
            assert client.get(draft_url(name)).status_code == client.post(draft_url(name)).status_code == 404
    assert signed_in(stranger).get(reverse("governance:school-rules", kwargs=PARTY)).status_code == 404
    assert signed_in(cast.user("clerk")).get(draft_url(body="third")).status_code == 404
    office = page(
        signed_in(factories.make_office_user(username="o2")).get(reverse("governance:school-rules", kwargs=PARTY))
    )
    assert "起草中" in office and draft_url() not in office


def test_a_looser_setting_is_refused_at_its_field_and_nothing_typed_is_lost(cast: factories.Cast) -> None:
    draft = start(cast)
    client, url = signed_in(cast.user("clerk")), draft_url("school-rules-stricter")
    settings = procedures.open_settings("party", timezone.localdate())
    data = {f"{s.rule}.{s.name}": str(s.now) for s in settings} | {"version": str(draft.version)}
    assert "三分之二以上（区局要求）" in page(client.get(url))
    loose = client.post(url, {**data, "R-T03.min_days_before": "1", "R-T04.min_days_before": "7"})
    assert loose.status_code == 422
    assert "区局要求提前 2 天，本校不能更宽" in page(loose) and 'value="7"' in page(loose)
    forged = client.post(url, {**data, "R-Q02.threshold": "at_least_half"})
    assert forged.status_code == 422 and "区局要求三分之二以上，本校不能更宽" in page(forged)
    done = client.post(url, {**data, "R-T04.min_days_before": "7", "R-T20.severity": "block"})
    assert done.status_code == 302
    draft.refresh_from_db()
    assert draft.tightened == {"R-T04": {"min_days_before": 7}, "R-T20": {"severity": "block"}}
    assert client.post(url, data).status_code == 409, "stale"
    assert "提前 7 天" in page(client.get(draft_url()))
    assert "disabled" in page(signed_in(cast.user("team")).get(url))


def test_the_secretary_registers_the_meeting_and_the_version_is_then_read_by_all(cast: factories.Cast) -> None:
    draft = start(cast)
    url, secretary = draft_url("school-rules-adopt"), signed_in(cast.user("secretary"))
    assert "还没有可以登记的会议" in page(secretary.get(url))
    meeting = factories.make_signed(cast, matters=("P03",))
    assert meeting.title() in page(secretary.get(url))
    data = {"meeting": str(meeting.pk), "effective_from": str(timezone.localdate()), "version": draft.version}
    by_clerk = signed_in(cast.user("clerk")).post(url, data)
    assert by_clerk.status_code == 403 and "由书记登记" in page(by_clerk)
    other = factories.make_signed(cast)
    assert secretary.post(url, {**data, "meeting": str(other.pk)}).status_code == 422
    early = secretary.post(url, {**data, "effective_from": str(timezone.localdate() - timedelta(days=1))})
    assert early.status_code == 422 and "当天或以后" in page(early)
    done = secretary.post(url, data)
    version = reverse("governance:school-rules-version", kwargs={**PARTY, "number": 1})
    assert done.headers["Location"] == version
    for user in (cast.user("team"), factories.make_bureau(Post.LEADER), factories.make_office_user()):
        shown = page(signed_in(user).get(version))
        assert meeting.title() in shown and "采用" in shown
    assert "施行中" in page(secretary.get(reverse("governance:school-rules", kwargs=PARTY)))
    assert "第 1 版" in page(secretary.get(cast.school.get_absolute_url()))
    stranger = signed_in(factories.make_cast("FH002").user("secretary"))
    assert stranger.get(version).status_code == 404
    assert secretary.get(reverse("governance:school-rules-version", kwargs={**PARTY, "number": 9})).status_code == 404


def test_two_versions_of_a_school_are_compared(cast: factories.Cast) -> None:
    first = start(cast)
    school_rules.add_school_clause(
        draft=first, text="每周三汇总议题报送审定。", after=None, version=None, by=cast.user("clerk"), at=timezone.now()
    )
    adopt(cast, first)
    second = start(cast, from_last=True)
    rows = procedures.clauses_of(second)
    given: dict[str, Any] = {"draft": second, "version": None, "by": cast.user("clerk"), "at": timezone.now()}
    school_rules.save_school_clause(clause=rows[0].pk, text="每周四汇总议题报送审定。", **given)
    school_rules.remove_school_clause(clause=rows[5].pk, **given)
    adopt(cast, second)
    url = reverse("governance:school-rules-version", kwargs={**PARTY, "number": 2})
    shown = page(signed_in(cast.user("clerk")).get(url, {"with": "1"}))
    assert "每周<del>三</del><ins>四</ins>" in shown and "与第 1 版对照" in shown
    assert "去掉 <span" in shown and rows[5].text in shown


# ---- 大额标准 ----


def test_the_secretary_registers_an_amount_and_everybody_of_the_school_sees_it(cast: factories.Cast) -> None:
    url = reverse("governance:school-limits", kwargs={"code": "FH001"})
    secretary, clerk = signed_in(cast.user("secretary")), signed_in(cast.user("clerk"))
    data = {"amount": "30000", "effective_from": "2026-01-01", "basis": "党组织会议"}
    refused = clerk.post(url, data)
    assert refused.status_code == 403 and "由书记登记" in page(refused)
    wrong = secretary.post(url, {**data, "amount": "-5", "basis": ""})
    assert wrong.status_code == 422 and "金额要大于 0 元" in page(wrong) and "哪次会议" in page(wrong)
    assert secretary.post(url, data).status_code == 302
    assert secretary.post(url, data).status_code == 422, "one amount a day"
    later = {**data, "amount": "5", "effective_from": str(timezone.localdate() + timedelta(days=9))}
    secretary.post(url, later)
    assert "30,000" in page(clerk.get(url)) and "还没执行" in page(clerk.get(url))
    slip = SchoolLimit.objects.get(amount=5)
    assert secretary.post(url, {"do": "withdraw", "limit": str(slip.pk)}).status_code == 302
    now = SchoolLimit.objects.get()
    assert secretary.post(url, {"do": "withdraw", "limit": str(now.pk)}).status_code == 409
    stranger = signed_in(factories.make_cast("FH002").user("secretary"))
    assert stranger.get(url).status_code == stranger.post(url, data).status_code == 404
    theirs = reverse("governance:school-limits", kwargs={"code": "FH002"})
    assert stranger.post(theirs, {"do": "withdraw", "limit": str(now.pk)}).status_code == 404


# ---- all schools ----


def test_the_table_says_who_has_adopted_what_within_sight(cast: factories.Cast) -> None:
    draft = start(cast)
    rows = procedures.clauses_of(draft)
    given: dict[str, Any] = {"draft": draft, "version": None, "by": cast.user("clerk"), "at": timezone.now()}
    school_rules.save_school_clause(clause=rows[0].pk, text="改写的第一条。", **given)
    school_rules.remove_school_clause(clause=rows[1].pk, **given)
    school_rules.set_stricter(wanted={("R-T03", "min_days_before"): 3}, **given)
    adopt(cast, draft)
    factories.make_cast("FH002", "另一所小学", office="城西教办")
    url = reverse("governance:procedures")
    bureau = signed_in(factories.make_bureau(Post.SUPERVISOR))
    shown = page(bureau.get(url))
    assert "R-T03 提前 3 天" in shown and "另一所小学" in shown and "1 所</a>只通过一份" in shown
    assert "另一所小学" not in page(bureau.get(url, {"state": "partly"}))
    assert "另一所小学" in page(bureau.get(url, {"state": "none"}))
    assert page(bureau.get(url, {"state": "both"})).count("没有符合这些条件的学校") == 1
    office = page(signed_in(factories.make_office_user()).get(url))
    assert "另一所小学" not in office and "R-T03" in office
    assert signed_in(cast.user("clerk")).get(url).headers["Location"] == reverse(
        "governance:school-rules", kwargs=PARTY
    )
    assert signed_in(factories.make_bureau(Post.AUDITOR)).get(url).status_code == 404
    export = bureau.get(reverse("governance:procedures-export", args=["csv"]), {"state": "partly"})
    lines = export.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4 and "46,1,0,1" in lines[2] and "未通过" in lines[3]
    assert Event.objects.get(kind="governance.rules_of_procedure.exported").data["filters"] == {"state": "partly"}
    assert bureau.get(reverse("governance:procedures-export", args=["pdf"])).status_code == 404


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_table_costs_the_same_for_one_school_and_for_many(cast: factories.Cast) -> None:
    start(cast)
    client = signed_in(factories.make_bureau())
    url = reverse("governance:procedures")
    one = queries(client, url)
    for number in range(10, 22):
        school = factories.make_school(f"FH0{number}")
        text = procedures.model_text_on("party", timezone.localdate())
        assert text is not None
        SchoolRules(school=school, body="party", number=1, model_text=text).commit(timezone.now())
    assert queries(client, url) == one


# ---- API ----


def test_the_api_shows_versions_with_relations_and_keeps_drafts_for_the_school(cast: factories.Cast) -> None:
    first = start(cast)
    rows = procedures.clauses_of(first)
    given: dict[str, Any] = {"draft": first, "version": None, "by": cast.user("clerk"), "at": timezone.now()}
    school_rules.save_school_clause(clause=rows[0].pk, text="改写的第一条。", **given)
    school_rules.add_school_clause(text="新增的一条。", after=rows[0].pk, **given)
    school_rules.remove_school_clause(clause=rows[2].pk, **given)
    adopt(cast, first)
    draft = start(cast, "principal")
    outside = machine("governance:read")
    listed = outside.get("governance/procedures/").json()["results"]
    assert [row["id"] for row in listed] == [str(first.pk)]
    assert listed[0]["counts"] == {"adopted": len(rows) - 2, "adapted": 1, "added": 1, "missing": 1}
    detail = outside.get(f"governance/procedures/{first.pk}/")
    body = detail.json()
    assert [clause["relation"] for clause in body["clauses"][:3]] == ["adapted", "added", "adopted"]
    assert body["clauses"][0]["model_clause"] == "D01" and body["clauses"][1]["model_clause"] is None
    assert [clause["model_clause"] for clause in body["missing"]] == ["D03"]
    assert body["adopted_at_meeting"] and body["school"] == "FH001" and body["status"] == "adopted"
    assert (
        outside.get(f"governance/procedures/{first.pk}/", **{"If-None-Match": detail.headers["ETag"]}).status_code
        == 304
    )
    assert outside.get(f"governance/procedures/{draft.pk}/").status_code == 404
    clerk = signed_in(cast.user("clerk"))
    assert clerk.get(f"/api/v1/governance/procedures/{draft.pk}/").json()["status"] == "draft"
    assert machine("schools:read").get("governance/procedures/").status_code == 403
    elsewhere = machine("governance:read", schools=("FH002",)) if factories.make_cast("FH002") else None
    assert elsewhere is not None and elsewhere.get(f"governance/procedures/{first.pk}/").status_code == 404
    assert outside.get("governance/procedures/?body=third").status_code == 400
    assert outside.get("governance/procedures/?school=FH001&body=party&status=adopted").json()["results"]
    assert json.loads(clerk.get("/api/v1/governance/procedures/").content)["results"][1]["body"] == Body.PRINCIPAL.value


def test_a_page_of_the_api_costs_the_same_for_one_version_and_for_many(cast: factories.Cast) -> None:
    client = signed_in(cast.user("clerk"))
    start(cast)
    url = "/api/v1/governance/procedures/"
    one = queries(client, url)
    start(cast, "principal")
    text = procedures.model_text_on("party", timezone.localdate())
    assert text is not None
    for number in range(2, 12):
        version = SchoolRules(school=cast.school, body="party", number=number, model_text=text, status="adopted")
        version.adopted_at_meeting = version.adopted_at_meeting or factories.make_meeting(cast)
        version.adopted_on = version.effective_from = timezone.localdate()
        version.commit(timezone.now())
    assert queries(client, url) == one
