"""本校议事规则: a school writes its version of the model text, tightens what it may, and registers the meeting that adopted it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault
from governance.models import Clause, SchoolClause, SchoolRules, SchoolRulesStatus
from governance.procedures import (
    adopting_decisions,
    clauses_of,
    in_words,
    may_adopt,
    may_edit,
    model_clauses,
    model_text_on,
    open_settings,
    rule_rows,
)
from governance.reference import reference_on
from governance.rules.clauses import same_wording
from governance.rules.reference import ReferenceFault
from governance.rules.tighten import tighten
from governance.services.clauses import arrange, checked_text, found, inserted, moved
from schools.models import School

Wanted = Mapping[tuple[str, str], Any]


@transaction.atomic
def start_school_rules(*, school: School, body: str, from_last: bool, by: User, at: datetime) -> SchoolRules:
    """Begin the next version: with the clauses of the model text in force, or with those of the school's last version.

    Either way it is compared with the model text in force today.
    """
    _require_editor(by, school.pk)
    School.objects.select_for_update().only("pk").get(pk=school.pk)
    versions = SchoolRules.objects.filter(school=school, body=body)
    if versions.filter(status=SchoolRulesStatus.DRAFT).exists():
        raise WrongState("已有一版在起草，接着改那一版。")
    model = model_text_on(body, local_day(at))
    last = versions.adopted().order_by("-number").first()
    if model is None or (from_last and last is None):
        raise WrongState("还没有可以作底的文本。")
    number = (versions.aggregate(most=Max("number"))["most"] or 0) + 1
    draft = SchoolRules(school=school, body=body, number=number, model_text=model)
    draft.tightened = _still_stricter(last, local_day(at)) if last is not None and from_last else {}
    draft.commit(at)
    clauses = model_clauses(model)
    if from_last and last is not None:
        made = _copies(draft, last, {clause.code: clause for clause in clauses})
    else:
        made = [_from_model(draft, clause) for clause in clauses]
    for clause in made:
        clause.stamp(at)
    SchoolClause.objects.bulk_create(made)
    _told("drafted", draft, by, at)
    return draft


def _still_stricter(last: SchoolRules, day: date) -> dict[str, dict[str, Any]]:
    """The settings of the last version that the bureau's rules of today have not overtaken."""
    kept: dict[str, dict[str, Any]] = {}
    bureau = reference_on(day)
    for rule_id, wanted in last.tightened.items():
        for name, value in wanted.items():
            try:
                tighten(bureau, {rule_id: {name: value}})
            except ReferenceFault:
                continue
            kept.setdefault(rule_id, {})[name] = value
    return kept


def _copies(draft: SchoolRules, last: SchoolRules, by_code: Mapping[str, Clause]) -> list[SchoolClause]:
    """The last version's clauses, each held against the clause of the same code in the model text of today."""
    made = []
    for clause in clauses_of(last):
        source = by_code.get(clause.source.code) if clause.source else None
        text = _worded(clause.text, source)
        made.append(
            SchoolClause(
                rules_version=draft,
                order=clause.order,
                chapter=clause.chapter,
                number=clause.number,
                text=text,
                source=source,
            )
        )
    return made


def _from_model(draft: SchoolRules, clause: Clause) -> SchoolClause:
    names = ("order", "chapter", "number", "text")
    return SchoolClause(rules_version=draft, source=clause, **{name: getattr(clause, name) for name in names})


def _worded(text: str, source: Clause | None) -> str:
    """The very words of the model clause when nothing but blanks and width of signs differs: then it is adopted (采用)."""
    return source.text if source is not None and same_wording(text, source.text) else text


@transaction.atomic
def save_school_clause(
    *, draft: SchoolRules, clause: UUID, text: str, version: int | None, by: User, at: datetime
) -> SchoolClause:
    """Other words of one clause."""
    draft, clauses = _open(draft, version, by)
    row = clauses[found(clauses, clause)]
    row.text = _worded(checked_text(text), row.source)
    row.commit(at)
    _changed(draft, by, at, clause=row.number, did="save")
    return row


