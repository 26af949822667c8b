"""议事规则示范文本: loading the delivered versions, writing a draft clause by clause, issuing it. Issued versions never change."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_issue
from governance.models import Clause, ClauseKind, Issue, Matter, ModelText
from governance.models.catalogue import in_force
from governance.procedures import kind_of_rules, model_clauses, model_text_on, rules_of
from governance.rules.clauses import clause_number
from governance.rules.load import DATA, DELIVERED, parsed
from governance.services.clauses import arrange, checked_text, found, inserted, moved, together
from governance.services.issuing import DRAFT_NUMBER
from schools.permissions import Body

CODE_LETTERS = {Body.PARTY: "D", Body.PRINCIPAL: "X"}
MOST_RULES = 12


@dataclass(frozen=True)
class ClauseInput:
    """What the bureau writes of one clause; an empty `chapter` means that of its neighbour."""

    text: str
    kind: str
    rules: tuple[str, ...] = ()
    chapter: str = ""


@dataclass(frozen=True)
class IssueInput:
    """What a version is issued with. `adopted_under` is the matter under which schools adopt their own version."""

    number: str
    title: str
    note: str
    adopted_under: str
    effective_from: date


# ---- loading ----


@transaction.atomic
def load_model_texts(*, version: str = DELIVERED, at: datetime) -> list[tuple[ModelText, bool]]:
    """Load the delivered text of both meetings; each with whether anything was written. A changed file is refused."""
    return [_load(body, version, at) for body in Body]


def _load(body: Body, version: str, at: datetime) -> tuple[ModelText, bool]:
    raw = (DATA / f"model-text-{body.value}-{version}.yaml").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    stored = ModelText.objects.filter(body=body, number=version).first()
    if stored is not None:
        if stored.sha256 != digest:
            raise WrongState(f"示范文本 {version} 的文件与已载入的不同。改动的文本要用新的版本号。")
        return stored, False
    content = parsed(raw)
    text = ModelText(
        body=body,
        number=version,
        title=content["title"],
        note=content["status"].replace("(", "（").replace(")", "）"),
        status=Issue.DRAFT,
        effective_from=content["effective_from"],
        adopted_under=content["adopted_under"],
    )
    text.commit(at)
    entries = [(chapter["title"], entry) for chapter in content["chapters"] for entry in chapter["clauses"]]
    clauses = [_delivered(text, place, chapter, entry) for place, (chapter, entry) in enumerate(entries, start=1)]
    _store(clauses, at)
    text.status, text.sha256 = Issue.ISSUED, digest
    text.commit(at)
    record("governance.rules_of_procedure.model_loaded", by=None, at=at, on=text, clauses=len(entries))
    return text, True


def _delivered(text: ModelText, place: int, chapter: str, entry: dict[str, Any]) -> Clause:
    return Clause(
        model_text=text,
        code=entry["code"],
        order=place,
        chapter=chapter,
        number=clause_number(place),
        text=entry["text"],
        kind=ClauseKind(entry["kind"]),
        rules=entry["rules"],
    )


# ---- a draft ----


@transaction.atomic
def draft_model_text(*, body: str, by: User, at: datetime) -> ModelText:
    """Begin a new version with all clauses of the one in force."""
    _require_issuer(by)
    base = model_text_on(body, local_day(at))
    if base is None:
        raise WrongState("还没有载入示范文本，请联系系统管理员。")
    if ModelText.objects.select_for_update().filter(body=body, status=Issue.DRAFT).exists():
        raise WrongState("已有一份草案在起草，接着改那一份。")
    draft = ModelText(
        body=body, number=DRAFT_NUMBER, title=base.title, note=base.note, status=Issue.DRAFT, based_on=base,
        adopted_under=base.adopted_under,
    )  # fmt: skip
    draft.commit(at)
    _store([_copied(clause, draft) for clause in model_clauses(base)], at)
    _told("model_drafted", draft, by, at)
    return draft


def _store(clauses: Sequence[Clause], at: datetime) -> None:
    for clause in clauses:
        clause.stamp(at)
    Clause.objects.bulk_create(clauses)


def _copied(clause: Clause, draft: ModelText) -> Clause:
    names = ("code", "order", "chapter", "number", "text", "kind", "rules")
    return Clause(model_text=draft, **{name: getattr(clause, name) for name in names})


@transaction.atomic
def add_model_clause(
    *, draft: ModelText, new: ClauseInput, after: UUID | None, version: int | None, by: User, at: datetime
) -> Clause:
    """A new clause behind another; it gets a code that no version of this text has used."""
    draft, clauses = _open(draft, version, by)
    clause = Clause(model_text=draft, code=_next_code(draft), **_checked(draft, new))
    arrange(inserted(clauses, clause, after), at)
    _changed(draft, by, at, clause=clause.code, did="add")
    return clause


@transaction.atomic
def save_model_clause(
    *, draft: ModelText, clause: UUID, new: ClauseInput, version: int | None, by: User, at: datetime
) -> Clause:
    """Other words, kind, rules or chapter of one clause."""
    draft, clauses = _open(draft, version, by)
    row = clauses[found(clauses, clause)]
    for name, value in _checked(draft, new).items():
        if name != "chapter" or value:
            setattr(row, name, value)
    row.commit(at)
    arrange(together(clauses), at)
    _changed(draft, by, at, clause=row.code, did="save")
    return row


@transaction.atomic
def move_model_clause(
    *, draft: ModelText, clause: UUID, up: bool, version: int | None, by: User, at: datetime
) -> ModelText:
    """One place up or down."""
    draft, clauses = _open(draft, version, by)
    arrange(moved(clauses, clause, up=up), at)
    return _changed(draft, by, at, clause=str(clause), did="move")


@transaction.atomic
def remove_model_clause(*, draft: ModelText, clause: UUID, version: int | None, by: User, at: datetime) -> ModelText:
    """Take a clause out of the draft."""
    draft, clauses = _open(draft, version, by)
    row = clauses.pop(found(clauses, clause))
    code = row.code
    row.delete()
    arrange(clauses, at)
    return _changed(draft, by, at, clause=code, did="remove")


@transaction.atomic
def discard_model_text(*, draft: ModelText, version: int | None, by: User, at: datetime) -> None:
    """Give up a draft; nobody but the bureau has seen it."""
    draft, _ = _open(draft, version, by)
    _told("model_discarded", draft, by, at)
    draft.delete()


@transaction.atomic
def issue_model_text(*, draft: ModelText, new: IssueInput, version: int | None, by: User, at: datetime) -> ModelText:
    """Issue the draft: from then on it never changes, and schools compare their rules with it from its date on."""
    draft, clauses = _open(draft, version, by)
    _check_issue(draft, new, clauses, local_day(at))
    draft.number, draft.title, draft.note = new.number.strip(), new.title.strip(), new.note.strip()
    draft.adopted_under, draft.effective_from = new.adopted_under, new.effective_from
    draft.status, draft.issued_at, draft.issued_by = Issue.ISSUED, at, by
    draft.commit(at)
    _told("model_issued", draft, by, at, number=draft.number, effective_from=new.effective_from.isoformat())
    return draft


def _check_issue(draft: ModelText, new: IssueInput, clauses: Sequence[Clause], today: date) -> None:
    faults = [Fault(name, words) for name, words in _missing(new)]
    taken = ModelText.objects.filter(body=draft.body, number=new.number.strip()).exclude(pk=draft.pk)
    if new.number.strip() == DRAFT_NUMBER or taken.exists():
        faults.append(Fault("number", "这个版本号用过了，换一个，如 2027-1"))
    if new.effective_from < today:
        faults.append(Fault("effective_from", f"施行日期要在今天（{today}）或以后"))
    base = draft.based_on
    if base is not None and base.effective_from is not None and new.effective_from < base.effective_from:
        faults.append(Fault("effective_from", f"施行日期不能早于上一版的 {base.effective_from}"))
    known = Matter.objects.filter(catalogue=in_force(today), body=Body.PARTY, code=new.adopted_under)
    if not known.exists():
        faults.append(Fault("adopted_under", "从目录里选一个党组织会议事项，如 P03"))
    if not clauses:
        faults.append(Fault("number", "草案里还没有条文"))
    if faults:
        raise InvalidInput(faults)


def _missing(new: IssueInput) -> list[tuple[str, str]]:
    said = {
        "number": (new.number, "写版本号，如 2027-1"),
        "title": (new.title, "写名称"),
        "note": (new.note, "写一句说明，如文号"),
    }
    return [(name, words) for name, (value, words) in said.items() if not value.strip()]


# ---- the common opening and closing ----


def _open(draft: ModelText, version: int | None, by: User) -> tuple[ModelText, list[Clause]]:
    """Lock the draft, check person, state and version; returns it with its clauses in order."""
    _require_issuer(by)
    locked = ModelText.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is None or locked.status != Issue.DRAFT:
        raise WrongState("这一版已经发布或放弃，不能再改。要改的，从施行的版本起草新版。")
    if version is not None and version != locked.version:
        raise Stale("刚才有人改过这份草案。看过最新的条文再改。")
    return locked, model_clauses(locked)


def _require_issuer(by: User) -> None:
    if not may_issue(by):
        raise NotAllowed("示范文本由区教育局组织科起草和发布。")


def _checked(draft: ModelText, new: ClauseInput) -> dict[str, Any]:
    """The fields of a clause; rule ids must be known, belong to this meeting, and fit the kind."""
    rules = list(dict.fromkeys(rule.strip().upper() for rule in new.rules if rule.strip()))
    faults = []
    if unknown := [rule for rule in rules if rule not in rules_of(draft.body)]:
        faults.append(Fault("rules", f"没有规则 {'、'.join(unknown[:5])}，或不是{draft.get_body_display()}的规则"))
    if len(rules) > MOST_RULES:
        faults.append(Fault("rules", f"一条最多对应 {MOST_RULES} 条规则"))
    if new.kind not in ClauseKind.values:
        faults.append(Fault("kind", "选一种性质"))
    elif not faults and (said := _kind_fault(new.kind, kind_of_rules(rules))):
        faults.append(Fault("kind", said))
    if faults:
        raise InvalidInput(faults)
    return {"text": checked_text(new.text), "kind": new.kind, "rules": rules, "chapter": new.chapter.strip()[:60]}


def _kind_fault(kind: str, most: ClauseKind) -> str:
    """A clause may not promise more than its rules keep; what is judged is called so."""
    if most == ClauseKind.JUDGED and kind != ClauseKind.JUDGED:
        return "对应的规则由系统核查，性质选“系统核查”"
    if kind == ClauseKind.JUDGED and most != ClauseKind.JUDGED:
        return "对应的规则都不由系统核查，性质选“系统登记”或“宣示条款”，或补上核查的规则"
    if kind == ClauseKind.RECORDED and most == ClauseKind.DECLARATORY:
        return "对应的规则系统没有登记，性质选“宣示条款”，或补上有登记的规则"
    return ""


def _next_code(draft: ModelText) -> str:
    letter = CODE_LETTERS[Body(draft.body)]
    codes = Clause.objects.filter(model_text__body=draft.body).values_list("code", flat=True)
    used = [int(code[1:]) for code in codes if code[1:].isdigit()]
    return f"{letter}{max(used, default=0) + 1:02d}"


def _changed(draft: ModelText, by: User, at: datetime, **data: Any) -> ModelText:
    draft.commit(at)
    _told("model_edited", draft, by, at, **data)
    return draft


def _told(fact: str, text: ModelText, by: User, at: datetime, **data: Any) -> None:
    kind = f"governance.rules_of_procedure.{fact}"
    record(kind, by=by, at=at, on=text, url=text.get_absolute_url(), body=text.body, **data)
