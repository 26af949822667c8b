"""A new version of the rules: begun as a draft, edited rule by rule, replayed, issued by the bureau. Issued ones never change.

The row is the lock of the draft. Its `version` counts every change of any rule, so that a replay is about one state of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.guards import may_issue
from governance.models import Issue, Matter, RuleBook
from governance.models.catalogue import in_force
from governance.reference import Timeline, reference_of
from governance.replays import replay_is_fresh
from governance.rule_words import changes_of, differences
from governance.rules.book import Settings, book_faults, setting_faults, with_settings
from governance.rules.reference import ReferenceFault
from governance.services.issuing import (
    DRAFT_NUMBER,
    NotReplayed,
    day_faults,
    draft_locked,
    latest_locked,
    number_faults,
)


@dataclass(frozen=True)
class IssueRules:
    """What the bureau says when it issues: number, first day in force, and what is new."""

    number: str
    effective_from: date | None
    note: str


def _require(by: User) -> None:
    if not may_issue(by):
        raise NotAllowed("程序规则由区教育局组织科起草和发布。")


@transaction.atomic
def start_rules_draft(*, by: User, at: datetime) -> RuleBook:
    """起草新版: a copy of the version issued last. There is one draft at a time."""
    _require(by)
    base = latest_locked(RuleBook)
    if RuleBook.objects.filter(status=Issue.DRAFT).exists():
        raise WrongState("已有一份规则草案。先发布或放弃那一份，再起草新版。")
    content = {**base.content, "version": DRAFT_NUMBER}
    draft = RuleBook(number=DRAFT_NUMBER, title=base.title, note="", status=Issue.DRAFT, based_on=base, content=content)
    draft.commit(at)
    record("governance.rulebook.drafted", by=by, at=at, on=draft, based_on=base.number)
    return draft


@transaction.atomic
def save_rule(*, book: RuleBook, rule_id: str, settings: Settings, version: int, by: User, at: datetime) -> RuleBook:
    """Write what the bureau sets for one rule of the draft: severity, use, words, and the parameters the engine reads.

    Unchanged input changes nothing. Raises `InvalidInput` with a fault for each field, `Stale` with both wordings.
    """
    _require(by)
    draft = draft_locked(RuleBook, book.pk)
    stored = rule_of(draft.content, rule_id)
    changed = with_settings(stored, settings)
    if draft.version != version:
        raise Stale(differences=_both(stored, changed))
    codes = frozenset(Matter.objects.filter(catalogue=in_force(local_day(at))).values_list("code", flat=True))
    if faults := list(setting_faults(rule_id, settings, codes)):
        raise InvalidInput(faults)
    said = [change.label for change in changes_of(stored, changed)]
    if not said:
        return draft
    rules = [changed if rule["id"] == rule_id else rule for rule in draft.content["rules"]]
    draft.content = {**draft.content, "rules": rules}
    if wrong := _unusable(draft, local_day(at)):
        raise InvalidInput([wrong])
    draft.commit(at)
    record("governance.rulebook.edited", by=by, at=at, on=draft, rule=rule_id, fields=said)
    return draft


def rule_of(content: Mapping[str, Any], rule_id: str) -> dict[str, Any]:
    """One rule of a rule book; `WrongState` when there is none of that id."""
    for rule in content["rules"]:
        if rule["id"] == rule_id:
            return dict(rule)
    raise WrongState(f"没有规则 {rule_id}。")


def _both(stored: Mapping[str, Any], typed: Mapping[str, Any]) -> list[Difference]:
    changes = changes_of(stored, typed)
    return [
        Difference(change.label, f"{change.rule} {change.label}", change.before, change.after) for change in changes
    ]


@transaction.atomic
def discard_rules(*, book: RuleBook, version: int, by: User, at: datetime) -> None:
    """放弃草案: the draft and its replays go; the fact that there was one stays."""
    _require(by)
    draft = draft_locked(RuleBook, book.pk, version)
    base = draft.based_on
    record("governance.rulebook.discarded", by=by, at=at, on=draft, based_on=base.number if base else "")
    draft.delete()


@transaction.atomic
def issue_rules(*, book: RuleBook, said: IssueRules, version: int, by: User, at: datetime) -> RuleBook:
    """发布: meetings of `effective_from` and later are judged by this version; those before keep theirs (R-D02).

    Raises `InvalidInput` for number, day or note, `NotReplayed` when this state of the draft has not been replayed to the end.
    """
    _require(by)
    draft = draft_locked(RuleBook, book.pk, version)
    said = replace(said, number=said.number.strip(), note=said.note.strip())
    day = said.effective_from
    faults = [*_words_faults(said), *day_faults(RuleBook, day, local_day(at))]
    if day is None or faults:
        raise InvalidInput(faults)
    _refuse_unfit(draft, day)
    draft.number, draft.note, draft.effective_from = said.number, said.note, day
    draft.content = {**draft.content, "version": said.number, "effective_from": str(day), "status": said.note}
    draft.status, draft.issued_at, draft.issued_by = Issue.ISSUED, at, by
    draft.commit(at)
    record(
        "governance.rulebook.issued", by=by, at=at, on=draft, number=draft.number, effective_from=str(day),
        url=reverse("governance:rules"),
    )  # fmt: skip
    return draft


def _refuse_unfit(draft: RuleBook, day: date) -> None:
    base = RuleBook.objects.get(pk=draft.based_on_id) if draft.based_on_id else None
    if base is None or not differences(base.content, draft.content):
        raise WrongState("这份草案与上一版没有不同，不用发布。")
    ids = [rule["id"] for rule in base.content["rules"]]
    faults = [*book_faults(draft.content, ids), *filter(None, [_unusable(draft, day)])]
    if faults:
        raise InvalidInput(faults)
    if not replay_is_fresh(draft):
        raise NotReplayed("先回放这份草案，看过以往会议会有哪些变化，再发布。回放后又改过的，要再回放一次。")


def _unusable(draft: RuleBook, day: date) -> Fault | None:
    """Why meetings could not be judged by it with the catalogue of that day."""
    try:
        reference_of(Timeline().catalogue(day), draft)
    except ReferenceFault as fault:
        return Fault("", f"不能按这份草案核查：{fault}")
    return None


def _words_faults(said: IssueRules) -> Iterable[Fault]:
    yield from number_faults(RuleBook, said.number)
    if not 4 <= len(said.note) <= 300:
        yield Fault("note", "写明这一版改了什么、依据什么，4 至 300 个字")


@transaction.atomic
def record_rules_export(*, book: RuleBook, rows: int, kind: str, by: User, at: datetime) -> int:
    """Taking the list of rules away is a fact; returns the number that stands in the file."""
    return record("governance.rulebook.exported", by=by, at=at, on=book, rows=rows, format=kind).seq