@transaction.atomic
def add_school_clause(
    *, draft: SchoolRules, text: str, after: UUID | None, version: int | None, by: User, at: datetime
) -> SchoolClause:
    """A clause of the school's own behind another."""
    draft, clauses = _open(draft, version, by)
    clause = SchoolClause(rules_version=draft, text=checked_text(text))
    arrange(inserted(clauses, clause, after), at)
    _changed(draft, by, at, clause=clause.number, did="add")
    return clause


@transaction.atomic
def move_school_clause(
    *, draft: SchoolRules, clause: UUID, up: bool, version: int | None, by: User, at: datetime
) -> SchoolRules:
    """One place up or down."""
    draft, clauses = _open(draft, version, by)
    arrange(moved(clauses, clause, up=up), at)
    return _changed(draft, by, at, clause=str(clause), did="move")


@transaction.atomic
def remove_school_clause(
    *, draft: SchoolRules, clause: UUID, version: int | None, by: User, at: datetime
) -> SchoolRules:
    """Take a clause out; one of the model text is then shown as missing (缺) and can be taken back."""
    draft, clauses = _open(draft, version, by)
    row = clauses.pop(found(clauses, clause))
    number = row.number
    row.delete()
    arrange(clauses, at)
    return _changed(draft, by, at, clause=number, did="remove")


@transaction.atomic
def restore_school_clause(
    *, draft: SchoolRules, model_clause: UUID, version: int | None, by: User, at: datetime
) -> SchoolClause:
    """Take a clause of the model text back, behind the one that stands before it there."""
    draft, clauses = _open(draft, version, by)
    model = model_clauses(draft.model_text_id)
    place = next((n for n, clause in enumerate(model) if clause.pk == model_clause), None)
    if place is None:
        raise one_fault("clause", "示范文本里没有这一条")
    there = {clause.source_id: clause.pk for clause in clauses}
    if model_clause in there:
        raise WrongState("这一条已经在本校的文本里了。")
    before = next((there[clause.pk] for clause in reversed(model[:place]) if clause.pk in there), None)
    restored = _from_model(draft, model[place])
    arrange(inserted(clauses, restored, before), at)
    _changed(draft, by, at, clause=restored.number, did="restore")
    return restored


@transaction.atomic
def set_stricter(*, draft: SchoolRules, wanted: Wanted, version: int | None, by: User, at: datetime) -> SchoolRules:
    """What the school asks for beyond the bureau: `{("R-T03", "min_days_before"): 3}`. The bureau's own value is no change.

    Raises `InvalidInput` with a fault at `R-T03.min_days_before` for whatever is looser, naming the bureau's value.
    """
    draft, _ = _open(draft, version, by)
    settings = {(s.rule, s.name): s.now for s in open_settings(draft.body, local_day(at))}
    bureau = reference_on(local_day(at))
    tightened: dict[str, dict[str, Any]] = {}
    faults = []
    for (rule_id, name), value in wanted.items():
        now = settings.get((rule_id, name))
        if now is None:
            faults.append(Fault(f"{rule_id}.{name}", "这一项不能由学校改"))
        elif value != now:
            try:
                tighten(bureau, {rule_id: {name: value}})
            except ReferenceFault:
                faults.append(Fault(f"{rule_id}.{name}", _looser(rule_id, name, now)))
            tightened.setdefault(rule_id, {})[name] = value
    if faults:
        raise InvalidInput(faults)
    draft.tightened = tightened
    return _changed(draft, by, at, fact="tightened", tightened=tightened)


def _looser(rule_id: str, name: str, now: Any) -> str:
    topic = rule_rows()[rule_id]["topic"]
    return f"{topic}（{rule_id}）只能从严：区局要求{in_words(name, now)}，本校不能更宽"


