"""The days on which issued versions are in force."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from governance.models.versions import Versioned

Version = TypeVar("Version", bound=Versioned)


@dataclass(frozen=True)
class Validity:
    """The days of one version: None = from the beginning, or until further notice."""

    since: date | None
    until: date | None

    def covers(self, day: date) -> bool:
        """Whether it is the one in force on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def words(self) -> str:
        """“2027-09-01 起”, “到 2027-08-31 为止”."""
        if self.since is None:
            return "各日期都适用" if self.until is None else f"到 {self.until} 为止"
        return f"{self.since} 起" if self.until is None else f"{self.since} 至 {self.until}"


def with_days(versions: Iterable[Version]) -> Iterator[tuple[Version, date | None, date | None]]:
    """Versions, latest first, each with its first day and its last, the day before the next one's first."""
    until = None
    for version in versions:
        yield version, version.effective_from, until
        until = version.effective_from - timedelta(days=1) if version.effective_from else until
