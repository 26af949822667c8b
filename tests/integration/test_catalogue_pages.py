"""Pages of the catalogue: the browser, one matter, the versions, and the draft as 组织科 writes it."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.dates import local_day
from governance.models import Catalogue, Issue, Matter
from governance.rules.load import read_catalogue, read_rules
from governance.services import catalogue as services
from governance.services.catalogue import IssueInput
from governance.services.replay import start_replay
from governance.tasks import replay
from governance.versions import entry_of
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
DELIVERED = "2026-11-22"
STATUS = "参考目录(重建稿)，以区局正式文本为准"
ORIGIN = "据区教育局2027年1号文印发"
LIST = "/governance/matters/"
VERSIONS = "/governance/catalogues/"


@pytest.fixture
def cast() -> Cast:
    factories.reference()
    return factories.make_cast()


@pytest.fixture
def bureau(cast: Cast) -> User:
    return factories.make_bureau()


@pytest.fixture
def draft(bureau: User) -> Catalogue:
    return services.start_draft(by=bureau, at=timezone.now())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def codes_in(response: HttpResponse) -> list[str]:
    return re.findall(r'<tr id="([PA]\d\d)">', response.content.decode())


def queries(user: User, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


def page_of(code: str, query: str = "") -> str:
    return reverse("governance:matter", args=[code]) + query


def of(catalogue: Catalogue, code: str) -> Matter:
    return Matter.objects.get(catalogue=catalogue, code=code)


def saved(draft: Catalogue, code: str, by: User, **values: Any) -> None:
    matter = of(draft, code)
    entry = replace(entry_of(matter), **values)
    services.save_matter(matter=matter, entry=entry, version=matter.version, by=by, at=timezone.now())


def replayed(draft: Catalogue, by: User) -> None:
    """A finished replay of the draft as it is now."""
    start_replay(catalogue=draft, rulebook=None, by=by, at=timezone.now())
    replay()


def issued(draft: Catalogue, by: User, day: date | None = None, number: str = "2027-1") -> Catalogue:
    now = Catalogue.objects.get(pk=draft.pk)
    replayed(now, by)
    words = IssueInput(number, "奉化区中小学两会议事事项目录", day or local_day(timezone.now()), ORIGIN)
    return services.issue_draft(catalogue=now, said=words, version=now.version, by=by, at=timezone.now())


# ---- the browser ----


def test_the_browser_shows_both_meetings_their_aspects_and_the_9_and_11(cast: Cast) -> None:
    answer = signed_in(cast.user("team")).get(LIST)
    said = text_of(answer)
    assert len(codes_in(answer)) == 45 and codes_in(answer)[:2] == ["P01", "P02"] and codes_in(answer)[-1] == "A20"
    for aspect in read_catalogue()["aspects"]:
        assert aspect["title"] in said
    assert "校长办公会议 20 项：研究讨论 9 项，讨论决定 11 项" in said
    assert "校长办公会议 · 研究讨论 9 项" in said and "校长办公会议 · 讨论决定 11 项" in said
    assert STATUS in said and f"版本 {DELIVERED} （各日期都适用）" in said


def test_the_browser_is_narrowed_by_text_aspect_nature_and_weight(cast: Cast) -> None:
    client = signed_in(cast.user("clerk"))

    def found(query: str) -> set[str]:
        return set(codes_in(client.get(LIST + query)))

    rows = read_catalogue()["matters"]
    assert found("?nature=deliberate") == {f"A0{n}" for n in range(1, 10)}
    assert found("?aspect=HR") == {r["code"] for r in rows if r["aspect"] == "HR"}
    assert found("?important=1") == {r["code"] for r in rows if r["important"]}
    assert found("?important=1&aspect=HR&q=干部") <= found("?important=1&aspect=HR") <= found("?aspect=HR")
    assert found("?q=a04") == {"A04"} and found("?body=principal&nature=decide") == {f"A{n}" for n in range(10, 21)}
    for nonsense in ("?aspect=x", "?nature=x", "?important=ja", "?body='"):
        assert len(found(nonsense)) == 45, nonsense
    assert "目录里没有找到" in text_of(client.get(LIST + "?q=没有这样的事项"))


def test_pages_that_were_never_issued_do_not_exist(cast: Cast, draft: Catalogue) -> None:
    client = signed_in(cast.user("clerk"))
    for address in (LIST + "?version=1999", LIST + "?version=草案", page_of("P26"), page_of("A00"),
                    page_of("P01", "?version=草案"), LIST + "P1/", LIST + "x01/"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert draft.status == Issue.DRAFT


def test_an_issued_version_is_picked_by_number(cast: Cast, bureau: User, draft: Catalogue) -> None:
    saved(draft, "P02", bureau, title="党建工作计划与总结")
    later = local_day(timezone.now()) + timedelta(days=30)
    issued(draft, bureau, later)
    client = signed_in(cast.user("principal"))
    today = client.get(LIST)
    assert "党组织工作计划、总结与重要请示报告" in text_of(today) and STATUS in text_of(today)
    assert f"2027-1（{later} 起）" in text_of(today) and f"到 {later - timedelta(days=1)} 为止" in text_of(today)
    new = client.get(LIST + "?version=2027-1")
    assert "党建工作计划与总结" in text_of(new) and ORIGIN in text_of(new) and STATUS not in text_of(new)
    assert "不是今天执行的版本" in text_of(new)
    assert f'href="{page_of("P02")}?version=2027-1"' in new.content.decode(), "links stay in the version"
    matter = client.get(page_of("P02", "?version=2027-1"))
    assert "党建工作计划与总结" in text_of(matter) and "看今天执行的 P02" in text_of(matter)
    assert "区局发布的目录 底稿的依据：" in text_of(matter)


# ---- one matter ----


def test_a_matter_says_who_decides_with_how_many_and_on_what_basis(cast: Cast) -> None:
    said = text_of(signed_in(cast.user("secretary")).get(page_of("P16")))
    for words in ("党组织会议讨论决定", "重要事项", "干部人才与教职工队伍", "三分之二以上（必须）", "公开文本明写须三分之二以上",
                  "应到 5 人须到会 4 人，应到 7 人须到会 5 人，应到 9 人须到会 6 人", STATUS,
                  "至少一处公办中小学或中央文件的公开文本含有该事项"):  # fmt: skip
        assert words in said, words
    half = text_of(signed_in(cast.user("team")).get(page_of("A11")))
    assert "应到 5 人须到会 3 人，应到 7 人须到会 4 人，应到 9 人须到会 5 人" in half and "设计建议" not in half


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        ("P18", ["校长办公会议提出", "党组织会议决定", "校长组织实施"]),
        ("A05", ["校长办公会议提出", "党组织会议决定", "校长组织实施"]),
        ("P16", ["党组织会议决定", "按决议分工组织实施"]),
        ("A11", ["校长办公会议决定", "校长组织实施"]),
    ],
)
def test_the_hand_over_between_the_meetings_is_said_in_words(cast: Cast, code: str, steps: list[str]) -> None:
    html = signed_in(cast.user("clerk")).get(page_of(code)).content.decode()
    flow = re.search(r'<ol class="fh-flow">(.*?)</ol>', html, re.S)
    assert flow is not None
    assert re.findall(r"<span>([^<]+)</span></div>", flow[1]) == steps
    here = re.search(r'<li class="here">(.*?)</li>', flow[1], re.S)
    assert here is not None and ("党组织会议" in here[1]) == code.startswith("P")
    linked = {"P18": "A05", "A05": "P18"}.get(code)
    assert linked is None or f'href="{page_of(linked)}"' in flow[1]


def test_a_matter_lists_stages_with_what_is_asked_of_each(cast: Cast) -> None:
    row = next(r for r in read_catalogue()["matters"] if r["code"] == "P18")
    said = text_of(signed_in(cast.user("clerk")).get(page_of("P18")))
    words = {"required": "必须", "recommended": "建议", "conditional": "视情况"}
    stages = read_catalogue()["stages"]
    for step in [*row["prior_stages"], *row["next_stages"]]:
        assert f"{stages[step['stage']]} {words[step['requirement']]}" in said
    assert all(word in said for word in row["keywords"])


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("P16", {"R-Q02", "R-T09", "R-T12", "R-T13", "R-T14", "R-V10"}),
        ("P01", {"R-T20"}),
        ("A09", {"R-T06", "R-T18", "R-T19"}),
        ("A06", {"R-T06"}),
    ],
)
def test_the_rules_that_speak_of_a_matter_are_listed(cast: Cast, code: str, rules: set[str]) -> None:
    html = signed_in(cast.user("clerk")).get(page_of(code)).content.decode()
    listed = re.search(r'aria-labelledby="ruleh".*?</section>', html, re.S)
    assert listed is not None
    found = set(re.findall(r"R-[A-Z]\d\d", re.sub(r"<td.*?</td>", "", listed[0], flags=re.S)))
    assert found == rules


def test_a_rule_of_our_own_is_no_document(cast: Cast) -> None:
    ours = {rule["id"] for rule in read_rules()["rules"] if rule["evidence"] in ("recall", "design")}
    html = signed_in(cast.user("clerk")).get(page_of("P21")).content.decode()
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", html, re.S):
        named = re.search(r"R-[A-Z]\d\d", row)
        if named:
            assert ("本平台建议" in row) == (named[0] in ours), named[0]


def test_decided_items_are_counted_within_sight_whatever_the_version(cast: Cast, bureau: User) -> None:
    other = factories.make_cast("FH002")
    factories.make_signed(cast, matters=("P16", "P16"))
    factories.make_recorded(cast, matters=("P16",))  # not signed
    issued(services.start_draft(by=bureau, at=timezone.now()), bureau)
    factories.make_signed(other, matters=("P16",))

    def said(user: User) -> str:
        return text_of(signed_in(user).get(page_of("P16")))

    assert "共议过 2 项" in said(cast.user("secretary")) and "共议过 1 项" in said(other.user("clerk"))
    assert "共议过 3 项" in said(bureau) and "通过 3" in said(bureau)
    assert "你看得到的学校还没有议过" in said(cast.user("team")), "no member of the Party meeting"
    assert "已议" not in said(factories.make_office_user()), "an office sees no meetings"


def test_pages_cost_the_same_for_1_and_30_items_and_for_more_versions(cast: Cast, bureau: User) -> None:
    addresses = (LIST, page_of("P16"), page_of("A05"), VERSIONS)
    users = [cast.user("clerk"), bureau, cast.user("team")]
    factories.make_signed(cast, matters=("P16",))
    first = [queries(user, address) for user in users for address in addresses]
    factories.make_signed(cast, matters=tuple(["P16"] * 29))
    for number in range(3):
        later = local_day(timezone.now()) + timedelta(days=30 + number)
        issued(services.start_draft(by=bureau, at=timezone.now()), bureau, later, f"2027-{number}")
    assert [queries(user, address) for user in users for address in addresses] == first
    assert max(first) <= 13


# ---- versions and the draft ----


def test_versions_are_listed_with_days_and_origin(cast: Cast, bureau: User, draft: Catalogue) -> None:
    saved(draft, "P02", bureau, title="党建工作计划与总结")
    said = text_of(signed_in(cast.user("deputy")).get(VERSIONS))
    assert "随平台提供" in said and "今天执行" in said and "草案" not in said and "起草新版" not in said
    later = local_day(timezone.now()) + timedelta(days=30)
    made = issued(draft, bureau, later)
    client = signed_in(cast.user("deputy"))
    said = text_of(client.get(VERSIONS))
    assert f"{later} 起" in said and "还没生效" in said and ORIGIN in said and "局组织科" in said
    changed = text_of(client.get(reverse("governance:catalogue-differences", args=[made.pk])))
    assert "2027-1 与 2026-11-22 的差异" in changed and "1 项有改动" in changed and "编辑" not in changed


def test_only_the_organisation_section_finds_the_draft(cast: Cast, draft: Catalogue) -> None:
    others = [cast.user("secretary"), factories.make_bureau(Post.SUPERVISOR), factories.make_bureau(Post.LEADER)]
    addresses = [
        reverse(f"governance:catalogue{page}", args=args)
        for page, args in (
            ("", [draft.pk]),
            ("-matter", [draft.pk, "P02"]),
            ("-differences", [draft.pk]),
            ("-issue", [draft.pk]),
            ("-discard", [draft.pk]),
        )
    ]
    for user in others:
        client = signed_in(user)
        for address in addresses:
            assert client.post(address, {"version": "1"}).status_code in (404, 405), address
            assert client.get(address).status_code in (404, 405), address
        refused = client.post(reverse("governance:catalogue-start"))
        assert refused.status_code == 403 and "由区教育局组织科起草和发布" in text_of(refused)
    assert Catalogue.objects.get(pk=draft.pk).version == 1


def test_a_draft_is_begun_edited_compared_and_issued_in_the_browser(cast: Cast, bureau: User) -> None:
    client = signed_in(bureau)
    assert "起草新版" in text_of(client.get(VERSIONS))
    begun = client.post(reverse("governance:catalogue-start"), follow=True)
    draft = Catalogue.objects.get(status=Issue.DRAFT)
    assert "已起草新版" in text_of(begun) and "不能增减" in text_of(begun) and len(codes_in(begun)) == 45
    assert client.post(reverse("governance:catalogue-start")).status_code == 409

    edit = reverse("governance:catalogue-matter", args=[draft.pk, "P02"])
    typed = typed_of(client.get(edit))
    assert typed["title"] == "党组织工作计划、总结与重要请示报告" and typed["next_bureau_approval"] == "conditional"
    typed |= {"title": "党建工作计划与总结", "attendance": "two_thirds|required", "important": "on", "links": ["A02"],
              "prior_finance_review": "recommended", "next_bureau_approval": "", "keywords": "党建计划，党建总结 述职"}  # fmt: skip
    done = client.post(edit, typed, follow=True)
    assert "已保存 P02" in text_of(done)
    matter = of(draft, "P02")
    assert (matter.title, matter.attendance_level, matter.important) == ("党建工作计划与总结", "two_thirds", True)
    assert matter.prior_stages == [{"stage": "finance_review", "requirement": "recommended"}]
    assert (matter.next_stages, matter.fed_by) == ([], ["A02"])
    assert matter.keywords == ["党建计划", "党建总结", "述职"] and of(draft, "A02").feeds == ["P02", "P12"]

    changed = client.get(reverse("governance:catalogue-differences", args=[draft.pk]))
    assert "2 项有改动" in text_of(changed) and "三分之二以上（必须）" in text_of(changed)
    assert "<del class=" in changed.content.decode() and "<ins class=" in changed.content.decode()

    page = reverse("governance:catalogue-issue", args=[draft.pk])
    later = local_day(timezone.now()) + timedelta(days=30)
    asked = client.get(page)
    assert f'href="{reverse("governance:replay")}?catalogue={draft.pk}"' in asked.content.decode()
    words = typed_of(asked) | {"number": "2027-1", "effective_from": str(later), "note": ORIGIN}
    early = client.post(page, words)
    assert early.status_code == 409 and "先回放这份草案" in text_of(early) and ORIGIN in early.content.decode()
    replayed(Catalogue.objects.get(pk=draft.pk), bureau)
    assert "这份草案已经回放" in text_of(client.get(page))
    made = client.post(page, words, follow=True)
    assert f"已发布 2027-1，{later} 起执行" in text_of(made)
    assert Catalogue.objects.get(number="2027-1").issued_by == bureau
    assert client.get(reverse("governance:catalogue", args=[draft.pk])).status_code == 404, (
        "no page for editing any more"
    )


def typed_of(response: HttpResponse) -> dict[str, Any]:
    """What a browser would send from this page without touching it."""
    form = response.context["form"]
    typed: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if value not in (None, "", False):
            typed[field.html_name] = "on" if value is True else value
    return typed


def test_an_untouched_form_changes_nothing(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    for code in ("P05", "P18", "A05", "A10"):
        before = entry_of(of(draft, code))
        edit = reverse("governance:catalogue-matter", args=[draft.pk, code])
        assert client.post(edit, typed_of(client.get(edit))).status_code == 302
        assert entry_of(of(draft, code)) == before
    assert Catalogue.objects.get(pk=draft.pk).version == 1


def test_what_is_refused_stays_as_typed(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    edit = reverse("governance:catalogue-matter", args=[draft.pk, "A10"])
    typed = typed_of(client.get(edit)) | {"title": "", "scope": "新的范围", "links": ["P03", "A01"]}
    refused = client.post(edit, typed)
    html = refused.content.decode()
    assert refused.status_code == 422 and "写事项名称" in html and "新的范围" in html and "从列出的事项里选" in html
    refused = client.post(edit, typed | {"title": "改名", "links": ["P03"], "keywords": "词" * 21})
    assert refused.status_code == 422 and "20 字以内" in text_of(refused) and 'value="改名"' in refused.content.decode()
    assert of(draft, "A10").title != "改名" and of(draft, "P03").fed_by == []


def test_two_people_at_one_matter_see_what_differs_and_the_second_save_counts(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    edit = reverse("governance:catalogue-matter", args=[draft.pk, "P02"])
    typed = typed_of(client.get(edit)) | {"title": "我改的名"}
    saved(draft, "P02", bureau, title="别人改的名")
    stale = client.post(edit, typed)
    assert stale.status_code == 409
    assert "别人改的名" in text_of(stale) and 'value="我改的名"' in stale.content.decode()
    assert client.post(edit, typed | {"version": ""}).status_code == 409, "a form without a version is an old one"
    again = client.post(edit, typed_of(stale) | {"title": "我改的名"})
    assert again.status_code == 302 and of(draft, "P02").title == "我改的名"


def test_issuing_is_refused_at_the_field_and_says_what_is_wrong(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    page = reverse("governance:catalogue-issue", args=[draft.pk])
    words = {
        "version": "1",
        "number": DELIVERED,
        "title": "新的议事目录",
        "effective_from": "2020-01-01",
        "note": ORIGIN,
    }
    refused = client.post(page, words)
    assert refused.status_code == 422
    assert (
        "已经用过" in text_of(refused) and "生效日期要在今天" in text_of(refused) and ORIGIN in refused.content.decode()
    )
    assert client.post(page, words | {"effective_from": "昨天"}).status_code == 422
    Matter.objects.filter(catalogue=draft, code="P11").update(fed_by=[])
    broken = client.get(page)
    assert "有 1 处要改，才能发布" in text_of(broken) and "写了转往 P11" in text_of(broken)
    whole = {**words, "number": "2027-1", "effective_from": str(local_day(timezone.now()))}
    assert client.post(page, whole).status_code == 409
    saved(draft, "P03", bureau, title="刚改的名")
    stale = client.post(page, whole)
    assert stale.status_code == 409 and "看过最新的差异" in text_of(stale)
    assert Catalogue.objects.get(pk=draft.pk).status == Issue.DRAFT


def test_parts_that_do_not_go_together_are_pointed_out(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    page = reverse("governance:catalogue", args=[draft.pk])
    assert "请再看看" not in text_of(client.get(page)), "the delivered catalogue goes together"
    saved(draft, "A09", bureau, nature="decide")
    saved(draft, "P01", bureau, important=True)
    said = text_of(client.get(page))
    assert "A09 是讨论决定，却写了转往 P15、P24" in said and "P01 是重要事项，到会要求却是半数以上" in said
    assert "研究讨论 8 项、讨论决定 12 项（底版 9 项、11 项）" in said
    assert client.get(reverse("governance:catalogue-issue", args=[draft.pk])).status_code == 200


def test_a_draft_is_given_up_in_the_browser(bureau: User, draft: Catalogue) -> None:
    client = signed_in(bureau)
    discard = reverse("governance:catalogue-discard", args=[draft.pk])
    saved(draft, "P02", bureau, title="改名")
    assert client.post(discard, {"version": "1"}).status_code == 409
    assert "已放弃草案" in text_of(client.post(discard, {"version": "2"}, follow=True))
    assert not Catalogue.objects.filter(status=Issue.DRAFT).exists()
    assert client.post(discard, {"version": "2"}).status_code == 404


def test_pages_of_the_draft_cost_a_constant_number_of_queries(bureau: User, draft: Catalogue) -> None:
    pages = [reverse(f"governance:catalogue{name}", args=[draft.pk]) for name in ("", "-differences", "-issue")]
    pages.append(reverse("governance:catalogue-matter", args=[draft.pk, "P18"]))
    first = [queries(bureau, page) for page in pages]
    for code in (f"P{n:02d}" for n in range(1, 26)):
        saved(draft, code, bureau, title=f"改名 {code}")
    assert [queries(bureau, page) for page in pages] == first and max(first) <= 13


def test_each_post_of_the_party_meeting_is_a_decision(cast: Cast, bureau: User, draft: Catalogue) -> None:
    """A crafted form cannot choose what the page does not offer."""
    client = signed_in(bureau)
    edit = reverse("governance:catalogue-matter", args=[draft.pk, "P02"])
    refused = client.post(edit, typed_of(client.get(edit)) | {"nature": "deliberate"})
    assert refused.status_code == 422 and of(draft, "P02").nature == "decide"
    assert of(draft, "P02").body == Body.PARTY
