"""事项推荐: proposals for a title out of the catalogue version in force. Issued versions never change, so each index is built once."""

from functools import lru_cache
from uuid import UUID

from governance.matching.book import delivered_book
from governance.matching.index import Index, MatterText, Suggestion
from governance.models import Catalogue, Issue, Matter

LONGEST_TITLE = 200  # as long as a title on the agenda may be
_KEPT_VERSIONS = 8


def suggestions(title: str, *, catalogue: Catalogue, body: str = "") -> list[Suggestion]:
    """At most 5 matters of a catalogue version, best first; of one meeting when `body` is given; empty when nothing fits.

    No query once the index of an issued version is built; a draft, which may still change, is read each time.
    """
    index = _index if catalogue.status == Issue.ISSUED else _index.__wrapped__
    return index(catalogue.pk).suggest(title[:LONGEST_TITLE], body)


@lru_cache(maxsize=_KEPT_VERSIONS)
def _index(catalogue: UUID) -> Index:
    columns = ("code", "body", "title", "scope", "keywords", "feeds", "fed_by")
    rows = Matter.objects.filter(catalogue=catalogue).order_by("code").values(*columns)
    return Index(
        [
            MatterText(
                code=row["code"],
                body=row["body"],
                title=row["title"],
                scope=row["scope"],
                keywords=tuple(row["keywords"]),
                linked=frozenset([*row["feeds"], *row["fed_by"]]),
            )
            for row in rows
        ],
        delivered_book(),
    )
