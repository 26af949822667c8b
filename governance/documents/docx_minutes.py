"""The minutes (纪要) as a Word file in the layout of GB/T 9704—2012."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from governance.documents import layout
from governance.documents.layout import FANG, HEI, KAI, RED, XBS
from governance.documents.reading import printed_minutes
from governance.documents.shapes import Run, Shape
from governance.minutes_text import Minutes, Section
from governance.models import Meeting
from governance.rules.reference import Reference

if TYPE_CHECKING:
    from governance.documents.paper import Paper

MARK_SIZES = {"": layout.MARK_PT, "s18": layout.MARK_SMALL_PT, "s14": layout.MARK_TINY_PT}
ISSUER_BESIDE_DATE = 20  # characters of the issuer that leave room for a date on the same line
DRAFT = "未签发（草稿）"


def build(meeting: Meeting, reference: Reference, hidden: Collection[str] = (), note: str = "") -> bytes:
    """The file: of a signed meeting its latest sealed text. `hidden` are ids of items of which no word may appear.

    Expects `reading.for_minutes`. `note` is kept in the properties of the file: who took it away, under which number.
    """
    return write(
        printed_minutes(meeting, reference, hidden), title=f"{meeting.title()}纪要", note=note, at=meeting.updated_at
    )


def write(minutes: Minutes, *, title: str, note: str, at: datetime) -> bytes:
    """The words on paper."""
    from governance.documents.paper import Paper  # at the first file; no start of a process waits for it

    paper = Paper(title, author=minutes.issuer, note=note, at=at)
    _head(paper, minutes)
    paper.line(minutes.opening)
    for section in minutes.sections:
        _section(paper, section)
    paper.blank()
    for place, (label, names) in enumerate(minutes.lines, start=1):
        if minutes.printed and place == len(minutes.lines):
            paper.foot(minutes.printed_by, minutes.printed)
        paper.labelled(label, "　".join(names))
    paper.number_pages()
    if not minutes.signed:
        paper.mark_pages(DRAFT)
    return paper.save()


def _head(paper: "Paper", minutes: Minutes) -> None:
    """纪要标志, number, issuer and date, red line."""
    size = MARK_SIZES[minutes.size]
    for place, line in enumerate(minutes.mark):
        before = 0 if place else layout.MARK_BELOW
        paper.line(Run(line, XBS, size, RED), Shape("center", before=before, height=size * 1.2, keep=True))
    paper.line(Run(minutes.numbered), Shape("center", before=5, keep=True))
    dated = minutes.dated or "未签发"
    red = {"bottom": (layout.RED_LINE_MM, RED, 1.0)}
    before = layout.RED_LINE_BELOW
    if len(minutes.issuer) <= ISSUER_BESIDE_DATE:
        shape = Shape("left", before=before, after=8, keep=True, right_tab=paper.width, lines=red)
        paper.line(Run(f"{minutes.issuer}\t{dated}", FANG, layout.ISSUER_PT), shape)
        return
    paper.line(Run(minutes.issuer, FANG, layout.ISSUER_PT), Shape("left", before=before, keep=True))
    paper.line(Run(dated, FANG, layout.ISSUER_PT), Shape("right", after=8, keep=True, lines=red))


def _section(paper: "Paper", section: Section) -> None:
    """The heading in 黑体, stuck to its first paragraph; “（一）” and what it names in 楷体."""
    paper.line(Run(section.heading, HEI), Shape(first=2, keep=bool(section.paragraphs)))
    for lead, rest in section.parts:
        paper.line([Run(lead, KAI), Run(rest)])
