"""列席 on the record page: the list, and the few fields with which somebody is added. They stand in the form of the record, so that
nothing typed is lost when they are used; they are stored at once, by their own service.
"""

from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from governance.forms.sheet import identity
from governance.models import Meeting
from governance.observing import seats_of
from governance.services.observers import NewObserver, add_observer, remove_observer
from governance.views.record_desk import Desk
from governance.views.record_items import CHECKED, options

ADD, REMOVE = "observer-add", "observer-drop:"
SOMEBODY_ELSE = "不在名单里，写姓名"


def is_about_observers(button: str) -> bool:
    """Whether a button of the record page adds or removes an observer."""
    return button == ADD or button.startswith(REMOVE)


def change_observers(user: User, meeting: Meeting, button: str, data: QueryDict) -> None:
    """Do what the button says; refusals are the service's."""
    at = timezone.now()
    if button != ADD:
        gone = identity(button.removeprefix(REMOVE))
        if gone is not None:
            remove_observer(meeting=meeting, observer=gone, by=user, at=at)
        return
    items = (identity(raw) for raw in data.getlist("observer-items"))
    new = NewObserver(
        person=identity(data.get("observer-person", "")),
        name=data.get("observer-name", ""),
        role=data.get("observer-role", ""),
        items=tuple(item for item in items if item is not None),
    )
    add_observer(meeting=meeting, new=new, by=user, at=at)


def observer_fields(desk: Desk, data: QueryDict, *, refused: bool) -> dict[str, Any]:
    """The list, and the fields: blank, or as typed when they were refused."""
    due = {member.person_id for member in desk.members}
    people = [person for person in desk.roster.people if person.pk not in due]
    typed = data if refused else QueryDict()
    chosen: set[UUID | None] = {identity(raw) for raw in typed.getlist("observer-items")}
    choices = [("", SOMEBODY_ELSE), *desk.roster.choices(people)]
    return {
        "seats": [{"id": seat.id, "words": seat.words, "name": seat.name} for seat in seats_of(desk.meeting)],
        "people": options(choices, typed.get("observer-person", "")),
        "name": typed.get("observer-name", ""),
        "role": typed.get("observer-role", ""),
        "items": [(item.pk, n, CHECKED if item.pk in chosen else "") for n, item in enumerate(desk.items, start=1)],
        "open": refused,
        "error": next((text for place, text in desk.errors.items() if place.startswith("observer-")), ""),
    }