@transaction.atomic
def discard_school_rules(*, draft: SchoolRules, version: int | None, by: User, at: datetime) -> None:
    """Give up a draft; no meeting has seen it."""
    draft, _ = _open(draft, version, by)
    _told("discarded", draft, by, at)
    draft.delete()


@transaction.atomic
def adopt_school_rules(
    *, draft: SchoolRules, meeting: UUID, effective_from: date, version: int | None, by: User, at: datetime
) -> SchoolRules:
    """Register that a signed Party meeting adopted this version; from `effective_from` on meetings are judged by it.

    The meeting must hold a decision under the matter the model text names (see `procedures.adopting_decisions`).
    """
    if not may_adopt(by, draft.school_id):
        raise NotAllowed("通过由书记登记。")
    draft, clauses = _open(draft, version, by)
    decisions = adopting_decisions(by, draft.school, draft)
    decision = next((decision for decision in decisions if decision.meeting_id == meeting), None)
    if decision is None:
        under = draft.model_text.adopted_under
        raise one_fault("meeting", f"选一次已签发的党组织会议，会上有归入 {under} 并通过的议题，且没有登记过别的版本")
    faults = _date_faults(draft, decision.decided_on, effective_from)
    if not clauses:
        faults.append(Fault("meeting", "这一版还没有条文"))
    if faults:
        raise InvalidInput(faults)
    _still_tightens(draft, effective_from)
    draft.status, draft.adopted_at_meeting_id = SchoolRulesStatus.ADOPTED, meeting
    draft.adopted_on, draft.effective_from = decision.decided_on, effective_from
    draft.commit(at)
    data = {"decision": decision.number, "effective_from": effective_from.isoformat()}
    _told("adopted", draft, by, at, **data)
    return draft


def _date_faults(draft: SchoolRules, adopted_on: date, effective_from: date) -> list[Fault]:
    faults = []
    if effective_from < adopted_on:
        faults.append(Fault("effective_from", f"施行日期要在通过的会议（{adopted_on}）当天或以后"))
    before = SchoolRules.objects.adopted().filter(school=draft.school_id, body=draft.body)
    latest = before.aggregate(latest=Max("effective_from"))["latest"]
    if latest is not None and effective_from < latest:
        faults.append(Fault("effective_from", f"施行日期不能早于上一版的 {latest}"))
    return faults


def _still_tightens(draft: SchoolRules, day: date) -> None:
    """The bureau may have issued stricter rules since: a looser setting would be void, so it is refused (R-D02)."""
    try:
        tighten(reference_on(day), draft.tightened)
    except ReferenceFault as fault:
        raise WrongState(f"{fault}。先在“从严要求”里改过来，再登记通过。") from fault


# ---- the common opening and closing ----


def _open(draft: SchoolRules, version: int | None, by: User) -> tuple[SchoolRules, list[SchoolClause]]:
    """Lock the draft, check person, state and version; returns it with its clauses in order."""
    _require_editor(by, draft.school_id)
    locked = SchoolRules.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is None or locked.status != SchoolRulesStatus.DRAFT:
        raise WrongState("这一版已经通过或放弃，不能再改。要改的，起草新的一版。")
    if version is not None and version != locked.version:
        raise Stale("刚才有人改过这份草稿。看过最新的条文再改。")
    return locked, clauses_of(locked)


def _require_editor(by: User, school_id: UUID) -> None:
    if not may_edit(by, school_id):
        raise NotAllowed("本校议事规则由书记、校长或党政办起草。")


def _changed(draft: SchoolRules, by: User, at: datetime, *, fact: str = "edited", **data: Any) -> SchoolRules:
    draft.commit(at)
    _told(fact, draft, by, at, **data)
    return draft


def _told(fact: str, version: SchoolRules, by: User, at: datetime, **data: Any) -> None:
    record(
        f"governance.rules_of_procedure.{fact}", by=by, at=at, on=version, school_id=version.school_id,
        url=version.get_absolute_url(), **data,
    )  # fmt: skip
