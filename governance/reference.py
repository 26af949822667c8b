"""Which catalogue and rules are in force on a day, for whom: the one way from versioned rows to what meetings are judged by."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from common.dates import local_day
from governance.models import Catalogue, Matter, Meeting, RuleBook, SchoolRules, SchoolRulesStatus
from governance.rules.load import (
    DELIVERED,
    build_reference,
    delivered_reference,
    read_catalogue,
    read_rules,
    read_workdays,
)
from governance.rules.reference import Reference
from governance.rules.strictest import strictest
from schools.models import School

# Versions are few; schools with stricter rules of their own are at most some hundreds at one time.
_KEPT_VERSIONS, _KEPT_SCHOOLS = 32, 512


def reference_on(day: date, *, school_id: UUID | None = None, body: str = "") -> Reference:
    """What a meeting of that day is judged by: catalogue and rules in force, made stricter by the school's own rules.

    One query; what it names is built once and kept. Without `school_id` the bureau's own rules stand.
    """
    school = School._meta.pk.get_db_prep_value(school_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(LAW, [day, day, school, body, day])
        catalogue, rulebook, tightened = cursor.fetchone()
    versions = _named(catalogue), _named(rulebook)
    return _built(*versions) if tightened in (None, "{}") else _stricter(*versions, tightened)


def reference_for(meeting: Meeting) -> Reference:
    """What was in force for this school and body on the meeting's date."""
    return reference_on(local_day(meeting.scheduled_at), school_id=meeting.school_id, body=meeting.body)


# Asked at every page and step of a meeting, and the same words each time: as text it costs a tenth of building it anew.
_IN_FORCE = (
    "(SELECT CAST(id AS text) || ' ' || number FROM {table} WHERE status = 'issued' AND (effective_from <= %s OR effective_from IS NULL)"
    " ORDER BY CASE WHEN effective_from IS NULL THEN 1 ELSE 0 END, effective_from DESC,"
    " CASE WHEN issued_at IS NULL THEN 1 ELSE 0 END, issued_at DESC, number DESC LIMIT 1)"
)
LAW = (
    f"SELECT {_IN_FORCE.format(table='governance_catalogue')}, {_IN_FORCE.format(table='governance_rulebook')},"  # noqa: S608
    " (SELECT CAST(tightened AS text) FROM governance_schoolrules WHERE school_id = %s AND body = %s AND status = 'adopted'"
    " AND effective_from <= %s ORDER BY effective_from DESC, number DESC LIMIT 1)"
)


def _named(found: str | None) -> UUID | None:
    """The version of “id number”; None for the delivered one, which needs no query."""
    pk, _, number = (found or "").partition(" ")
    return None if not pk or number == DELIVERED else UUID(pk)


class Timeline:
    """All that was ever in force, read in three queries: for judging thousands of meetings as `reference_on` would."""

    def __init__(self) -> None:
        self.catalogues = list(Catalogue.objects.issued().latest_first().only("number", "effective_from"))
        self.rulebooks = list(RuleBook.objects.issued().latest_first().only("number", "effective_from"))
        self.own: dict[tuple[UUID, str], list[tuple[date, str]]] = {}
        adopted = SchoolRules.objects.filter(status=SchoolRulesStatus.ADOPTED, effective_from__isnull=False)
        rows = adopted.order_by("-effective_from", "-number")
        for school, body, day, tightened in rows.values_list("school", "body", "effective_from", "tightened"):
            self.own.setdefault((school, body), []).append((day or date.min, json.dumps(tightened, sort_keys=True)))

    def versions(self, day: date) -> tuple[UUID | None, UUID | None]:
        """Catalogue and rules in force on a day; None is the delivered version."""
        return _version(_on(self.catalogues, day)), _version(_on(self.rulebooks, day))

    def catalogue(self, day: date) -> Catalogue | None:
        """The catalogue in force on a day, without its matters; None is the delivered version."""
        found: Catalogue | None = _on(self.catalogues, day)
        return None if _version(found) is None else found

    def rulebook(self, day: date) -> RuleBook | None:
        """The rules in force on a day; None is the delivered version."""
        found: RuleBook | None = _on(self.rulebooks, day)
        return None if _version(found) is None else found

    def tightened(self, day: date, school_id: UUID, body: str) -> str:
        """What the school asked for beyond the bureau's rules, as JSON; `{}` for nothing."""
        return next((text for since, text in self.own.get((school_id, body), ()) if since <= day), "{}")

    def before(self, day: date, school_id: UUID, body: str) -> Reference:
        """What was in force for a meeting of that day."""
        versions, tightened = self.versions(day), self.tightened(day, school_id, body)
        return _built(*versions) if tightened == "{}" else _stricter(*versions, tightened)


def _on(versions: list[Any], day: date) -> Any:
    return next((v for v in versions if v.effective_from is None or v.effective_from <= day), None)


def reference_of_version(catalogue: Catalogue, rulebook: RuleBook | None) -> Reference:
    """An issued catalogue with issued rules (None: the delivered ones), for pages that show one version. Built once and kept."""
    return _built(_version(catalogue), _version(rulebook))


def rulebook_on(day: date) -> RuleBook | None:
    """The rules in force on that day as stored; None for the delivered ones."""
    found: RuleBook | None = RuleBook.objects.in_force(day).first()
    return None if found is None or found.number == DELIVERED else found


def _version(found: Catalogue | RuleBook | None) -> UUID | None:
    """None for the delivered version, which needs no query."""
    return None if found is None or found.number == DELIVERED else found.pk


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
    return strictest(_built(catalogue, rulebook), json.loads(tightened))


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
