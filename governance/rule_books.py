"""Issued versions of the rules, each with the days on which it is in force."""

from dataclasses import dataclass
from datetime import date, timedelta

from governance.models import Issue, RuleBook


@dataclass(frozen=True)
class Validity:
    """A version and the days on which it is in force: None = from the beginning, or until further notice."""

    book: RuleBook
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

    @property
    def is_delivered(self) -> bool:
        """A version that came with the portal, not one the bureau has issued."""
        return self.book.based_on_id is None


def issued_books() -> list[Validity]:
    """All issued versions, latest first, each in force until the day before the next. One query."""
    found: list[Validity] = []
    until = None
    for book in RuleBook.objects.issued().latest_first().select_related("issued_by"):
        found.append(Validity(book, book.effective_from, until))
        until = book.effective_from - timedelta(days=1) if book.effective_from else until
    return found


def rules_draft() -> RuleBook | None:
    """The one draft, with the version it is based on."""
    return RuleBook.objects.filter(status=Issue.DRAFT).select_related("based_on").first()
