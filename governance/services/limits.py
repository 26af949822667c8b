"""大额标准: the amount from which a school's spending counts as 大额 (R-T21). Registered by 书记, on file at the bureau."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, WrongState, one_fault
from governance.models import SchoolLimit
from governance.procedures import may_adopt
from schools.models import School


@transaction.atomic
def register_limit(
    *, school: School, amount: Decimal, effective_from: date, basis: str, by: User, at: datetime
) -> SchoolLimit:
    """A new amount in 元 from a day on; earlier amounts stay on record, since items of their time are judged by them."""
    _require(by, school)
    School.objects.select_for_update().only("pk").get(pk=school.pk)
    if SchoolLimit.objects.filter(school=school, effective_from=effective_from).exists():
        raise one_fault("effective_from", "这一天起的标准已经登记过，改从另一天起执行")
    limit = SchoolLimit(school=school, amount=amount, effective_from=effective_from, basis=basis.strip())
    limit.commit(at)
    _told("limit_registered", limit, by, at)
    return limit


@transaction.atomic
def withdraw_limit(*, limit: SchoolLimit, by: User, at: datetime) -> None:
    """Take back an amount that is not yet in force, say one with a slip of the pen."""
    _require(by, limit.school)
    row = SchoolLimit.objects.select_for_update().filter(pk=limit.pk).select_related("school").first()
    if row is None or row.effective_from <= local_day(at):
        raise WrongState("已经执行的标准不能撤销。标准有变的，登记新的标准和执行日期。")
    _told("limit_withdrawn", row, by, at)
    row.delete()


def _require(by: User, school: School) -> None:
    if not may_adopt(by, school.pk):
        raise NotAllowed("大额标准由书记登记。")


def _told(fact: str, limit: SchoolLimit, by: User, at: datetime) -> None:
    record(
        f"governance.rules_of_procedure.{fact}", by=by, at=at, on=limit, school_id=limit.school_id,
        amount=str(limit.amount), effective_from=limit.effective_from.isoformat(), basis=limit.basis,
    )  # fmt: skip
