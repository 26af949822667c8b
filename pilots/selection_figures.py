"""F01 to F04 of the annual report: the very records that are counted, as of any day.

Whether a school has a Party committee is known of today only; the day it was founded is not in the register. So coverage of an
earlier day is that of today's schools with a committee, by the day each began.
"""

from collections.abc import Iterable
from datetime import date, time, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from common.dates import at_hour
from pilots.coverage import Covered, implemented_by
from pilots.models import (
    Application,
    ApplicationStatus,
    Element,
    Opinion,
    OpinionResult,
    OpinionStep,
    Policy,
    PolicyKind,
    PolicyStatus,
)
from schools.models import School

FOUNDING = (PolicyKind.IMPLEMENTATION_PLAN, PolicyKind.NOTICE)


def end_of(day: date) -> object:
    """The first moment after that day: `__lt` of it is up to the end of the day."""
    return at_hour(day + timedelta(days=1), time.min)


def implemented_schools(user: User, as_of: date) -> QuerySet[School]:
    """F01: schools with a Party committee whose pilot is implemented by that day."""
    return eligible_schools(user).filter(implemented_on__lte=as_of)


def eligible_schools(user: User) -> QuerySet[School]:
    """The denominator of F02: schools with a Party committee."""
    return School.objects.visible_to(user).filter(has_committee=True)


def founding_documents(user: User, as_of: date) -> QuerySet[Policy]:
    """F03: 实施方案 and 通知 in force that day that name all six elements."""
    rows = Policy.objects.visible_to(user).filter(kind__in=FOUNDING, published_at__lt=end_of(as_of))
    rows = rows.filter(Q(superseded_at__isnull=True) | Q(superseded_at__gte=end_of(as_of)))
    return rows.exclude(status=PolicyStatus.DRAFT).filter(pk__in=_with_all_elements())


def _with_all_elements() -> QuerySet[Policy, UUID]:
    counted = Policy.objects.annotate(named=Count("clauses__element", distinct=True))
    return counted.filter(named=len(Element)).values_list("pk", flat=True)


def through_three_steps(user: User, as_of: date) -> QuerySet[Application]:
    """F04: applications with nomination, recommendation (or exemption) and approval on record by that day."""
    rows = Application.objects.visible_to(user).filter(status=ApplicationStatus.APPROVED, approved_at__lt=end_of(as_of))
    passed = (
        (OpinionStep.NOMINATION, [OpinionResult.PASSED]),
        (OpinionStep.RECOMMENDATION, [OpinionResult.PASSED, OpinionResult.EXEMPT]),
        (OpinionStep.REVIEW, [OpinionResult.PASSED]),
    )
    for step, results in passed:
        said = Opinion.objects.filter(application=OuterRef("pk"), step=step, result__in=results, at__lt=end_of(as_of))
        rows = rows.filter(Exists(said))
    return rows


COVERED = (
    "pk", "code", "short_name", "office__code", "size", "foundation", "location", "implemented_on",
)  # fmt: skip


def covered_schools(user: User, as_of: date) -> list[Covered]:
    """Every eligible school within sight with its batch and whether it implements that day, by code; two queries."""
    approved = Application.objects.visible_to(user).filter(
        status=ApplicationStatus.APPROVED, approved_at__lt=end_of(as_of)
    )
    batches = {
        school: (code, sample) for school, code, sample in approved.values_list("school_id", "batch__code", "sample")
    }
    rows = []
    for pk, code, name, office, size, foundation, location, since in (
        eligible_schools(user).order_by("code").values_list(*COVERED)
    ):
        batch, sample = batches.get(pk, ("", ""))
        done = implemented_by(since, as_of)
        rows.append(Covered(pk, code, name, office or "", size, foundation, location, batch or "", done, sample))
    return rows


def batch_codes(schools: Iterable[UUID]) -> dict[UUID, str]:
    """The code of the batch each school is in, or asks for. Registered for `schools`."""
    rows = Application.objects.filter(school__in=list(schools), batch__isnull=False)
    return {school: str(code) for school, code in rows.values_list("school_id", "batch__code")}
