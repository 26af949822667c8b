"""程序规则 on the screen: every rule with its basis honestly marked; drafts for 组织科 alone; faults at their fields."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import local_day
from governance import rule_words, shown
from governance.models import Issue, RuleBook
from governance.rules.engine import ORDER
from governance.rules.load import delivered_reference, read_rules
from schools.permissions import Post
from tests import factories
from tests.integration.test_rule_versions import AT, TODAY, client_of, issue, replayed, save

pytestmark = pytest.mark.django_db
BOOK = {rule["id"]: rule for rule in read_rules()["rules"]}
OURS = [rule_id for rule_id, rule in BOOK.items() if rule["evidence"] in ("recall", "design")]


@pytest.fixture
def organiser() -> User:
    factories.reference()
    return factories.make_bureau(Post.ORGANISER)


@pytest.fixture
def desk(organiser: User) -> Client:
    return client_of(organiser)


@pytest.fixture
def draft(desk: Client) -> RuleBook:
    desk.post(reverse("governance:rules-draft-start"))
    return RuleBook.objects.get(status=Issue.DRAFT)


def text_of(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"governance:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def typed(draft: RuleBook, **values: Any) -> dict[str, Any]:
    base = {"version": draft.version, "severity": "warn", "in_use": "on", "statement": "议题会前提交。", "note": ""}
    return {**base, "min_days_before": "3", **values}


# ---- list ----


def test_every_rule_of_the_version_in_force_is_listed(desk: Client) -> None:
    page = text_of(desk, "rules")
    assert all(f">{rule_id}<" in page for rule_id in BOOK)
    assert f"{len(BOOK)} 条，其中" in page and "以区局正式文本为准" in page and "依据怎么标注" in page


@pytest.mark.parametrize("role", ["secretary", "clerk", "nobody", "office"])
def test_everybody_signed_in_may_read_the_rules_and_nobody_else_sees_drafts(role: str) -> None:
    factories.reference()
    cast = factories.make_cast()
    factories.make_person("无任职", "nobody")
    users = {"nobody": User.objects.get(username="nobody"), "office": factories.make_office_user()}
    client = client_of(users.get(role) or cast.user(role))
    assert "规则草案" not in text_of(client, "rules") + text_of(client, "rule", "R-Q01")
    for name, args in (
        ("rules-draft", ()), ("rules-draft-rule", ("R-T03",)), ("rules-draft-issue", ()), ("replay", ()),
    ):  # fmt: skip
        assert client.get(reverse(f"governance:{name}", args=args)).status_code == 404
    for name in ("rules-draft-start", "rules-draft-discard", "rules-draft-issue", "replay"):
        assert client.post(reverse(f"governance:{name}")).status_code == 404
    assert not RuleBook.objects.filter(status=Issue.DRAFT).exists()


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("?body=principal", "R-C03", "R-C01"),
        ("?body=party", "R-C01", "R-C03"),
        ("?severity=record", "R-C06", "R-C01"),
        ("?kind=judged", "R-T19", "R-E03"),
        ("?kind=declaratory", "R-E03", "R-C01"),
        ("?kind=recorded", "R-D02", "R-E03"),
        ("?q=末位", "R-V02", "R-C01"),
        ("?q=绍兴市第一中学", "R-C01", "R-C02"),
        ("?severity=nonsense&body=1", "R-C01", "R-X99"),
    ],
)
def test_filters_narrow_the_list(desk: Client, query: str, there: str, gone: str) -> None:
    page = text_of(desk, "rules", query=query)
    assert f">{there}<" in page and f">{gone}<" not in page


def test_an_unknown_version_or_rule_is_not_found(desk: Client) -> None:
    assert desk.get(reverse("governance:rules") + "?version=2099-1").status_code == 404
    assert desk.get(reverse("governance:rules") + "?version=草案").status_code == 404
    assert desk.get(reverse("governance:rule", args=["R-X99"])).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_leaves_as_a_file_and_that_is_a_fact(desk: Client, kind: str) -> None:
    answer = desk.get(reverse("governance:rules-export", args=[kind]) + "?severity=block")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    event = Event.objects.get(kind="governance.rulebook.exported")
    assert event.data["rows"] == sum(rule["severity"] == "block" for rule in BOOK.values())
    if kind == "csv":
        assert "R-C01" in answer.content.decode("utf-8-sig") and "R-C02" not in answer.content.decode("utf-8-sig")


# ---- one rule ----


@pytest.mark.parametrize("rule_id", BOOK)
def test_each_rule_has_its_page_with_plain_words(desk: Client, rule_id: str) -> None:
    page = text_of(desk, "rule", rule_id)
    assert rule_words.punctuated(BOOK[rule_id]["statement"]) in page
    main = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main")])
    assert not re.search(r"[a-z]+_[a-z]+|at_least|\{|\}|https?:|www\.", main), (
        "codes and addresses stay out of the text"
    )
    assert ("系统不核查这一条" in page) == (rule_words.judged(BOOK[rule_id]) is None)


@pytest.mark.parametrize("rule_id", ORDER)
def test_each_rule_of_the_contract_says_how_it_is_judged(rule_id: str) -> None:
    how = rule_words.judged(BOOK[rule_id])
    assert how is not None and how.met and not how.said


@pytest.mark.parametrize("rule_id", OURS)
def test_what_rests_on_recall_or_design_is_a_suggestion_and_names_no_document(desk: Client, rule_id: str) -> None:
    titles = {source["id"]: rule_words.punctuated(source["title"]) for source in read_rules()["sources"]}
    page = text_of(desk, "rule", rule_id)
    assert "<li>本平台建议</li>" in page
    assert not any(titles[source] in page for source in BOOK[rule_id]["sources"])


def test_other_evidence_is_marked_for_what_it_is(desk: Client) -> None:
    assert "<li>参照：" in text_of(desk, "rule", "R-A06")
    assert "<li>匿名范文：" in text_of(desk, "rule", "R-T20")
    direct = text_of(desk, "rule", "R-V10")
    assert "<li>经搬中学党总支会议制度（2023）</li>" in direct and "<li>本平台建议</li>" in direct


def test_a_rule_names_its_matters_and_whether_it_may_be_waived(desk: Client) -> None:
    cadres = text_of(desk, "rule", "R-T12")
    assert "/P16/" in cadres and "/P17/" in cadres and "/P18/" not in cadres and "写明理由可以放行" in cadres
    assert "法定要件，不能放行" in text_of(desk, "rule", "R-Q01")
    two_thirds = text_of(desk, "rule", "R-Q02")
    matters = delivered_reference().matters
    assert all((f"/{code}/" in two_thirds) == matter.two_thirds for code, matter in matters.items())


def test_the_history_of_a_rule_says_what_changed_when(desk: Client, draft: RuleBook, organiser: User) -> None:
    draft = save(draft, "R-T03", organiser, severity="block", parameters={"min_days_before": 3})
    replayed(draft, organiser)
    issue(draft, organiser, day=TODAY + timedelta(days=5))
    page = text_of(desk, "rule", "R-T03")
    assert "2027-1" in page and "至少提前（天）" in page and f"到 {TODAY + timedelta(days=4)} 为止" in page
    assert "早 2 天以上" in page, "until its day comes, the version in force is shown"
    assert "早 3 天以上" in text_of(desk, "rule", "R-T03", query="?version=2027-1")
    assert "没有变化" in text_of(desk, "rule", "R-T04")


def test_findings_on_pages_show_a_suggestion_as_such_and_the_api_answer_stays() -> None:
    reference = delivered_reference()
    from governance.rules.findings import Outcome, Result, Severity

    law = reference.rules["R-Q05"]
    result = Result("R-Q05", "items/1", Outcome.FAIL, Severity.BLOCK, "不够。", {}, law.basis, "补。")
    assert shown.named(result)["basis"] == ["本平台建议"]
    assert result.as_document()["basis"] == [{"source": "DESIGN", "text": "本项目的设计建议(无公开出处)"}]


# ---- drafts ----


def test_a_draft_is_started_edited_and_shown_with_its_difference(desk: Client, draft: RuleBook) -> None:
    assert "还没有改动" in text_of(desk, "rules-draft")
    answer = desk.post(reverse("governance:rules-draft-rule", args=["R-T03"]), typed(draft, severity="block"))
    assert answer.status_code == 302
    page = text_of(desk, "rules-draft")
    assert '<del class="fh-del">2</del>' in page and '<ins class="fh-ins">3</ins>' in page and "改了 1 条规则" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"min_days_before": "两天"}, "填整数"),
        ({"min_days_before": "999"}, "填 0 至 366 的整数"),
        ({"severity": ""}, "选拦截、提醒或记录"),
        ({"statement": ""}, "条文写 4 至 300 个字"),
    ],
)
def test_faults_stand_at_their_field_and_nothing_typed_is_lost(
    desk: Client, draft: RuleBook, values: dict[str, str], said: str
) -> None:
    answer = desk.post(
        reverse("governance:rules-draft-rule", args=["R-T03"]), typed(draft, note="我写的说明", **values)
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and "我写的说明" in page and "有 1 处要改" in page
    assert RuleBook.objects.get(pk=draft.pk).content == draft.content


def test_matters_are_typed_as_a_list_of_codes(desk: Client, draft: RuleBook) -> None:
    address = reverse("governance:rules-draft-rule", args=["R-T12"])
    form = {"version": draft.version, "severity": "block", "in_use": "on", "statement": "须先酝酿。"}
    assert "目录里没有 P99" in desk.post(address, {**form, "catalogue": "P16，P99"}).content.decode()
    assert desk.post(address, {**form, "catalogue": "p16 P18"}).status_code == 302
    stored = next(r for r in RuleBook.objects.get(pk=draft.pk).content["rules"] if r["id"] == "R-T12")
    assert stored["parameters"]["catalogue"] == ["P16", "P18"]


def test_two_people_at_one_rule_are_told_of_each_other(desk: Client, draft: RuleBook, organiser: User) -> None:
    save(draft, "R-T03", organiser, severity="block")
    address = reverse("governance:rules-draft-rule", args=["R-T03"])
    answer = desk.post(address, typed(draft, severity="record"))
    page = answer.content.decode()
    now = RuleBook.objects.get(pk=draft.pk)
    assert answer.status_code == 412 and "内容已被他人更新" in page and f'value="{now.version}"' in page
    assert desk.post(address, typed(now, severity="record")).status_code == 302


def test_a_form_without_a_version_counts_as_an_old_one(desk: Client, draft: RuleBook) -> None:
    address = reverse("governance:rules-draft-rule", args=["R-T03"])
    for version in ("", "x", "99999999999999999999"):
        assert desk.post(address, typed(draft, version=version)).status_code == 412


def test_issuing_asks_for_a_replay_then_for_what_is_missing_and_then_is_done(
    desk: Client, draft: RuleBook, organiser: User
) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    address = reverse("governance:rules-draft-issue")
    form = {"version": draft.version, "number": "2027-1", "effective_from": str(TODAY), "note": "区局据调研意见修订"}
    early = desk.post(address, form)
    assert early.status_code == 409 and "先回放这份草案" in early.content.decode()
    replayed(draft, organiser)
    late = desk.post(address, {**form, "effective_from": str(TODAY - timedelta(days=1))})
    assert late.status_code == 422 and "今天" in late.content.decode() and "区局据调研意见修订" in late.content.decode()
    assert desk.post(address, form).status_code == 302
    assert "2027-1" in text_of(desk, "rules") and "参考规则（据公开文本整理）" not in text_of(desk, "rules")


def test_discarding_asks_for_the_version_that_was_seen(desk: Client, draft: RuleBook, organiser: User) -> None:
    save(draft, "R-T03", organiser, severity="block")
    desk.post(reverse("governance:rules-draft-discard"), {"version": draft.version})
    assert RuleBook.objects.filter(status=Issue.DRAFT).exists()
    desk.post(reverse("governance:rules-draft-discard"), {"version": draft.version + 1})
    assert not RuleBook.objects.filter(status=Issue.DRAFT).exists()


def test_pages_without_a_draft_lead_back(desk: Client) -> None:
    for name, args in (("rules-draft-rule", ["R-T03"]), ("rules-draft-issue", [])):
        assert desk.get(reverse(f"governance:{name}", args=args)).status_code == 302
    assert "现在没有规则草案" in text_of(desk, "rules-draft")


def test_the_list_costs_the_same_with_many_versions(desk: Client, organiser: User) -> None:
    def queries(name: str, *args: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            text_of(desk, name, *args)
        return len(captured)

    queries("rules")  # what is kept from the first request on
    few = queries("rules"), queries("rule", "R-T03")
    base = RuleBook.objects.get()
    for year in range(2031, 2061):
        RuleBook(
            number=f"{year}-1", title=base.title, note="历次修订", based_on=base, content={**base.content, "version": f"{year}-1"},
            effective_from=local_day(AT).replace(year=year, day=1), issued_at=timezone.now(), issued_by=organiser,
        ).commit(AT)  # fmt: skip
    assert (queries("rules"), queries("rule", "R-T03")) == few
