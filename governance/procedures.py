"""Rules of procedure (议事规则) read: what is in force, who may write it, how a school's text stands to the model text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from uuid import UUID

from accounts.models import User
from common import history
from common.dates import local_day
from governance.models import (
    Clause,
    ClauseKind,
    Decision,
    ModelText,
    SchoolClause,
    SchoolLimit,
    SchoolRules,
    SchoolRulesStatus,
)
from governance.reference import reference_on
from governance.rule_words import kind_of
from governance.rules import facts
from governance.rules.clauses import Pair, Wording, compare
from governance.rules.findings import Severity
from governance.rules.further.registry import STORED
from governance.rules.load import read_rules
from governance.rules.registry import RULES
from governance.rules.thresholds import Threshold
from governance.rules.tighten import SEVERITY, THRESHOLD, Setting, settings_for
from schools import access
from schools.models import School
from schools.permissions import BUREAU_POSTS, OFFICE_POSTS, Body, SchoolPerm

_ALIKE = 0.6
# Judged of meetings; months are judged, too, but stop no step.
_OF_MEETINGS = frozenset(RULES) | frozenset(STORED)
# A setting of a school as words: what the number counts, and which way is stricter.
UNITS = {"min_days_before": ("提前", "天"), "workdays": ("会后", "个工作日内"), "min_materials": ("至少", "份")}


# ---- who ----


def may_edit(user: User, school_id: UUID) -> bool:
    """Whether this account writes the school's rules of procedure (书记、校长、党政办)."""
    return access.can(user, SchoolPerm.EDIT_PLAN, school_id)


def may_adopt(user: User, school_id: UUID) -> bool:
    """Whether this account registers what a meeting has adopted (书记)."""
    return access.can(user, SchoolPerm.SUBMIT_PLAN, school_id)


def both_adopted_on(school_id: UUID) -> date | None:
    """Since when the school has adopted rules of procedure for both meetings; None when one is missing. Registered for `schools`."""
    rows = SchoolRules.objects.adopted().filter(school=school_id).order_by("body", "adopted_on")
    first: dict[str, date] = {}
    for body, day in rows.values_list("body", "adopted_on"):
        if day is not None:
            first.setdefault(body, day)
    return max(first.values()) if len(first) == len(Body) else None


def is_of_school(user: User, school_id: UUID) -> bool:
    """Whether this account holds a post there: drafts are the school's own."""
    return bool(access.posts_at(user, school_id))


# ---- the rules a clause can be bound to ----


@lru_cache(maxsize=1)
def rule_rows() -> Mapping[str, Mapping[str, Any]]:
    """Topic, statement and body of every rule, by id. An id never changes its meaning, so the delivered words stand."""
    return {rule["id"]: rule for rule in read_rules()["rules"]}


@lru_cache(maxsize=2)
def rules_of(body: str) -> tuple[str, ...]:
    """Ids of the rules of one meeting, in the order of the rule file."""
    return tuple(rule_id for rule_id, rule in rule_rows().items() if rule["body"] in (body, "both"))


def kind_of_rules(rules: Iterable[str]) -> ClauseKind:
    """The most a clause bound to these rules can be: judged when one of them is, recorded when one is, else declaratory."""
    kinds = {kind_of(rule_id) for rule_id in rules}
    return next((kind for kind in (ClauseKind.JUDGED, ClauseKind.RECORDED) if kind in kinds), ClauseKind.DECLARATORY)


# ---- what is in force ----


def model_text_on(body: str, day: date) -> ModelText | None:
    """The model text in force on a day; the delivered version covers all days before the first dated one."""
    found: ModelText | None = ModelText.objects.in_force(day).filter(body=body).first()
    return found


def rules_on(school_id: UUID, body: str, day: date) -> SchoolRules | None:
    """The school's own rules of procedure in force on a day, or None while it has none."""
    rows = SchoolRules.objects.adopted().filter(school=school_id, body=body, effective_from__lte=day)
    return rows.order_by("-effective_from", "-number").first()


def limit_on(school_id: UUID, day: date) -> SchoolLimit | None:
    """The amount from which spending counts as 大额 on a day (R-T21), or None while the school has registered none."""
    rows = SchoolLimit.objects.filter(school=school_id, effective_from__lte=day)
    return rows.order_by("-effective_from").first()


# ---- comparing ----


def own_wordings(clauses: Iterable[SchoolClause]) -> list[Wording]:
    """A school's clauses, each compared by the model clause it comes from. Needs `source` read."""
    return [Wording(c.source and c.source.code, c.number, c.text, c.chapter) for c in clauses]


def model_wordings(clauses: Iterable[Clause]) -> list[Wording]:
    """Clauses of a model text, compared by their code."""
    return [Wording(c.code, c.number, c.text, c.chapter) for c in clauses]


def clauses_of(version: SchoolRules) -> list[SchoolClause]:
    """The clauses of a school's version in order, each with its model clause: one query."""
    return list(SchoolClause.objects.filter(rules_version=version).select_related("source").order_by("order"))


