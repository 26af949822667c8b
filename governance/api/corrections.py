"""The words of a correction (更正纪要) in an action's body."""

from typing import Any

from rest_framework import serializers

from accounts.api import Fields
from common.errors import Fault
from governance import services
from governance.correcting import LONGEST_OPENING, LONGEST_PARAGRAPH, MOST_PARAGRAPHS, SectionText

MOST_SECTIONS = 200


class SectionIn(serializers.Serializer):
    """One section as it is to stand."""

    order = serializers.IntegerField(min_value=1, help_text="第几项")
    paragraphs = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_PARAGRAPH),
        max_length=MOST_PARAGRAPHS,
        help_text="这一项的全部段落；表决、结论、任务的句子照原样写",
    )


def correction_in(fields: Fields) -> services.Correction:
    """What is to stand instead; all faults are told at once by `fields.done()`."""
    opening = None if fields.data.get("opening") is None else fields.text("opening", LONGEST_OPENING)
    given = fields.data.get("sections") or []
    if not isinstance(given, list) or len(given) > MOST_SECTIONS:
        fields.faults.append(Fault("sections", "写 {order, paragraphs} 的列表"))
        given = []
    found = [_section(fields, place, raw) for place, raw in enumerate(given)]
    return services.Correction(opening, tuple(section for section in found if section is not None))


def _section(fields: Fields, place: int, raw: Any) -> SectionText | None:
    path = f"sections[{place}]"
    if not isinstance(raw, dict) or set(raw) != {"order", "paragraphs"}:
        fields.faults.append(Fault(path, "写 order 和 paragraphs 两个字段"))
        return None
    order, paragraphs = raw["order"], raw["paragraphs"]
    if not isinstance(order, int) or isinstance(order, bool):
        fields.faults.append(Fault(f"{path}.order", "写第几项的数"))
        return None
    if not isinstance(paragraphs, list) or len(paragraphs) > MOST_PARAGRAPHS:
        fields.faults.append(Fault(f"{path}.paragraphs", f"写段落的列表，最多 {MOST_PARAGRAPHS} 段"))
        return None
    texts = [Fields({"paragraph": text}, ("paragraph",)) for text in paragraphs]
    lines = tuple(one.text("paragraph", LONGEST_PARAGRAPH) for one in texts)
    if any(one.faults for one in texts):
        fields.faults.append(Fault(f"{path}.paragraphs", f"每段写一段文字，{LONGEST_PARAGRAPH} 字以内"))
        return None
    return SectionText(order, lines)
