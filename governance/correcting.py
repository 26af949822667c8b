"""更正纪要 in words: which of them may change, which are the record's, and how two versions differ. Pure reading."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from common.errors import Fault
from governance.minutes_text import (
    Minutes,
    Section,
    came,
    close_up,
    closed,
    one_line,
    paragraphs_of,
    result_words,
    tasks_of,
)
from governance.models import AgendaItem, Meeting
from governance.rules.reference import Reference

LONGEST_OPENING = 2000
LONGEST_PARAGRAPH = 4000
MOST_PARAGRAPHS = 60
# Votes and conclusions as minutes word them: no correction adds one, drops one or changes one.
RESULT_WORDS = re.compile(
    r"(?:赞成|反对|弃权|同意)\s*[0-9〇零一二两三四五六七八九十]+\s*[票人]|会议(?:一致)?(?:决定|同意|原则通过|通过|没有通过|否决|不同意)"
    r"|本议题(?:暂缓|撤回)|应到\s*\d+\s*人|实到\s*\d+\s*人"
)
TO_RECONSIDER = "表决、结论和任务以会议记录为准，更正只改文字；改结论要走复议"


@dataclass(frozen=True)
class SectionText:
    """The paragraphs of one section as they are to stand."""

    order: int
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Prose:
    """What may be corrected of a text, and what stands beside it unchangeably."""

    words: tuple[str, ...]
    locked: tuple[str, ...]


def locked_of(item: AgendaItem) -> tuple[str, ...]:
    """The sentences of an item that are the record's: vote, who was away, outcome, tasks."""
    return (*paragraphs_of(result_words(item)), *tasks_of(item))


def prose_of(section: Section, locked: Sequence[str]) -> Prose:
    """The paragraphs of a section without the record's sentences."""
    return Prose(tuple(_without(section.paragraphs, locked)), tuple(locked))


def opening_prose(minutes: Minutes, meeting: Meeting, reference: Reference) -> Prose:
    """How the meeting was convened; how many came is the record's."""
    count = came(meeting, reference)
    return Prose((minutes.opening.removesuffix(count),), (count,))


def with_locked(words: str, locked: Sequence[str]) -> tuple[str, ...]:
    """Corrected prose, with the record's sentences after it as paragraphs of their own."""
    return (*(closed(line) for line in paragraphs_of(words)), *locked)


def _without(paragraphs: Iterable[str], locked: Sequence[str]) -> Iterator[str]:
    """What is left of the paragraphs, in order, when each locked sentence is taken out once."""
    left = list(locked)
    for paragraph in paragraphs:
        rest = paragraph
        while left and left[0] in rest:
            rest = rest.replace(left.pop(0), "", 1)
        if rest := rest.strip("，。；, "):
            yield rest if rest == paragraph else closed(rest)


def missing(paragraphs: Iterable[str], locked: Sequence[str]) -> list[str]:
    """The record's sentences that do not stand in the paragraphs any more, or not in their order."""
    left = list(locked)
    for paragraph in paragraphs:
        start = 0
        while left and (found := paragraph.find(left[0], start)) >= 0:
            start = found + len(left.pop(0))
    return left


def word_faults(
    meeting: Meeting, reference: Reference, text: Minutes, opening: str | None, sections: Sequence[SectionText]
) -> list[Fault]:
    """What cannot be accepted in a correction; all of it is told at once. Expects `documents.reading.for_minutes`."""
    faults = _opening_faults(meeting, reference, text, opening) if opening is not None else []
    items = {item.order: item for item in meeting.items.all()}
    standing = {section.order: section for section in text.sections}
    given: set[int] = set()
    for place, new in enumerate(sections):
        path = f"sections[{place}]"
        if new.order not in standing or new.order not in items:
            faults.append(Fault(f"{path}.order", f"没有第 {new.order} 项，刷新页面再改"))
        elif new.order in given:
            faults.append(Fault(f"{path}.order", f"第 {new.order} 项写了两次，合成一次"))
        else:
            faults += _section_faults(f"{path}.paragraphs", items[new.order], standing[new.order], new.paragraphs)
        given.add(new.order)
    return faults


