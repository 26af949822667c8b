"""Who may read the files of which kind of subject. Apps register theirs in `AppConfig.ready()`."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from accounts.models import User

Guard = Callable[[User, UUID], bool]
Trace = Callable[[User, UUID, datetime], None]
Secret = Callable[[UUID], bool]
_guards: dict[str, Guard] = {}
_traces: dict[str, list[Trace]] = {}
_secrets: dict[str, Secret] = {}


def guard(label: str, may_read: Guard) -> None:
    """Files of subjects `label:<id>` may be read by those for whom `may_read(user, id)` is true."""
    _guards[label] = may_read


def may_read(user: User, subject: str) -> bool:
    """Ask the subject's own guard; a subject without one is closed to everybody."""
    label, _, pk = subject.partition(":")
    check = _guards.get(label)
    return check is not None and check(user, UUID(pk))


def trace(label: str, opened: Trace) -> None:
    """Have `opened(user, id, at)` called whenever somebody takes a file of a subject `label:<id>`."""
    _traces.setdefault(label, []).append(opened)


def opened(user: User, subject: str, at: datetime) -> None:
    """A file of that subject is being taken."""
    label, _, pk = subject.partition(":")
    for note in _traces.get(label, ()):
        note(user, UUID(pk), at)


def secret(label: str, is_secret: Secret) -> None:
    """Names of files of a subject `label:<id>` stay out of facts while `is_secret(id)` is true: they may tell what it is about."""
    _secrets[label] = is_secret


def is_secret(subject: str) -> bool:
    """Ask the subject's own app; subjects it has not spoken of are not secret."""
    label, _, pk = subject.partition(":")
    check = _secrets.get(label)
    return check is not None and check(UUID(pk))
