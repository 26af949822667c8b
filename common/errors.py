"""Refusals. Their text is what the user reads: Chinese, and it says what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class DomainError(Exception):
    """The request is understood, but a rule, a state or a right forbids it. Nothing was changed."""

    status = 409
    title = "暂不能办理"


class NotAllowed(DomainError):
    """The object may be seen, but this person may not do this to it."""

    status = 403
    title = "没有这项权限"


class WrongState(DomainError):
    """The object's state does not allow the step."""


@dataclass(frozen=True)
class Difference:
    """One field that somebody else changed meanwhile: `label` for people, both values as text."""

    path: str
    label: str
    theirs: str
    yours: str


class Stale(DomainError):
    """Somebody changed the object after this caller had read it (house style: `If-Match` or hidden version)."""

    status = 412
    title = "内容已被他人更新"

    def __init__(
        self,
        message: str = "刚才有人更新了这份内容。核对下面不同的地方，再保存一次。",
        differences: Sequence[Difference] = (),
    ) -> None:
        super().__init__(message)
        self.differences = tuple(differences)


@dataclass(frozen=True)
class Fault:
    """One fault of an input: where, and why in Chinese."""

    path: str
    reason: str


class InvalidInput(DomainError):
    """The input has faults; all of them are named, nothing was changed."""

    status = 400
    title = "有几处要改"

    def __init__(self, faults: Sequence[Fault], message: str = "") -> None:
        super().__init__(message or "；".join(fault.reason for fault in faults))
        self.faults = tuple(faults)


def one_fault(path: str, reason: str) -> InvalidInput:
    """The refusal for a single faulty field."""
    return InvalidInput([Fault(path, reason)])


def require_reason(reason: str) -> str:
    """A reason is 4 to 500 characters after trimming (roles_and_states.md §2); anything else is refused."""
    text = reason.strip()
    if not 4 <= len(text) <= 500:
        raise one_fault("reason", "写明理由，4 至 500 个字")
    return text


Json = dict[str, Any]
