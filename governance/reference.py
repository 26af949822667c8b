"""Which catalogue and rules are in force on a day, for whom: the one way from versioned rows to what meetings are judged by."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from governance.models import Catalogue, Issue, Matter, RuleBook, SchoolRules, SchoolRulesStatus
from governance.rules.load import (
    DELIVERED,
    build_reference,
    delivered_reference,
    read_catalogue,
    read_rules,
    read_workdays,
)
from governance.rules.reference import Reference
from governance.rules.tighten import tighten
from schools.models import School

# Versions are few; schools with stricter rules of their own are at most some hundreds at one time.
_KEPT_VERSIONS, _KEPT_SCHOOLS = 32, 512


def reference_on(day: date, *, school_id: UUID | None = None, body: str = "") -> Reference:
    """What a meeting of that day is judged by: catalogue and rules in force, made stricter by the school's own rules.

    One query; what it names is built once and kept. Without `school_id` the bureau's own rules stand.
    """
    catalogues, rulebooks = _issued(Catalogue.objects.all(), day), _issued(RuleBook.objects.all(), day)
    if school_id is None:
        return _built(_version(catalogues.first()), _version(rulebooks.first()))
    own = SchoolRules.objects.filter(
        school=school_id, body=body, status=SchoolRulesStatus.ADOPTED, effective_from__lte=day
    ).order_by("-effective_from", "-number")
    found = School.objects.filter(pk=school_id).values_list(
        Subquery(catalogues.values("pk")[:1]),
        Subquery(catalogues.values("number")[:1]),
        Subquery(rulebooks.values("pk")[:1]),
        Subquery(rulebooks.values("number")[:1]),
        Subquery(own.annotate(text=Cast("tightened", TextField())).values("text")[:1]),
    )
    catalogue, catalogue_number, rulebook, rulebook_number, tightened = found.get()
    versions = (
        None if catalogue_number == DELIVERED else catalogue,
        None if rulebook_number == DELIVERED else rulebook,
    )
    return _built(*versions) if tightened in (None, "{}") else _stricter(*versions, tightened)


def _version(found: Catalogue | RuleBook | None) -> UUID | None:
    """None for the delivered version, which needs no query."""
    return None if found is None or found.number == DELIVERED else found.pk


def _issued(rows: QuerySet[Any], day: date) -> QuerySet[Any]:
    known = rows.filter(Q(effective_from__lte=day) | Q(effective_from__isnull=True), status=Issue.ISSUED)
    return known.order_by(F("effective_from").desc(nulls_last=True), "-issued_at", "-number")


@lru_cache(maxsize=_KEPT_VERSIONS)
def _built(catalogue: UUID | None, rulebook: UUID | None) -> Reference:
    """Issued versions never change, so what was built of them stands."""
    if catalogue is None and rulebook is None:
        return delivered_reference()
    return build_reference(
        read_catalogue() if catalogue is None else catalogue_content(Catalogue.objects.get(pk=catalogue)),
        read_rules() if rulebook is None else RuleBook.objects.get(pk=rulebook).content,
        read_workdays(),
    )


@lru_cache(maxsize=_KEPT_SCHOOLS)
def _stricter(catalogue: UUID | None, rulebook: UUID | None, tightened: str) -> Reference:
    return tighten(_built(catalogue, rulebook), json.loads(tightened))


def catalogue_content(catalogue: Catalogue) -> Mapping[str, Any]:
    """A stored catalogue in the layout of the delivered file, as far as rules read it."""
    return {
        "version": catalogue.number,
        "stages": catalogue.stages,
        "matters": [
            {
                "code": matter.code,
                "body": matter.body,
                "nature": matter.nature,
                "important": matter.important,
                "attendance": {"level": matter.attendance_level},
                "fed_by": matter.fed_by,
            }
            for matter in Matter.objects.filter(catalogue=catalogue).order_by("code")
        ],
    }


def reference_of(catalogue: Catalogue | None, rulebook: RuleBook | None) -> Reference:
    """A reference made of a draft, for comparing and replaying; None stands for the delivered version."""
    return build_reference(
        read_catalogue() if catalogue is None else catalogue_content(catalogue),
        read_rules() if rulebook is None else rulebook.content,
        read_workdays(),
    )
