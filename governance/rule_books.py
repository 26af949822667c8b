"""Issued versions of the rules, each with the days on which it is in force."""

from dataclasses import dataclass

from governance.models import Issue, RuleBook
from governance.validity import Validity, with_days


@dataclass(frozen=True)
class BookValidity(Validity):
    """A version of the rules and its days."""

    book: RuleBook

    @property
    def is_delivered(self) -> bool:
        """A version that came with the portal, not one the bureau has issued."""
        return self.book.is_delivered


def issued_books() -> list[BookValidity]:
    """All issued versions, latest first, each in force until the day before the next. One query."""
    books = RuleBook.objects.issued().latest_first().select_related("issued_by")
    return [BookValidity(since, until, book) for book, since, until in with_days(books)]


def rules_draft() -> RuleBook | None:
    """The one draft, with the version it is based on."""
    return RuleBook.objects.filter(status=Issue.DRAFT).select_related("based_on").first()
