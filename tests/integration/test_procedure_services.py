"""Rules of procedure: model texts, a school's versions, stricter settings, adoption, limits — through the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from audit.models import Event
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import procedures
from governance.models import Clause, ClauseKind, Meeting, ModelText, SchoolClause, SchoolLimit, SchoolRules
from governance.reference import reference_on
from governance.rules.clauses import Relation, count
from governance.rules.engine import judge
from governance.rules.findings import Outcome
from governance.selectors import meeting_facts
from governance.services import limits, model_texts, school_rules
from governance.services.model_texts import ClauseInput, IssueInput
from notifications.models import Message
from notifications.services import dispatch_batch
from schools.permissions import Body, Post
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now
PREFIX = "governance.rules_of_procedure"


@pytest.fixture
def cast() -> factories.Cast:
    factories.reference()
    return factories.make_cast()


@pytest.fixture
def bureau(cast: factories.Cast) -> Any:
    return factories.make_bureau()


@contextmanager
def refused_by_the_database() -> Iterator[None]:
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        yield


def today() -> date:
    return local_day(NOW())


def start(cast: factories.Cast, body: str = "party", *, from_last: bool = False) -> SchoolRules:
    return school_rules.start_school_rules(
        school=cast.school, body=body, from_last=from_last, by=cast.user("clerk"), at=NOW()
    )


def clauses(version: SchoolRules) -> list[SchoolClause]:
    return procedures.clauses_of(version)


def tighten(cast: factories.Cast, draft: SchoolRules, wanted: dict[tuple[str, str], Any]) -> SchoolRules:
    return school_rules.set_stricter(draft=draft, wanted=wanted, version=None, by=cast.user("clerk"), at=NOW())


def adopt(cast: factories.Cast, draft: SchoolRules, meeting: Meeting | None = None, **values: Any) -> SchoolRules:
    meeting = meeting or factories.make_signed(cast, matters=(draft.model_text.adopted_under,))
    given = {"meeting": meeting.pk, "effective_from": today(), "by": cast.user("secretary"), **values}
    return school_rules.adopt_school_rules(draft=draft, version=None, at=NOW(), **given)


def issue(bureau: Any, draft: ModelText, **values: Any) -> ModelText:
    given = {
        "number": "2027-1",
        "title": "示范文本",
        "note": "正式文本",
        "adopted_under": draft.adopted_under,
        "effective_from": today(),
        **values,
    }
    return model_texts.issue_model_text(draft=draft, new=IssueInput(**given), version=None, by=bureau, at=NOW())


# ---- the delivered text ----


@pytest.mark.parametrize("body", Body.values)
def test_every_rule_of_a_meeting_is_bound_to_a_clause_and_kinds_follow_the_engine(
    cast: factories.Cast, body: str
) -> None:
    text = procedures.model_text_on(body, today())
    assert text is not None and "以区局正式文本为准" in text.note and "重建稿" in text.note
    rows = procedures.model_clauses(text)
    bound = [rule for clause in rows for rule in clause.rules]
    assert set(bound) == set(procedures.rules_of(body))
    for clause in rows:
        assert clause.kind == procedures.kind_of_rules(clause.rules), clause.code
    assert [clause.number for clause in rows][:11][-1] == "第十一条"
    chapters = [clause.chapter for clause in rows]
    assert len(set(chapters)) == 10 and chapters == sorted(chapters, key=list(dict.fromkeys(chapters)).index)


def test_loading_twice_changes_nothing_and_a_changed_file_is_refused(
    cast: factories.Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    assert all(not new for _, new in model_texts.load_model_texts(at=NOW()))
    for body in Body.values:
        source = model_texts.DATA / f"model-text-{body}-2026-11-22.yaml"
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8") + "# 改\n", encoding="utf-8")
    monkeypatch.setattr(model_texts, "DATA", tmp_path)
    with pytest.raises(WrongState, match="新的版本号"):
        model_texts.load_model_texts(at=NOW())


# ---- the bureau writes a version ----


def test_a_draft_is_edited_clause_by_clause_and_numbers_follow_the_order(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    rows = procedures.model_clauses(draft)
    last_code = int(rows[-1].code[1:])
    new = ClauseInput("重要议题提前三天送达。", "judged", ("R-T04", "r-t04 "))
    added = model_texts.add_model_clause(draft=draft, new=new, after=rows[0].pk, version=None, by=bureau, at=NOW())
    assert (added.code, added.number, added.chapter) == (f"D{last_code + 1:02d}", "第二条", rows[0].chapter)
    assert added.rules == ["R-T04"]
    model_texts.move_model_clause(draft=draft, clause=added.pk, up=True, version=None, by=bureau, at=NOW())
    assert procedures.model_clauses(draft)[0].pk == added.pk
    model_texts.remove_model_clause(draft=draft, clause=rows[0].pk, version=None, by=bureau, at=NOW())
    after = procedures.model_clauses(draft)
    assert [clause.order for clause in after] == list(range(1, len(rows) + 1))
    assert after[1].number == "第二条" and rows[0].pk not in {clause.pk for clause in after}
    base = procedures.model_clauses(draft.based_on_id)
    counts = count(procedures.between_models(base, after))
    assert counts[Relation.ADDED] == counts[Relation.MISSING] == 1


def test_a_clause_steps_over_the_edge_of_its_chapter(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    rows = procedures.model_clauses(draft)
    first_of_second = next(n for n, clause in enumerate(rows) if clause.chapter != rows[0].chapter)
    clause = rows[first_of_second]
    model_texts.move_model_clause(draft=draft, clause=clause.pk, up=True, version=None, by=bureau, at=NOW())
    again = procedures.model_clauses(draft)
    assert again[first_of_second].pk == clause.pk and again[first_of_second].chapter == rows[0].chapter
    with pytest.raises(WrongState, match="最前面"):
        model_texts.move_model_clause(draft=draft, clause=rows[0].pk, up=True, version=None, by=bureau, at=NOW())


def test_another_chapter_takes_the_clause_to_its_end(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    rows = procedures.model_clauses(draft)
    new = ClauseInput(rows[0].text, rows[0].kind, (), chapter="第十章 附则")
    model_texts.save_model_clause(draft=draft, clause=rows[0].pk, new=new, version=None, by=bureau, at=NOW())
    chapters = [clause.chapter for clause in procedures.model_clauses(draft)]
    assert chapters.count("第十章 附则") == 3 and len(list(dict.fromkeys(chapters))) == 10
    assert chapters == sorted(chapters, key=list(dict.fromkeys(chapters)).index)


@pytest.mark.parametrize(
    ("kind", "rules", "path"),
    [
        ("judged", ("R-X99",), "rules"),
        ("judged", ("R-Q03",), "rules"),  # a rule of the other meeting
        ("declaratory", ("R-Q01",), "kind"),
        ("judged", ("R-D01",), "kind"),
        ("whatever", (), "kind"),
    ],
)
def test_rules_and_kind_of_a_clause_are_checked(bureau: Any, kind: str, rules: tuple[str, ...], path: str) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    with pytest.raises(InvalidInput) as refusal:
        model_texts.add_model_clause(
            draft=draft, new=ClauseInput("新条文", kind, rules), after=None, version=None, by=bureau, at=NOW()
        )
    assert path in {fault.path for fault in refusal.value.faults}


def test_an_issued_text_is_in_force_from_its_date_and_schools_hear_of_it(cast: factories.Cast, bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    tomorrow = today() + timedelta(days=1)
    issued = issue(bureau, draft, effective_from=tomorrow)
    assert procedures.model_text_on("party", today()) == issued.based_on
    assert procedures.model_text_on("party", tomorrow) == issued
    while dispatch_batch(at=NOW()):
        pass
    readers = set(
        Message.objects.filter(event__kind=f"{PREFIX}.model_issued").values_list("reader__username", flat=True)
    )
    assert {"secretary-FH001", "principal-FH001", "clerk-FH001"} == readers


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"effective_from": date(2020, 1, 1)}, "effective_from"),
        ({"number": "2026-11-22"}, "number"),
        ({"number": "草案"}, "number"),
        ({"number": " "}, "number"),
        ({"adopted_under": "A01"}, "adopted_under"),
        ({"note": ""}, "note"),
    ],
)
def test_what_an_issue_needs_is_checked(bureau: Any, values: dict[str, Any], path: str) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    with pytest.raises(InvalidInput) as refusal:
        issue(bureau, draft, **values)
    assert path in {fault.path for fault in refusal.value.faults}


def test_an_issued_text_never_changes_by_service_or_database(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    issue(bureau, draft)
    clause = procedures.model_clauses(draft)[0]
    with pytest.raises(WrongState, match="不能再改"):
        model_texts.remove_model_clause(draft=draft, clause=clause.pk, version=None, by=bureau, at=NOW())
    with refused_by_the_database():
        ModelText.objects.filter(pk=draft.pk).update(title="改名")
    with refused_by_the_database():
        Clause.objects.filter(pk=clause.pk).update(text="改了")
    with refused_by_the_database():
        Clause.objects.filter(pk=clause.pk).delete()
    with refused_by_the_database():
        Clause(model_text=draft, code="D99", order=99, number="第九十九条", text="添", kind="declaratory").commit(NOW())
    with refused_by_the_database():
        ModelText.objects.filter(pk=draft.pk).delete()


@pytest.mark.parametrize("post", [Post.SUPERVISOR, Post.LEADER])
def test_only_the_organiser_writes_model_texts(cast: factories.Cast, bureau: Any, post: Post) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    for who in (factories.make_bureau(post), cast.user("secretary")):
        with pytest.raises(NotAllowed, match="组织科"):
            model_texts.draft_model_text(body="principal", by=who, at=NOW())
        with pytest.raises(NotAllowed, match="组织科"):
            issue(who, draft)


def test_a_stale_draft_of_the_bureau_is_not_overwritten(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    row = procedures.model_clauses(draft)[0]
    new = ClauseInput("改过的条文", ClauseKind.DECLARATORY)
    seen = draft.version
    model_texts.save_model_clause(draft=draft, clause=row.pk, new=new, version=seen, by=bureau, at=NOW())
    with pytest.raises(Stale):
        model_texts.save_model_clause(draft=draft, clause=row.pk, new=new, version=seen, by=bureau, at=NOW())


def test_a_second_draft_is_refused_and_a_discarded_one_leaves_nothing(bureau: Any) -> None:
    draft = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    with pytest.raises(WrongState, match="草案"):
        model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    model_texts.discard_model_text(draft=draft, version=None, by=bureau, at=NOW())
    assert not ModelText.objects.filter(status="draft").exists()
    assert Event.objects.filter(kind=f"{PREFIX}.model_discarded").count() == 1


# ---- a school writes its own ----


def relations(version: SchoolRules) -> dict[Relation, int]:
    pairs = procedures.against_model(clauses(version), procedures.model_clauses(version.model_text_id))
    return count(pairs)


def test_a_school_adopts_adapts_adds_and_leaves_out(cast: factories.Cast) -> None:
    draft, clerk = start(cast), cast.user("clerk")
    rows = clauses(draft)
    given: dict[str, Any] = {"draft": draft, "version": None, "by": clerk, "at": NOW()}
    school_rules.save_school_clause(clause=rows[3].pk, text=rows[3].text + "每学期核对一次。", **given)
    added = school_rules.add_school_clause(text="会议在学校会议室召开。", after=rows[4].pk, **given)
    school_rules.remove_school_clause(clause=rows[6].pk, **given)
    school_rules.save_school_clause(clause=rows[7].pk, text=f"  {rows[7].text}\n", **given)  # blanks are no change
    assert relations(draft) == {
        Relation.ADOPTED: len(rows) - 2,
        Relation.ADAPTED: 1,
        Relation.ADDED: 1,
        Relation.MISSING: 1,
    }
    assert added.chapter == rows[4].chapter and added.number == "第六条"
    pairs = procedures.against_model(clauses(draft), procedures.model_clauses(draft.model_text_id))
    missing = next(n for n, pair in enumerate(pairs) if pair.relation is Relation.MISSING)
    assert pairs[missing].model.text == rows[6].text and pairs[missing - 1].own.text == rows[5].text  # type: ignore[union-attr]
    restored = school_rules.restore_school_clause(model_clause=rows[6].source_id, **given)
    assert relations(draft)[Relation.MISSING] == 0
    assert clauses(draft)[restored.order - 2].text == rows[5].text
    with pytest.raises(WrongState, match="已经在"):
        school_rules.restore_school_clause(model_clause=rows[6].source_id, **given)


def test_the_next_version_starts_from_the_last_and_meets_the_new_model_text(cast: factories.Cast, bureau: Any) -> None:
    draft = start(cast)
    rows = clauses(draft)
    given: dict[str, Any] = {"version": None, "by": cast.user("clerk"), "at": NOW()}
    school_rules.save_school_clause(draft=draft, clause=rows[0].pk, text="本校的第一条。", **given)
    school_rules.add_school_clause(draft=draft, text="只有本校有的一条。", after=None, **given)
    tighten(cast, draft, {("R-T03", "min_days_before"): 3})
    adopt(cast, draft)
    text = model_texts.draft_model_text(body="party", by=bureau, at=NOW())
    first, second = procedures.model_clauses(text)[:2]
    model_texts.remove_model_clause(draft=text, clause=second.pk, version=None, by=bureau, at=NOW())
    model_texts.save_model_clause(
        draft=text, clause=first.pk, new=ClauseInput("本校的第一条。", "declaratory"), version=None, by=bureau, at=NOW()
    )
    issue(bureau, text)
    following = start(cast, from_last=True)
    assert following.number == 2 and following.model_text_id == text.pk
    assert following.tightened == {"R-T03": {"min_days_before": 3}}
    # The clause the bureau dropped is now the school's own; the one it took over from the school is adopted.
    assert relations(following)[Relation.ADDED] == 2 and relations(following)[Relation.ADAPTED] == 0
    again = procedures.between_versions(clauses(draft), clauses(following))
    assert count(again)[Relation.MISSING] <= 1 and len(again) >= len(rows)


def test_drafts_are_written_by_secretary_principal_and_clerk_alone(cast: factories.Cast, bureau: Any) -> None:
    draft = start(cast)
    row = clauses(draft)[0]
    stranger = factories.make_cast("FH002")
    for who in (cast.user("member"), cast.user("team"), bureau, stranger.user("secretary")):
        with pytest.raises(NotAllowed):
            school_rules.save_school_clause(draft=draft, clause=row.pk, text="别人改的", version=None, by=who, at=NOW())
    for role in ("secretary", "principal", "clerk"):
        school_rules.save_school_clause(
            draft=draft, clause=row.pk, text=f"{role}改的", version=None, by=cast.user(role), at=NOW()
        )


def test_a_stale_school_draft_is_not_overwritten(cast: factories.Cast) -> None:
    draft = start(cast)
    row, seen = clauses(draft)[0], draft.version
    school_rules.save_school_clause(
        draft=draft, clause=row.pk, text="先到的", version=seen, by=cast.user("clerk"), at=NOW()
    )
    with pytest.raises(Stale):
        school_rules.save_school_clause(
            draft=draft, clause=row.pk, text="后到的", version=seen, by=cast.user("secretary"), at=NOW()
        )


# ---- only stricter ----


@pytest.mark.parametrize(
    ("key", "looser", "said"),
    [
        (("R-Q02", "threshold"), "at_least_half", "三分之二以上"),
        (("R-V06", "threshold"), "at_least_half", "过半数"),
        (("R-T03", "min_days_before"), 1, "提前 2 天"),
        (("R-M04", "workdays"), 5, "会后 3 个工作日内"),
        (("R-T14", "min_materials"), 0, "至少 1 份"),
    ],
)
def test_a_looser_setting_is_refused_with_the_bureaus_value(
    cast: factories.Cast, key: tuple[str, str], looser: Any, said: str
) -> None:
    draft = start(cast)
    with pytest.raises(InvalidInput) as refusal:
        tighten(cast, draft, {key: looser})
    assert refusal.value.faults[0].path == ".".join(key) and said in refusal.value.faults[0].reason
    draft.refresh_from_db()
    assert draft.tightened == {}


def test_settings_that_are_none_of_the_schools_are_refused(cast: factories.Cast) -> None:
    draft = start(cast)
    for key, value in ((("R-Q03", "threshold"), "everyone"), (("R-T20", "first_item_code"), "P02"), (("R-X1", "x"), 1)):
        with pytest.raises(InvalidInput):
            tighten(cast, draft, {key: value})


def test_the_bureaus_own_value_is_no_setting(cast: factories.Cast) -> None:
    draft = start(cast)
    wanted = {("R-T03", "min_days_before"): 2, ("R-T04", "severity"): "block", ("R-Q01", "threshold"): "more_than_half"}
    assert tighten(cast, draft, wanted).tightened == {
        "R-T04": {"severity": "block"},
        "R-Q01": {"threshold": "more_than_half"},
    }


# ---- adoption ----


def test_a_meeting_on_record_adopts_and_what_was_adopted_never_changes(cast: factories.Cast) -> None:
    draft = start(cast)
    adopted = adopt(cast, draft)
    assert adopted.adopted_on == today() and str(adopted) == "党组织会议议事规则 第1版"
    row = clauses(adopted)[0]
    with pytest.raises(WrongState, match="不能再改"):
        school_rules.save_school_clause(
            draft=adopted, clause=row.pk, text="改", version=None, by=cast.user("clerk"), at=NOW()
        )
    with refused_by_the_database():
        SchoolRules.objects.filter(pk=adopted.pk).update(tightened={"R-Q01": {"threshold": "everyone"}})
    with refused_by_the_database():
        SchoolClause.objects.filter(pk=row.pk).update(text="改")
    with refused_by_the_database():
        SchoolClause(rules_version=adopted, order=99, number="第九十九条", text="添").commit(NOW())
    with refused_by_the_database():
        SchoolClause.objects.filter(pk=row.pk).delete()
    with refused_by_the_database():
        SchoolRules.objects.filter(pk=adopted.pk).delete()


def test_both_texts_are_adopted_by_the_party_meeting_under_their_matter(cast: factories.Cast) -> None:
    other = factories.make_signed(cast)  # P01: not where rules of procedure are adopted
    unsigned = factories.make_minuted(cast, matters=("P03",))
    theirs = factories.make_signed(factories.make_cast("FH002"), matters=("P03",))
    draft = start(cast)
    for meeting in (other, unsigned, theirs):
        with pytest.raises(InvalidInput, match="P03"):
            adopt(cast, draft, meeting)
    principal = start(cast, "principal")
    of_principal = factories.make_signed(cast, Body.PRINCIPAL, matters=("A10",))
    with pytest.raises(InvalidInput, match="P11"):
        adopt(cast, principal, of_principal)


def test_the_secretary_alone_registers_the_adoption(cast: factories.Cast) -> None:
    draft = start(cast)
    meeting = factories.make_signed(cast, matters=("P03",))
    for role in ("principal", "clerk", "member"):
        with pytest.raises(NotAllowed, match="书记"):
            adopt(cast, draft, meeting, by=cast.user(role))
    assert adopt(cast, draft, meeting).status == "adopted"


def test_dates_of_adoption_hold_together_and_a_meeting_adopts_once(cast: factories.Cast) -> None:
    draft = start(cast)
    meeting = factories.make_signed(cast, matters=("P03",))
    with pytest.raises(InvalidInput, match="当天或以后"):
        adopt(cast, draft, meeting, effective_from=today() - timedelta(days=1))
    adopt(cast, draft, meeting, effective_from=today() + timedelta(days=10))
    second = start(cast, from_last=True)
    with pytest.raises(InvalidInput, match="登记过"):
        adopt(cast, second, meeting)
    with pytest.raises(InvalidInput, match="上一版"):
        adopt(cast, second, effective_from=today() + timedelta(days=9))


def test_a_meeting_is_judged_by_what_was_in_force_on_its_date(cast: factories.Cast) -> None:
    meeting = factories.make_recorded(cast)
    absent = meeting.members.order_by("-order").first()
    draft = start(cast)
    tighten(cast, draft, {("R-Q01", "threshold"): "everyone", ("R-T04", "min_days_before"): 5})
    adopt(cast, draft, effective_from=today() + timedelta(days=30))
    meeting.members.filter(pk=absent.pk).update(status="leave", reason="出差")

    def outcome_on(day: date) -> Outcome:
        reference = reference_on(day, school_id=cast.school.pk, body="party")
        read = factories.for_record(Meeting.objects.all()).get(pk=meeting.pk)
        return judge(meeting_facts(read), reference, only=("R-Q01",))[0].outcome

    assert outcome_on(today() + timedelta(days=29)) == Outcome.PASS
    assert outcome_on(today() + timedelta(days=30)) == Outcome.FAIL
    assert procedures.rules_on(cast.school.pk, "party", today() + timedelta(days=29)) is None
    assert procedures.rules_on(cast.school.pk, "party", today() + timedelta(days=30)) == draft


def test_facts_of_writing_and_adopting_are_recorded(cast: factories.Cast) -> None:
    draft = start(cast)
    tighten(cast, draft, {("R-T03", "min_days_before"): 3})
    adopt(cast, draft)
    kinds = list(Event.objects.filter(kind__startswith=PREFIX, school_id=cast.school.pk).values_list("kind", flat=True))
    assert {f"{PREFIX}.{name}" for name in ("drafted", "tightened", "adopted")} <= set(kinds)


# ---- 大额标准 ----


def register(cast: factories.Cast, amount: str, day: date, role: str = "secretary") -> SchoolLimit:
    return limits.register_limit(
        school=cast.school, amount=Decimal(amount), effective_from=day, basis="校务会讨论", by=cast.user(role), at=NOW()
    )


def test_limits_are_kept_with_their_dates(cast: factories.Cast) -> None:
    register(cast, "30000", today() - timedelta(days=100))
    register(cast, "50000", today())
    assert procedures.limit_on(cast.school.pk, today() - timedelta(days=1)).amount == 30000  # type: ignore[union-attr]
    assert procedures.limit_on(cast.school.pk, today()).amount == 50000  # type: ignore[union-attr]
    assert procedures.limit_on(cast.school.pk, today() - timedelta(days=101)) is None
    with pytest.raises(InvalidInput, match="另一天"):
        register(cast, "60000", today())
    with refused_by_the_database():
        SchoolLimit.objects.update(amount=1)


def test_only_a_limit_not_yet_in_force_is_withdrawn_and_only_by_the_secretary(cast: factories.Cast) -> None:
    now, later = register(cast, "30000", today()), register(cast, "5", today() + timedelta(days=1))
    with pytest.raises(NotAllowed):
        register(cast, "1", today() + timedelta(days=5), role="principal")
    with pytest.raises(NotAllowed):
        limits.withdraw_limit(limit=later, by=cast.user("clerk"), at=NOW())
    limits.withdraw_limit(limit=later, by=cast.user("secretary"), at=NOW())
    with pytest.raises(WrongState, match="不能撤销"):
        limits.withdraw_limit(limit=now, by=cast.user("secretary"), at=NOW())
    assert list(SchoolLimit.objects.values_list("amount", flat=True)) == [30000]
