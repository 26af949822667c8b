"""决议摘录: one decision for the proposer, in the very words of the minutes."""

from dataclasses import dataclass
from datetime import datetime

from governance.documents.layout import HEI, KAI
from governance.documents.shapes import Run, Shape
from governance.minutes_text import Minutes, Section
from governance.models import Decision


@dataclass(frozen=True)
class Excerpt:
    """What is printed. `source` names the minutes it is taken from, `agrees` says that the words are theirs."""

    title: str
    number: str
    source: str
    proposer: str
    section: Section
    agrees: str
    issuer: str
    dated: str


def excerpt_of(decision: Decision, minutes: Minutes) -> Excerpt:
    """The excerpt from the minutes as they stand, corrections included."""
    meeting, item = decision.meeting, decision.item
    section = next(part for part in minutes.sections if part.item == str(item.pk))
    return Excerpt(
        title="决议摘录",
        number=f"决议 {decision.number}",
        source=f"摘自{meeting.title()}纪要（{minutes.document_number}）第{item.order}项，{minutes.dated}签发。",
        proposer=item.proposer.name if item.proposer else "",
        section=section,
        agrees=f"以上内容与会议纪要{_version(minutes)}一致。",
        issuer=minutes.issuer,
        dated=minutes.dated,
    )


def _version(minutes: Minutes) -> str:
    return f"（第{minutes.version}版）" if minutes.version > 1 else ""


def build(excerpt: Excerpt, *, note: str, at: datetime) -> bytes:
    """The excerpt as a Word file; `note` says who took it away, under which number."""
    from governance.documents.paper import Paper  # at the first file; no start of a process waits for it

    paper = Paper(f"{excerpt.title} {excerpt.number}", author=excerpt.issuer, note=note, at=at)
    paper.title(excerpt.title)
    paper.line(Run(excerpt.number), Shape("center", after=6))
    paper.line(excerpt.source)
    if excerpt.proposer:
        paper.line(f"提出人：{excerpt.proposer}")
    paper.line(Run(excerpt.section.heading, HEI), Shape(first=2, keep=True))
    for lead, rest in excerpt.section.parts:
        paper.line([Run(lead, KAI), Run(rest)])
    paper.line(excerpt.agrees, Shape(first=2, before=8, keep=True))  # stays with the signature
    paper.line(Run(excerpt.issuer), Shape("right", before=8, keep=True))
    paper.line(Run(excerpt.dated), Shape("right"))
    paper.number_pages(note)
    return paper.save()
