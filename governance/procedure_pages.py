"""Rows that the pages of rules of procedure print: clauses with their relation, marks and rules, by chapter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from governance.models import Clause, ClauseKind, SchoolClause
from governance.procedures import against_model, between_models, between_versions, rule_rows
from governance.rules.clauses import Mark, Pair, Relation, marks

WORDS = {Relation.ADOPTED: "采用", Relation.ADAPTED: "改写", Relation.ADDED: "新增", Relation.MISSING: "缺"}
BETWEEN = {Relation.ADOPTED: "未变", Relation.ADAPTED: "改写", Relation.ADDED: "新增", Relation.MISSING: "去掉"}


@dataclass(frozen=True)
class Row:
    """One clause on a page. `pk` is that of the clause that can be edited, `model_pk` of the model clause."""

    relation: str
    words: str
    number: str
    chapter: str
    text: str
    marks: list[Mark] = field(default_factory=list)
    model_number: str = ""
    pk: UUID | None = None
    model_pk: UUID | None = None
    clause: Clause | None = None

    @property
    def anchor(self) -> str:
        """The row's place on the page."""
        return f"c-{self.pk or self.model_pk or self.model_number}"

    @property
    def rules(self) -> list[dict[str, str]]:
        """Rules of the model clause, with their topics."""
        bound = self.clause.rules if self.clause else []
        return [{"id": rule, "topic": rule_rows()[rule]["topic"]} for rule in bound if rule in rule_rows()]

    @property
    def kind(self) -> str:
        """系统核查, 系统登记 or 宣示条款; empty for a clause of the school's own."""
        return ClauseKind(self.clause.kind).label if self.clause else ""


@dataclass(frozen=True)
class Chapter:
    """A chapter and its rows."""

    title: str
    rows: list[Row]


def model_rows(clauses: Iterable[Clause]) -> list[Row]:
    """A model text to be read."""
    return [Row("", "", c.number, c.chapter, c.text, pk=c.pk, model_pk=c.pk, clause=c) for c in clauses]


def model_differences(before: Sequence[Clause], after: Sequence[Clause]) -> list[Row]:
    """A model text with what changed against the version it is based on."""
    by_number = {clause.number: clause for clause in after}
    rows = []
    for pair in between_models(before, after):
        clause = by_number[pair.own.number] if pair.own else None
        rows.append(_row(pair, BETWEEN, pk=clause.pk if clause else None, clause=clause))
    return rows


def school_rows(own: Sequence[SchoolClause], model: Sequence[Clause]) -> list[Row]:
    """A school's version beside the model text, with what is missing."""
    pks = {clause.number: clause.pk for clause in own}
    by_code = {clause.code: clause for clause in model}
    rows = []
    for pair in against_model(own, model):
        clause = by_code.get(str(pair.model.key)) if pair.model else None
        rows.append(
            _row(
                pair,
                WORDS,
                pk=pks[pair.own.number] if pair.own else None,
                model_pk=clause.pk if clause else None,
                clause=clause,
            )
        )
    return rows


def version_differences(before: Sequence[SchoolClause], after: Sequence[SchoolClause]) -> list[Row]:
    """Two versions of one school beside each other."""
    pks = {clause.number: clause.pk for clause in after}
    gone = {clause.number: clause.pk for clause in before}
    return [
        _row(
            pair,
            BETWEEN,
            pk=pks[pair.own.number] if pair.own else None,
            model_pk=gone[pair.model.number] if pair.model and not pair.own else None,
        )
        for pair in between_versions(before, after)
    ]


def _row(
    pair: Pair,
    words: dict[Relation, str],
    *,
    pk: UUID | None = None,
    model_pk: UUID | None = None,
    clause: Clause | None = None,
) -> Row:
    shown = pair.shown
    return Row(
        relation=str(pair.relation),
        words=words[pair.relation],
        number=pair.own.number if pair.own else "",
        chapter=shown.chapter,
        text=shown.text,
        marks=marks(pair.model.text, pair.own.text)
        if pair.model and pair.own and pair.relation == Relation.ADAPTED
        else [],
        model_number=pair.model.number if pair.model else "",
        pk=pk,
        model_pk=model_pk,
        clause=clause,
    )


def by_chapter(rows: Iterable[Row]) -> list[Chapter]:
    """The rows under the titles of their chapters."""
    return [Chapter(title, list(found)) for title, found in groupby(rows, key=lambda row: row.chapter)]


def counts_of(rows: Iterable[Row]) -> dict[str, int]:
    """How many of each relation, by its code."""
    found = [row.relation for row in rows]
    return {str(relation): found.count(str(relation)) for relation in Relation}


def chosen(rows: Sequence[Row], show: str) -> list[Row]:
    """Those of one relation, or all that are not simply adopted (`changed`)."""
    if show == "changed":
        return [row for row in rows if row.relation != Relation.ADOPTED]
    return [row for row in rows if row.relation == show] if show in list(Relation) else list(rows)


def views_of(rows: Sequence[Row], words: dict[Relation, str], show: str, address: str = "?") -> list[dict[str, object]]:
    """The segments above the clauses: all, and each relation with its number."""
    numbers = counts_of(rows)
    made: list[dict[str, object]] = [{"label": "全部", "count": len(rows), "url": address, "current": not show}]
    joint = "" if address == "?" else "&"
    for relation, label in words.items():
        made.append(
            {
                "label": label,
                "count": numbers[str(relation)],
                "url": f"{address}{joint}show={relation}",
                "current": show == relation,
            }
        )
    return made