def model_clauses(text: ModelText | UUID) -> list[Clause]:
    """The clauses of a model text in order."""
    return list(Clause.objects.filter(model_text=text).order_by("order"))


def against_model(own: Sequence[SchoolClause], model: Sequence[Clause]) -> list[Pair]:
    """The school's clauses beside those of the model text it is compared with."""
    return compare(model_wordings(model), own_wordings(own))


def between_versions(before: Sequence[SchoolClause], after: Sequence[SchoolClause]) -> list[Pair]:
    """Two versions of a school beside each other: by model clause; its own additions by the most alike wording."""
    own = {clause.text: f"own {place}" for place, clause in enumerate(before) if clause.source is None}
    earlier = [replace(w, key=w.key or f"twice {n}") for n, w in enumerate(_keyed(before, own))]
    return compare(earlier, _keyed(after, own))


def _keyed(clauses: Iterable[SchoolClause], own: Mapping[str, str]) -> list[Wording]:
    free, made = dict(own), []
    for clause in clauses:
        key = clause.source.code if clause.source else _most_alike(clause.text, free)
        made.append(Wording(key, clause.number, clause.text, clause.chapter))
    return made


def _most_alike(text: str, free: dict[str, str]) -> str | None:
    """The key of the addition this one was made from; each is given once."""
    match = next(iter(get_close_matches(text, free, n=1, cutoff=_ALIKE)), None)
    return None if match is None else free.pop(match)


def between_models(before: Sequence[Clause], after: Sequence[Clause]) -> list[Pair]:
    """Two versions of a model text beside each other, by the codes of their clauses."""
    return compare(model_wordings(before), model_wordings(after))


# ---- what a school may tighten ----


def open_settings(body: str, day: date) -> list[Setting]:
    """The requirements of that meeting a school may make stricter, with the bureau's value of that day."""
    warned = frozenset(rules_of(body)) & _OF_MEETINGS
    return list(settings_for(facts.Body(body), reference_on(day), warned))


def in_words(name: str, value: Any) -> str:
    """A value as the page says it: 三分之二以上, 提前 3 天, 不合规（拦截）."""
    if name == THRESHOLD:
        return Threshold(value).label
    if name == SEVERITY:
        return {Severity.BLOCK: "拦截", Severity.WARN: "提醒", Severity.RECORD: "登记"}[Severity(value)]
    before, after = UNITS[name]
    return f"{before} {value} {after}"


def tightened_rows(version: SchoolRules, day: date) -> list[dict[str, str]]:
    """What a version asks for beyond the bureau's rules of that day, row by row for a page."""
    bureau = reference_on(day)
    rows = []
    for rule_id, wanted in version.tightened.items():
        for name, value in wanted.items():
            law = bureau.rules[rule_id]
            now = law.severity if name == SEVERITY else law.parameters.get(name)
            rows.append(
                {
                    "rule": rule_id,
                    "topic": rule_rows()[rule_id]["topic"],
                    "own": in_words(name, value),
                    "bureau": in_words(name, now) if now is not None else "–",
                }
            )
    return rows


# ---- where it was adopted ----


def adopting_decisions(user: User, school: School, draft: SchoolRules) -> list[Decision]:
    """Decisions of signed Party meetings under the matter by which this text is adopted, latest first.

    The catalogue gives both texts to the Party meeting: the Party meeting's own rules are 党内制度 (P03); the rules of
    the principal's meeting are 基本管理制度 (P11), of which the principal's meeting only prepares the draft (A01, 研究讨论).
    A decision is born by the signature of its meeting, so every meeting here is signed or archived. Those whose words the
    account may not read are no choice for it.
    """
    rows = Decision.objects.visible_to(user).filter(
        school=school,
        meeting__body=Body.PARTY,
        item__matter__code=draft.model_text.adopted_under,
    )
    used = SchoolRules.objects.adopted().filter(school=school, body=draft.body).values("adopted_at_meeting")
    return list(rows.exclude(meeting__in=used).select_related("meeting").order_by("-decided_on", "-number"))


def versions_of(school: School, body: str) -> list[SchoolRules]:
    """All versions of one school's rules for one meeting, latest first, each with model text and meeting."""
    rows = SchoolRules.objects.filter(school=school, body=body).select_related("model_text", "adopted_at_meeting")
    return list(rows.order_by("-number"))


def draft_of(versions: Iterable[SchoolRules]) -> SchoolRules | None:
    """The one still being written."""
    return next((version for version in versions if version.status == SchoolRulesStatus.DRAFT), None)


def panel_of(school: School, user: User) -> dict[str, Any]:
    """Both texts on the school's own page (学校档案): the version in force and the draft. One query."""
    today = local_day(history.now())
    rows = list(SchoolRules.objects.filter(school=school).order_by("effective_from", "number"))
    texts = []
    for body in Body:
        own = [row for row in rows if row.body == body]
        adopted = [row for row in own if row.effective_from is not None and row.effective_from <= today]
        current = adopted[-1] if adopted else None
        texts.append({"body": body, "current": current, "draft": draft_of(own)})
    return {"texts": texts, "many": access.holds_post(user, *BUREAU_POSTS, *OFFICE_POSTS)}
