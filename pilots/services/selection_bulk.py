"""Deciding about many applications at once: one reason a school, all or nothing, every fault named with its school."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from common.errors import DomainError, Fault, InvalidInput, one_fault
from pilots.models import Application, Batch
from pilots.services.selection import approve, recommend, return_application

MOST = 100
NAMES = ("recommend", "approve", "return")


@dataclass(frozen=True)
class Decision:
    """One school's part: the version that was on the page, and the opinion or reason for this school."""

    application: UUID
    version: int | None
    text: str = ""


@transaction.atomic
def decide_many(
    *,
    name: str,
    decisions: Sequence[Decision],
    batch: Batch | None = None,
    mend_by: date | None = None,
    by: User,
    at: datetime,
) -> list[Application]:
    """Take the step `name` for all; if it is refused for one it is taken for none (`InvalidInput`, paths are the ids)."""
    if name not in NAMES:
        raise one_fault("name", "从推荐、通过、退回修改里选")
    if not 1 <= len(decisions) <= MOST:
        raise one_fault("applications", f"一次选 1 至 {MOST} 所学校")
    found = _locked([decision.application for decision in decisions])
    changed, faults = [], []
    for decision in sorted(decisions, key=lambda one: one.application):
        application = found.get(decision.application)
        if application is None:
            faults.append(Fault(str(decision.application), "这份申报不在了。刷新页面再选"))
            continue
        try:
            with transaction.atomic():
                changed.append(_step(name, application, decision, batch, mend_by)(by=by, at=at))
        except DomainError as why:
            faults.append(Fault(str(application.pk), f"{application.school.short_name}：{why}"))
    if faults:
        raise InvalidInput(faults)
    return changed


def _step(
    name: str, application: Application, decision: Decision, batch: Batch | None, mend_by: date | None
) -> Callable[..., Application]:
    def take(*, by: User, at: datetime) -> Application:
        given = {"application": application, "version": decision.version, "by": by, "at": at}
        if name == "approve":
            return approve(batch=batch, opinion=decision.text, **given)  # type: ignore[arg-type]
        if name == "recommend":
            return recommend(opinion=decision.text, **given)  # type: ignore[arg-type]
        return return_application(reason=decision.text, mend_by=mend_by, **given)  # type: ignore[arg-type]

    return take


def _locked(ids: Sequence[UUID]) -> dict[UUID, Application]:
    """All of them under their locks, in one order, before any batch is locked: two at once cannot wait for each other."""
    rows = Application.objects.filter(pk__in=ids).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().only("pk"))
    return {row.pk: row for row in rows.select_related("school")}
