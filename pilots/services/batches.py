"""Batches: opened and changed by 组织科. Changing a day moves the deadlines of the applications that wait for it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.errors import Fault, InvalidInput, NotAllowed, Stale
from pilots.models import Application, ApplicationStatus, Batch
from pilots.selection_guards import keeps_batches
from pilots.services.selection_clock import set_clock

NOT_THEIRS = "批次由组织科登记。"


@dataclass(frozen=True)
class BatchInput:
    """A batch as typed."""

    code: str
    name: str
    opens_on: date
    quota: int
    nominate_by: date | None = None
    recommend_by: date | None = None
    review_by: date | None = None
    note: str = ""


@transaction.atomic
def create_batch(*, new: BatchInput, by: User, at: datetime) -> Batch:
    """登记批次."""
    if not keeps_batches(by):
        raise NotAllowed(NOT_THEIRS)
    batch = Batch()
    _check(new, batch)
    _write(batch, new, at)
    record("pilots.batch.created", by=by, at=at, on=batch, url=batch.get_absolute_url(), quota=new.quota)
    return batch


@transaction.atomic
def change_batch(*, batch: Batch, new: BatchInput, version: int | None, by: User, at: datetime) -> Batch:
    """修改批次: not below what is approved already."""
    if not keeps_batches(by):
        raise NotAllowed(NOT_THEIRS)
    waiting = _waiting(batch)
    batch = locked_batch(batch)
    if version is not None and version != batch.version:
        raise Stale("刚才有人改过这个批次。看过最新内容再保存。")
    _check(new, batch)
    moved = [
        name for name in ("nominate_by", "recommend_by", "review_by") if getattr(batch, name) != getattr(new, name)
    ]
    _write(batch, new, at)
    record("pilots.batch.changed", by=by, at=at, on=batch, url=batch.get_absolute_url(), quota=new.quota)
    for application in waiting if moved else ():
        application.batch = batch
        set_clock(application, at)
        application.commit(at)
    return batch


def _waiting(batch: Batch) -> list[Application]:
    """Its applications that wait for a step, under their locks: applications are locked before batches, everywhere."""
    decided = (ApplicationStatus.APPROVED, ApplicationStatus.RETURNED)
    rows = Application.objects.filter(batch=batch).exclude(status__in=decided).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().only("pk"))
    return list(rows.select_related("school"))


def locked_batch(batch: Batch) -> Batch:
    """The batch under its lock: who counts its places counts them alone."""
    if connection.features.has_select_for_update:
        Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
    return Batch.objects.get(pk=batch.pk)


def _check(new: BatchInput, batch: Batch) -> None:
    faults = [*_name_faults(new, batch), *_day_faults(new)]
    taken = batch.applications.filter(status=ApplicationStatus.APPROVED).count() if batch.version else 0
    if new.quota < max(taken, 1):
        faults.append(Fault("quota", f"这一批已经通过 {taken} 所，名额不能少于它" if taken else "名额至少 1 所"))
    if new.quota > 9999:
        faults.append(Fault("quota", "名额写 9999 以内的整数"))
    if faults:
        raise InvalidInput(faults)


def _name_faults(new: BatchInput, batch: Batch) -> list[Fault]:
    faults = []
    if not 1 <= len(new.code.strip()) <= 20 or new.code == "new" or any(char in new.code.strip() for char in "/?#% "):
        faults.append(Fault("code", "写批次代码，如 2026-1，20 个字以内，不用空格和斜线"))
    elif Batch.objects.filter(code=new.code.strip()).exclude(pk=batch.pk).exists():
        faults.append(Fault("code", "这个代码已经用过，换一个"))
    if not 2 <= len(new.name.strip()) <= 60:
        faults.append(Fault("name", "写批次名称，2 至 60 个字"))
    elif Batch.objects.filter(name=new.name.strip()).exclude(pk=batch.pk).exists():
        faults.append(Fault("name", "这个名称已经用过，换一个"))
    if len(new.note.strip()) > 300:
        faults.append(Fault("note", "说明写到 300 字以内"))
    return faults


def _day_faults(new: BatchInput) -> list[Fault]:
    faults, before, what = [], new.opens_on, "启动日期"
    for path, words in (("nominate_by", "自荐截止"), ("recommend_by", "推荐截止"), ("review_by", "审核截止")):
        day: date | None = getattr(new, path)
        if day is None:
            continue
        if day < before:
            faults.append(Fault(path, f"{words}不能早于{what}（{before}）"))
        before, what = day, words
    return faults


def _write(batch: Batch, new: BatchInput, at: datetime) -> None:
    batch.code, batch.name, batch.note = new.code.strip(), new.name.strip(), new.note.strip()
    batch.opens_on, batch.quota = new.opens_on, new.quota
    batch.nominate_by, batch.recommend_by, batch.review_by = new.nominate_by, new.recommend_by, new.review_by
    batch.commit(at)
