"""Who may read the files of which kind of subject. Apps register theirs in `AppConfig.ready()`."""

from collections.abc import Callable
from uuid import UUID

from accounts.models import User

Guard = Callable[[User, UUID], bool]
_guards: dict[str, Guard] = {}


def guard(label: str, may_read: Guard) -> None:
    """Files of subjects `label:<id>` may be read by those for whom `may_read(user, id)` is true."""
    _guards[label] = may_read


def may_read(user: User, subject: str) -> bool:
    """Ask the subject's own guard; a subject without one is closed to everybody."""
    label, _, pk = subject.partition(":")
    check = _guards.get(label)
    return check is not None and check(user, UUID(pk))
