"""Each school's own rules of procedure, as its clerk would write them from the model text, and its 大额 limit."""

from datetime import datetime
from decimal import Decimal
from random import Random

from accounts.models import User
from demo.words import words
from governance.models import Meeting, SchoolClause
from governance.services.limits import register_limit
from governance.services.school_rules import (
    add_school_clause,
    adopt_school_rules,
    remove_school_clause,
    save_school_clause,
    set_stricter,
    start_school_rules,
)
from schools.models import School
from schools.permissions import Body

LIMITS = {"small": 20_000, "medium": 30_000, "large": 50_000}


def set_limit(school: School, by: User, at: datetime) -> None:
    """The amount from which spending counts as 大额, by the size of the school."""
    register_limit(
        school=school,
        amount=Decimal(LIMITS[school.size]),
        effective_from=at.date(),
        basis=str(words()["limit_basis"]),
        by=by,
        at=at,
    )


def adopt_rules(meeting: Meeting, clerk: User, secretary: User, rng: Random, at: datetime) -> None:
    """Both texts from the model text in force, each with a few clauses of its own, adopted by that meeting."""
    for body in Body:
        draft = start_school_rules(school=meeting.school, body=body, from_last=False, by=clerk, at=at)
        clauses = list(SchoolClause.objects.filter(rules_version=draft).order_by("order"))
        for clause in rng.sample(clauses[2:-2], rng.randint(0, 3)):
            text = clause.text.rstrip("。") + "。" + words()["clause_adapted"]
            save_school_clause(draft=draft, clause=clause.pk, text=text, version=None, by=clerk, at=at)
        if rng.random() < 0.4:
            text = str(rng.choice(words()["clause_added"]))
            add_school_clause(draft=draft, text=text, after=clauses[-2].pk, version=None, by=clerk, at=at)
        if rng.random() < 0.15:
            gone = rng.choice(clauses[4:-4])
            remove_school_clause(draft=draft, clause=gone.pk, version=None, by=clerk, at=at)
        if rng.random() < 0.2:
            wanted = {("R-T03", "min_days_before"): 3}
            set_stricter(draft=draft, wanted=wanted, version=None, by=secretary, at=at)
        adopt_school_rules(draft=draft, meeting=meeting.pk, effective_from=at.date(), version=None, by=secretary, at=at)
