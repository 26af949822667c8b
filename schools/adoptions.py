"""Signed decisions of a school, for whoever must say which one adopted a text.

The app that keeps meetings stands beside those that ask (pilots, and what follows); it registers its answer here from its own
`AppConfig.ready()`, and only gives what is signed and what this account may read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import User


@dataclass(frozen=True)
class Adoption:
    """A signed decision: its subject (`governance.decision:<id>`), words for a list, day and page."""

    subject: str
    label: str
    on: date
    url: str


Provider = Callable[[UUID, User, str], list[Adoption]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Have `provider(school, user, subject)` asked for signed decisions of that school which the account may read, the latest
    first; with a subject for that one alone.
    """
    if provider not in _providers:
        _providers.append(provider)


def signed_decisions(school_id: UUID, user: User) -> list[Adoption]:
    """Signed decisions of the school within this account's sight, the latest first."""
    return [adoption for provider in _providers for adoption in provider(school_id, user, "")]


def adoption_of(school_id: UUID, user: User, subject: str) -> Adoption | None:
    """The decision of that subject, when it is a signed one of the school which the account may read."""
    found = (adoption for provider in _providers for adoption in provider(school_id, user, subject))
    return next((adoption for adoption in found if subject and adoption.subject == subject), None)
