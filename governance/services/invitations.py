"""会议通知: who is invited when a meeting is called, who has read it, and what becomes of it when the notice is taken back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from governance.models import AgendaItem, Invitation, Meeting, Observer
from governance.secrecy import opened_of
from governance.selectors import members_due, post_labels, school_people
from governance.services.secrecy import note_opened
from schools import access
from schools.models import Person

People = Mapping[UUID, Person]


def invite(meeting: Meeting, at: datetime) -> list[str]:
    """A notice for members due, recorder, presenters and whoever sits in, with or without an account; gives the accounts to tell.

    The caller holds the meeting's lock. People who have left office by the day of the meeting get none. A second call, after a
    supplement, tells everybody again: what was read before is read anew.
    """
    day = local_day(meeting.scheduled_at)
    due = {member.person.pk: member.person for member in members_due(meeting.school, meeting.body, day)}
    here = {person.pk: person for person in school_people(meeting.school, day)}
    seat_presenters(meeting, due, here)
    wanted = [meeting.recorder_id, *(item.presenter_id for item in meeting.items.all())]
    wanted += meeting.observers.filter(person__isnull=False).order_by("order").values_list("person_id", flat=True)
    people = due | {key: here[key] for key in wanted if key is not None and key in here}
    Invitation.objects.filter(meeting=meeting).update(sent_at=at, read_at=None)
    known = set(Invitation.objects.filter(meeting=meeting).values_list("person_id", flat=True))
    new = [Invitation(meeting=meeting, person_id=key, sent_at=at) for key in people if key not in known]
    Invitation.objects.bulk_create(new)
    return _accounts(people.values())


def invited_accounts(meeting: Meeting) -> list[str]:
    """The accounts of those who got the notice; for a meeting called before notices were kept, of the members due."""
    people = [row.person for row in Invitation.objects.filter(meeting=meeting).select_related("person").order_by("pk")]
    if not people:
        due = members_due(meeting.school, meeting.body, local_day(meeting.scheduled_at))
        people = [member.person for member in due]
    return _accounts(people)


def withdraw_invitations(meeting: Meeting) -> list[str]:
    """Take the notices back; gives the accounts to tell. The caller holds the meeting's lock."""
    accounts = invited_accounts(meeting)
    Invitation.objects.filter(meeting=meeting).delete()
    unseat_presenters(meeting)
    return accounts


def seat_presenters(meeting: Meeting, due: People, here: People) -> None:
    """Who presents an item and is no member sits in on it (列席): that lets him see the meeting and his item (note 1)."""
    strangers = [
        (item, item.presenter_id)
        for item in meeting.items.all()
        if item.presenter_id is not None and item.presenter_id not in due and item.presenter_id in here
    ]
    if not strangers:
        return
    labels = post_labels(meeting.school, local_day(meeting.scheduled_at))
    seats = list(meeting.observers.prefetch_related("items"))
    by_person = {seat.person_id: (seat, {item.pk for item in seat.items.all()}) for seat in seats}
    order = max((seat.order for seat in seats), default=0)
    for item, person in strangers:
        if person not in by_person:
            order += 1
            seat = Observer.objects.create(
                meeting=meeting,
                person=here[person],
                name=here[person].name,
                role=labels.get(person, "")[:60],
                order=order,
            )
            by_person[person] = (seat, {item.pk})
            seat.items.add(item)
        elif by_person[person][1] and item.pk not in by_person[person][1]:  # without items: there all the time
            by_person[person][0].items.add(item)
            by_person[person][1].add(item.pk)


def unseat_presenters(meeting: Meeting) -> None:
    """Those who were to sit in on nothing but the items they present: the next notice seats them anew."""
    presented: dict[UUID, set[UUID]] = {}
    for item in meeting.items.all():
        if item.presenter_id is not None:
            presented.setdefault(item.presenter_id, set()).add(item.pk)
    for seat in meeting.observers.filter(person__in=presented).prefetch_related("items"):
        items = {item.pk for item in seat.items.all()}
        if seat.person_id is not None and items and items <= presented[seat.person_id]:
            seat.delete()


@transaction.atomic
def note_notice_read(*, meeting: Meeting, by: User, at: datetime) -> bool:
    """An invited person opened the meeting, a material or the calendar file: noted once. True when this was the first time."""
    person = access.person_of(by)
    first = Invitation.objects.filter(meeting=meeting, person=person, read_at__isnull=True).update(read_at=at)
    if first:
        record(
            "governance.meeting.notice_read", by=by, at=at, on=meeting, school_id=meeting.school_id,
            url=meeting.get_absolute_url(),
        )  # fmt: skip
    return bool(first)


@transaction.atomic
def note_pack_taken(
    *, meeting: Meeting, items: Iterable[AgendaItem], files: int, size: int, by: User, at: datetime
) -> None:
    """All materials were taken at once: the fact, the trace at restricted items, and the notice as read."""
    record(
        "governance.meeting.pack_taken", by=by, at=at, on=meeting, school_id=meeting.school_id,
        url=meeting.get_absolute_url(), files=files, size=size,
    )  # fmt: skip
    note_opened(meeting=meeting, opened=opened_of(items, ()), by=by, at=at)
    if meeting.called_at is not None:
        note_notice_read(meeting=meeting, by=by, at=at)


def note_material_taken(user: User, item: UUID, at: datetime) -> None:
    """A material of an item was taken: whoever was invited has thereby read the notice."""
    meeting = Meeting.objects.filter(items=item, called_at__isnull=False).select_related("school").first()
    if meeting is not None and is_unread(meeting, user):
        note_notice_read(meeting=meeting, by=user, at=at)


def is_unread(meeting: Meeting, user: User) -> bool:
    """Whether this account's person was invited and has not opened the notice."""
    person = access.person_of(user)
    return Invitation.objects.filter(meeting=meeting, person=person, read_at__isnull=True).exists()


def _accounts(people: Iterable[Person]) -> list[str]:
    return sorted({str(person.account_id) for person in people if person.account_id})
