"""Versions of the rules (R-D02): drafted, edited, replayed and issued by 组织科; issued ones never change; six stay statutory."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance.models import NEVER_WAIVED, Issue, RuleBook
from governance.reference import reference_on
from governance.rule_words import differences, label_of, value_words
from governance.rules.book import STATUTORY, Settings, settings_of
from governance.rules.findings import Severity
from governance.rules.load import DELIVERED, read_rules
from governance.services.reference import load_reference
from governance.services.replay import Work, claim_replay, start_replay
from governance.services.rulebook import (
    IssueRules,
    NotReplayed,
    discard_rules,
    issue_rules,
    rule_of,
    save_rule,
    start_rules_draft,
)
from schools.permissions import Body, Post
from tests import factories

pytestmark = pytest.mark.django_db
AT = timezone.now()
TODAY = local_day(AT)


@pytest.fixture
def organiser() -> User:
    factories.reference()
    return factories.make_bureau(Post.ORGANISER)


@pytest.fixture
def draft(organiser: User) -> RuleBook:
    return start_rules_draft(by=organiser, at=AT)


def settings(draft: RuleBook, rule_id: str, **changes: Any) -> Settings:
    return replace(settings_of(rule_of(draft.content, rule_id)), **changes)


def save(draft: RuleBook, rule_id: str, by: User, **changes: Any) -> RuleBook:
    new = settings(draft, rule_id, **changes)
    return save_rule(book=draft, rule_id=rule_id, settings=new, version=draft.version, by=by, at=AT)


def replayed(draft: RuleBook, by: User) -> None:
    start_replay(catalogue=None, rulebook=draft, by=by, at=AT)
    run = claim_replay(at=AT)
    assert run is not None
    work = Work(run)
    while work.batch(AT):
        pass


def issue(
    draft: RuleBook, by: User, number: str = "2027-1", day: Any = TODAY, note: str = "区局据调研意见修订"
) -> RuleBook:
    said = IssueRules(number, day, note)
    return issue_rules(book=draft, said=said, version=draft.version, by=by, at=AT)


def paths(caught: Any) -> list[str]:
    return [fault.path for fault in caught.value.faults]


# ---- loading ----


def test_loading_twice_writes_once() -> None:
    (_, first_catalogue), (book, first_rules) = load_reference(at=AT)
    (_, again_catalogue), (same, again_rules) = load_reference(at=AT)
    assert (first_catalogue, first_rules, again_catalogue, again_rules) == (True, True, False, False)
    assert same == book and len(book.content["rules"]) == len(read_rules()["rules"])
    assert Event.objects.filter(kind="governance.rulebook.loaded").count() == 1


def test_a_loaded_version_whose_file_changed_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    load_reference(at=AT)
    from governance.services import reference as service

    (tmp_path / f"rules-{DELIVERED}.yaml").write_text("version: x", encoding="utf-8")
    monkeypatch.setattr(service, "DATA", tmp_path)
    with pytest.raises(WrongState, match="新的版本号"):
        service.load_rules(at=AT)


def test_the_six_statutory_rules_are_those_that_are_never_waived() -> None:
    assert set(NEVER_WAIVED) == STATUTORY


# ---- drafting ----


def test_a_draft_starts_from_the_version_issued_last_and_there_is_one(draft: RuleBook, organiser: User) -> None:
    assert draft.status == Issue.DRAFT and draft.based_on is not None and draft.based_on.number == DELIVERED
    assert differences(read_rules(), draft.content) == []
    with pytest.raises(WrongState, match="已有一份规则草案"):
        start_rules_draft(by=organiser, at=AT)


@pytest.mark.parametrize("post", [Post.SUPERVISOR, Post.LEADER])
def test_other_posts_may_not_write_rules(draft: RuleBook, post: Post) -> None:
    other = factories.make_bureau(post)
    with pytest.raises(NotAllowed):
        save(draft, "R-T03", other, severity="block")
    with pytest.raises(NotAllowed):
        discard_rules(book=draft, version=draft.version, by=other, at=AT)
    with pytest.raises(NotAllowed):
        issue(draft, other)
    with pytest.raises(NotAllowed):
        start_replay(catalogue=None, rulebook=draft, by=other, at=AT)
    discard_rules(book=draft, version=draft.version, by=factories.make_bureau(Post.ORGANISER, "second"), at=AT)
    with pytest.raises(NotAllowed):
        start_rules_draft(by=other, at=AT)


def test_severity_parameters_words_and_use_are_saved_and_told(draft: RuleBook, organiser: User) -> None:
    new = settings(
        draft, "R-T03", severity="block", in_use=False, statement="议题会前三日提交。", note="据调研意见。",
        parameters={"min_days_before": 3},
    )  # fmt: skip
    saved = save_rule(book=draft, rule_id="R-T03", settings=new, version=draft.version, by=organiser, at=AT)
    changes = {change.label: (change.before, change.after) for change in differences(read_rules(), saved.content)}
    assert changes["等级"] == ("提醒", "拦截")
    assert changes["启用"] == ("是", "否")
    assert changes["至少提前（天）"] == ("2", "3")
    assert changes["条文"][1] == "议题会前三日提交。"
    event = Event.objects.get(kind="governance.rulebook.edited")
    assert event.data["rule"] == "R-T03" and set(event.data["fields"]) == set(changes)


def test_unchanged_input_changes_nothing(draft: RuleBook, organiser: User) -> None:
    assert save(draft, "R-T03", organiser).version == draft.version
    assert not Event.objects.filter(kind="governance.rulebook.edited").exists()


@pytest.mark.parametrize(
    ("rule", "changes", "path"),
    [
        ("R-T03", {"severity": "fatal"}, "severity"),
        ("R-T03", {"parameters": {"min_days_before": -1}}, "min_days_before"),
        ("R-T03", {"parameters": {"min_days_before": True}}, "min_days_before"),
        ("R-T03", {"parameters": {"min_days_before": None}}, "min_days_before"),
        ("R-T03", {"statement": "短"}, "statement"),
        ("R-T03", {"note": "长" * 301}, "note"),
        ("R-Q01", {"parameters": {"threshold": "one_third"}}, "threshold"),
        ("R-T12", {"parameters": {"catalogue": []}}, "catalogue"),
        ("R-T12", {"parameters": {"catalogue": ["P16", "P99"]}}, "catalogue"),
        ("R-T12", {"parameters": {"catalogue": ["P16", "P16"]}}, "catalogue"),
        ("R-T20", {"parameters": {"first_item_code": "P99"}}, "first_item_code"),
        *((rule, {"severity": "warn"}, "severity") for rule in sorted(STATUTORY)),
        *((rule, {"in_use": False}, "in_use") for rule in sorted(STATUTORY)),
    ],
)
def test_faulty_settings_are_refused_at_their_field(
    draft: RuleBook, organiser: User, rule: str, changes: dict[str, Any], path: str
) -> None:
    stored = settings(draft, rule)
    if "parameters" in changes:
        changes = {"parameters": {**stored.parameters, **changes["parameters"]}}
    with pytest.raises(InvalidInput) as caught:
        save(draft, rule, organiser, **changes)
    assert paths(caught) == [path]
    assert RuleBook.objects.get(pk=draft.pk).content == draft.content


def test_somebody_elses_change_is_shown_before_it_is_overwritten(draft: RuleBook, organiser: User) -> None:
    save(draft, "R-T03", organiser, severity="block")
    with pytest.raises(Stale) as caught:
        save_rule(
            book=draft, rule_id="R-T03", settings=settings(draft, "R-T03", severity="record"), version=draft.version,
            by=organiser, at=AT,
        )  # fmt: skip
    assert [(d.label, d.theirs, d.yours) for d in caught.value.differences] == [("R-T03 等级", "拦截", "记录")]


def test_a_discarded_draft_is_gone_and_the_fact_stays(draft: RuleBook, organiser: User) -> None:
    start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    discard_rules(book=draft, version=draft.version, by=organiser, at=AT)
    assert not RuleBook.objects.filter(status=Issue.DRAFT).exists()
    assert Event.objects.filter(kind="governance.rulebook.discarded").exists()
    assert claim_replay(at=AT) is None
    with pytest.raises(WrongState, match="放弃"):
        save(draft, "R-T03", organiser, severity="block")


# ---- issuing ----


def test_issuing_is_refused_until_exactly_this_draft_was_replayed(draft: RuleBook, organiser: User) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    with pytest.raises(NotReplayed):
        issue(draft, organiser)
    replayed(draft, organiser)
    draft = save(draft, "R-T04", organiser, severity="block")
    with pytest.raises(NotReplayed):
        issue(draft, organiser)
    replayed(draft, organiser)
    issued = issue(draft, organiser)
    assert issued.status == Issue.ISSUED and issued.issued_by == organiser and issued.content["version"] == "2027-1"


def test_meetings_are_judged_by_the_version_of_their_day(draft: RuleBook, organiser: User) -> None:
    draft = save(draft, "R-T03", organiser, parameters={"min_days_before": 5}, severity="block")
    replayed(draft, organiser)
    issue(draft, organiser, day=TODAY + timedelta(days=10))
    before, after = reference_on(TODAY + timedelta(days=9)), reference_on(TODAY + timedelta(days=10))
    assert (before.rules_version, after.rules_version) == (DELIVERED, "2027-1")
    assert before.rules["R-T03"].whole("min_days_before") == 2
    assert after.rules["R-T03"].whole("min_days_before") == 5
    assert after.rules["R-T03"].severity is Severity.BLOCK


def test_the_heads_of_all_schools_are_told(draft: RuleBook, organiser: User) -> None:
    cast = factories.make_cast()
    draft = save(draft, "R-T03", organiser, severity="block")
    replayed(draft, organiser)
    issue(draft, organiser)
    from audit.registry import kind_of

    event = Event.objects.get(kind="governance.rulebook.issued")
    audience = kind_of(event.kind).audience
    assert audience is not None
    assert set(audience(event)) == {cast.user("secretary").pk, cast.user("principal").pk}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"number": ""}, "number"),
        ({"number": DELIVERED}, "number"),
        ({"number": "草案"}, "number"),
        ({"number": "2027 <1>"}, "number"),
        ({"day": None}, "effective_from"),
        ({"day": TODAY - timedelta(days=1)}, "effective_from"),
        ({"note": "改"}, "note"),
    ],
)
def test_faulty_issues_are_refused_at_their_field(
    draft: RuleBook, organiser: User, values: dict[str, Any], path: str
) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    replayed(draft, organiser)
    with pytest.raises(InvalidInput) as caught:
        issue(draft, organiser, **values)
    assert paths(caught) == [path]


def test_a_later_version_begins_later(draft: RuleBook, organiser: User) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    replayed(draft, organiser)
    issue(draft, organiser, day=TODAY + timedelta(days=3))
    second = save(start_rules_draft(by=organiser, at=AT), "R-T03", organiser, severity="warn")
    replayed(second, organiser)
    with pytest.raises(InvalidInput) as caught:
        issue(second, organiser, "2027-2", TODAY + timedelta(days=3))
    assert paths(caught) == ["effective_from"]
    assert issue(second, organiser, "2027-2", TODAY + timedelta(days=4)).number == "2027-2"


def test_a_draft_without_a_difference_is_not_issued(draft: RuleBook, organiser: User) -> None:
    replayed(draft, organiser)
    with pytest.raises(WrongState, match="没有不同"):
        issue(draft, organiser)


def test_whoever_issues_has_seen_what_is_issued(draft: RuleBook, organiser: User) -> None:
    seen = draft
    draft = save(draft, "R-T03", organiser, severity="block")
    replayed(draft, organiser)
    with pytest.raises(Stale):
        issue(seen, organiser)


@pytest.mark.parametrize("change", ["waivable", "gone"])
def test_a_draft_changed_behind_the_service_cannot_weaken_the_statutory_rules(
    draft: RuleBook, organiser: User, change: str
) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    rules = [dict(rule) for rule in draft.content["rules"]]
    if change == "waivable":
        next(rule for rule in rules if rule["id"] == "R-Q01")["waivable"] = True
    else:
        rules = [rule for rule in rules if rule["id"] != "R-D01"]
    RuleBook.objects.filter(pk=draft.pk).update(content={**draft.content, "rules": rules})
    replayed(draft, organiser)
    with pytest.raises(InvalidInput, match="法定要件" if change == "waivable" else "增减"):
        issue(draft, organiser)


def test_an_issued_version_never_changes(draft: RuleBook, organiser: User) -> None:
    draft = save(draft, "R-T03", organiser, severity="block")
    replayed(draft, organiser)
    issued = issue(draft, organiser)
    for refused in (
        lambda: save(issued, "R-T03", organiser, severity="record"),
        lambda: discard_rules(book=issued, version=issued.version, by=organiser, at=AT),
        lambda: issue(issued, organiser, "2027-9"),
    ):
        with pytest.raises(WrongState, match="已经发布"):
            refused()
    for book in RuleBook.objects.all():
        with pytest.raises(DatabaseError, match="issued rules do not change"), transaction.atomic():
            RuleBook.objects.filter(pk=book.pk).update(note="改写历史")
        with pytest.raises(DatabaseError, match="issued rules do not change"), transaction.atomic():
            RuleBook.objects.filter(pk=book.pk)._raw_delete("default")


def test_a_rule_out_of_use_answers_not_applicable_for_every_subject(draft: RuleBook, organiser: User) -> None:
    from governance.selectors import judge_meeting

    cast = factories.make_cast()
    meeting = factories.make_recorded(cast, Body.PARTY)
    draft = save(draft, "R-T04", organiser, in_use=False)
    draft = save(draft, "R-T05", organiser, in_use=False)
    replayed(draft, organiser)
    issue(draft, organiser)
    results = {result.rule: result for result in judge_meeting(meeting, only=("R-T04", "R-T05"))}
    assert {result.outcome for result in results.values()} == {"not_applicable"}
    assert set(results) == {"R-T04", "R-T05"} and "没有启用" in results["R-T04"].message


def test_a_school_that_was_stricter_is_overtaken_by_a_stricter_bureau() -> None:
    from governance.rules.load import delivered_reference
    from governance.rules.strictest import strictest

    reference = delivered_reference()
    own = {"R-T03": {"min_days_before": 3, "severity": "block"}, "R-T04": {"min_days_before": 1}}
    judged = strictest(reference, own)
    assert judged.rules["R-T03"].whole("min_days_before") == 3
    assert judged.rules["R-T03"].severity is Severity.BLOCK
    assert judged.rules["R-T04"].whole("min_days_before") == 2


# ---- words ----


def test_every_parameter_of_the_delivered_rules_has_words() -> None:
    unnamed = [name for rule in read_rules()["rules"] for name in rule["parameters"] if label_of(name) == name]
    assert unnamed == []
    shown = [value_words(value) for rule in read_rules()["rules"] for value in rule["parameters"].values()]
    assert [text for text in shown if "_" in text or "[]" in text or "==" in text] == []


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
