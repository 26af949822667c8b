"""更正纪要: the prose of the opening and of each section; the record's sentences stand beside it and are no fields."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms

from governance.correcting import LONGEST_PARAGRAPH, Prose, SectionText, locked_of, opening_prose, prose_of, with_locked
from governance.minutes_text import Minutes, closed, one_line, paragraphs_of
from governance.models import AgendaItem, Meeting
from governance.rules.reference import Reference

LONGEST = 8 * LONGEST_PARAGRAPH


class CorrectionForm(forms.Form):
    """One text field for each part that may be corrected. `parts` pairs each with its locked sentences."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="更正原因",
        widget=forms.Textarea(attrs={"rows": "2"}),
        min_length=4,
        max_length=500,
        help_text="4 至 500 个字，印在版本说明里",
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), "写明更正原因，4 至 500 个字"),
    )

    def __init__(
        self,
        minutes: Minutes,
        meeting: Meeting,
        reference: Reference,
        hidden: Collection[str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.proses: dict[str, tuple[int, str, Prose]] = {}
        self._add("opening", 0, "开头", opening_prose(minutes, meeting, reference))
        items: Mapping[int, AgendaItem] = {
            item.order: item for item in meeting.items.all() if str(item.pk) not in hidden
        }
        for section in minutes.sections:
            if section.order in items:
                prose = prose_of(section, locked_of(items[section.order]))
                self._add(f"section_{section.order}", section.order, section.heading, prose)

    def _add(self, name: str, order: int, label: str, prose: Prose) -> None:
        self.proses[name] = (order, label, prose)
        self.fields[name] = forms.CharField(
            label=label,
            required=bool(prose.words),
            initial="\n".join(prose.words),
            max_length=LONGEST,
            widget=forms.Textarea(attrs={"rows": str(min(10, 2 + sum(map(len, prose.words)) // 40))}),
            error_messages={"required": "写上这一段文字", "max_length": f"写到 {LONGEST} 字以内"},
        )

    def parts(self) -> list[tuple[forms.BoundField, Sequence[str]]]:
        """Fields in page order, each with the sentences that cannot be changed."""
        return [(self[name], prose.locked) for name, (_, _, prose) in self.proses.items()]

    def opening(self) -> str | None:
        """The whole opening as it is to stand, or None where it was left alone."""
        _, _, prose = self.proses["opening"]
        words = one_line(self.cleaned_data["opening"])
        if words == one_line("\n".join(prose.words)):
            return None
        return (closed(words) if words else "") + "".join(prose.locked)

    def sections(self) -> tuple[SectionText, ...]:
        """The sections that were changed, as they are to stand."""
        return tuple(
            SectionText(order, with_locked(self.cleaned_data[name], prose.locked))
            for name, (order, _, prose) in self.proses.items()
            if order and paragraphs_of(self.cleaned_data[name]) != paragraphs_of("\n".join(prose.words))
        )

    def name_of(self, path: str, sections: Sequence[SectionText]) -> str:
        """The field a fault of the service is about."""
        if path == "opening" or path == "reason":
            return path
        place = path.removeprefix("sections[").partition("]")[0]
        return f"section_{sections[int(place)].order}" if place.isdigit() and int(place) < len(sections) else "reason"
