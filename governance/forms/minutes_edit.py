"""The prose of the minutes as typed: one text for the opening, one for each item. It saves nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.models import AgendaItem
from governance.services.minutes_edit import Words

RESET = "reset:"
OPENING = "opening"


@dataclass(frozen=True)
class Typed:
    """What the browser sent: texts by place (`opening`, `item-3`), the version that was on the page, and the button."""

    texts: Mapping[str, str]
    version: int
    button: str

    def without(self, place: str) -> "Typed":
        """With the generated text in place of what was typed there."""
        return Typed({key: text for key, text in self.texts.items() if key != place}, self.version, self.button)

    def words(self, items: Sequence[AgendaItem]) -> Words:
        """For the service; only items whose place was sent are named."""
        found: dict[UUID, str] = {item.pk: self.texts[place_of(item)] for item in items if place_of(item) in self.texts}
        return Words(self.texts.get(OPENING, ""), found)


def place_of(item: AgendaItem) -> str:
    """The name of an item's field."""
    return f"item-{item.order}"


def read(data: Mapping[str, str], items: Sequence[AgendaItem]) -> Typed:
    """The form as it was sent; a version that is missing or no number is an old one."""
    raw = data.get("version", "")
    version = int(raw) if raw.isdecimal() and len(raw) < 10 else -1
    places = [OPENING, *map(place_of, items)]
    texts = {place: data[place].replace("\r\n", "\n") for place in places if place in data}
    return Typed(texts, version, data.get("do", "save"))
