"""What drafting and issuing a version of catalogue or rules have in common: lock, number, first day in force."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from django.db import connection

from common.errors import DomainError, Fault, Stale, WrongState
from governance.models import Issue
from governance.models.versions import Versioned

DRAFT_NUMBER = "草案"
_NUMBER = re.compile(r"[0-9A-Za-z\u4e00-\u9fff〔〕（）().._-]{2,20}")
Version = TypeVar("Version", bound=Versioned)


class NotReplayed(DomainError):
    """Nobody has seen yet what this state of the draft would change of past meetings."""

    title = "还没有回放"


def latest_locked(model: type[Version]) -> Version:
    """The version issued last, under its lock: whoever starts a draft waits for whoever does so, too."""
    return _locked(model).get(pk=model.objects.issued().latest_first()[0].pk)


def draft_locked(model: type[Version], pk: Any, version: int | None = None) -> Version:
    """The draft under its lock, read anew; `version` is what the person saw."""
    found: Version | None = _locked(model).filter(pk=pk).first()
    if found is None:
        raise WrongState("这份草案已被放弃。")
    if found.status != Issue.DRAFT:
        raise WrongState(f"版本 {found.number} 已经发布，不能再改。要改，先起草新版。")
    if version is not None and found.version != version:
        raise Stale("刚才有人改过这份草案。看过最新的差异，再办一次。")
    return found


def _locked(model: type[Version]) -> Any:
    rows = model.objects.all()
    return rows.select_for_update() if connection.features.has_select_for_update else rows


def number_faults(model: type[Versioned], number: str) -> Iterable[Fault]:
    """The number is written as numbers are, and was not used before."""
    if not _NUMBER.fullmatch(number):
        yield Fault("number", "版本号写 2 至 20 个字：汉字、数字、字母、点、横线、括号，如 2027-1")
    elif number == DRAFT_NUMBER or model.objects.filter(number=number).exists():
        yield Fault("number", f"版本号 {number} 已经用过，换一个")


def day_faults(model: type[Versioned], day: date | None, today: date) -> Iterable[Fault]:
    """In force from today at the earliest, and after the version issued last."""
    if day is None:
        yield Fault("effective_from", "写生效日期")
        return
    if day < today:
        yield Fault("effective_from", f"生效日期要在今天（{today}）或以后")
    number, last = model.objects.issued().latest_first().values_list("number", "effective_from")[0]
    if last is not None and day <= last:
        yield Fault("effective_from", f"生效日期要在上一版 {number} 的生效日期（{last}）之后")