def _opening_faults(meeting: Meeting, reference: Reference, text: Minutes, opening: str) -> list[Fault]:
    new = close_up(one_line(opening))
    if not new or len(new) > LONGEST_OPENING:
        return [Fault("opening", f"开头写一段文字，{LONGEST_OPENING} 字以内")]
    kept = came(meeting, reference)
    if not new.endswith(kept) or _results(new.removesuffix(kept)) != _results(text.opening.removesuffix(kept)):
        return [Fault("opening", "开头里的应到、实到人数和议题数以会议记录为准，不能改")]
    return []


def _section_faults(path: str, item: AgendaItem, standing: Section, paragraphs: Sequence[str]) -> list[Fault]:
    new = _cleaned(paragraphs)
    if not new or len(new) > MOST_PARAGRAPHS or any(len(line) > LONGEST_PARAGRAPH for line in new):
        return [Fault(path, f"第 {item.order} 项写 1 至 {MOST_PARAGRAPHS} 段，每段 {LONGEST_PARAGRAPH} 字以内")]
    locked = locked_of(item)
    if missing(new, locked) or _results(*_without(new, locked)) != _results(*_without(standing.paragraphs, locked)):
        return [Fault(path, f"第 {item.order} 项：{TO_RECONSIDER}")]
    return []


def _results(*texts: str) -> list[str]:
    return sorted(found for text in texts for found in RESULT_WORDS.findall(text))


def _cleaned(paragraphs: Iterable[str]) -> tuple[str, ...]:
    return tuple(close_up(line) for text in paragraphs for line in paragraphs_of(text))


def corrected(text: Minutes, opening: str | None, sections: Sequence[SectionText]) -> Minutes:
    """The minutes with the corrected words; everything else as it stands."""
    new = {section.order: _cleaned(section.paragraphs) for section in sections}
    return replace(
        text,
        opening=text.opening if opening is None else close_up(one_line(opening)),
        sections=tuple(
            replace(section, paragraphs=new.get(section.order, section.paragraphs)) for section in text.sections
        ),
    )


@dataclass(frozen=True)
class Bit:
    """A stretch of a paragraph; `changed` when the other version has it differently."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """One paragraph of both versions side by side; None where only one of them has it."""

    before: tuple[Bit, ...] | None
    after: tuple[Bit, ...] | None


@dataclass(frozen=True)
class Changed:
    """The paragraphs of one part that differ. `order` 0 is the opening."""

    order: int
    heading: str
    rows: tuple[Row, ...]


def changes(before: Minutes, after: Minutes) -> list[Changed]:
    """Where two versions differ, part by part and paragraph by paragraph. What is withheld in both differs nowhere."""
    parts = [Changed(0, "开头", tuple(_rows((before.opening,), (after.opening,))))]
    older = {section.order: section for section in before.sections}
    for section in after.sections:
        old = older.get(section.order, section)
        parts.append(Changed(section.order, section.heading, tuple(_rows(old.paragraphs, section.paragraphs))))
    return [part for part in parts if part.rows]


def _rows(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        old, new = before[start:end], after[new_start:new_end]
        for place in range(max(len(old), len(new))):
            yield _row(old[place] if place < len(old) else None, new[place] if place < len(new) else None)


def _row(before: str | None, after: str | None) -> Row:
    if before is None or after is None:
        whole = [None if text is None else (Bit(text, True),) for text in (before, after)]
        return Row(whole[0], whole[1])
    old: list[Bit] = []
    new: list[Bit] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if end > start:
            old.append(Bit(before[start:end], kind != "equal"))
        if new_end > new_start:
            new.append(Bit(after[new_start:new_end], kind != "equal"))
    return Row(tuple(old), tuple(new))
