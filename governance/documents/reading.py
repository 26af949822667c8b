"""What the papers of a meeting are made from: one way to read it, and the words that are in force."""

from collections.abc import Collection
from dataclasses import replace

from django.db.models import Prefetch, QuerySet

from governance.keeping import sealed_version
from governance.minutes_text import Minutes, from_document, minutes_of, withhold
from governance.models import Meeting, Observer
from governance.rules.reference import Reference
from governance.selectors import for_record


def for_minutes(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """As `selectors.for_record`, with the Party organisation and the observers."""
    observers = Observer.objects.order_by("order").prefetch_related("items")
    return for_record(meetings.select_related("school__party_organisation", "review__reviewed")).prefetch_related(
        Prefetch("observers", observers)
    )


def printed_minutes(meeting: Meeting, reference: Reference, hidden: Collection[str] = ()) -> Minutes:
    """The latest sealed text where there is one, else the text of the record; without a word of the hidden items."""
    sealed = sealed_version(meeting) if meeting.signed_at else None
    if sealed is None:
        return withhold(minutes_of(meeting, reference), hidden)
    return withhold(replace(from_document(sealed.text), version=sealed.number), hidden)
