"""表决票汇总: what was put to the vote, how it went, and who stated what, unless the ballot was secret."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from common.dates import SHANGHAI
from governance.documents.shapes import Run, Shape
from governance.minutes_text import close_up, counts_of, long_day
from governance.models import AgendaItem, Attendance, Meeting, MeetingMember, Method, Outcome, Stance
from governance.secrecy import WITHHELD

if TYPE_CHECKING:
    from governance.documents.paper import Paper

HEAD = ("序号", "议题", "方式", "应到", "在场", "赞成", "反对", "弃权", "结论")
WIDTHS = (11, 45, 20, 12, 12, 12, 12, 12, 20)  # millimetres; together the width of the type area
AT_ONCE = 8  # items beside each other in the table of members
NAME_WIDTH, ITEM_WIDTH = 28, 16
NOTHING = "–"
AWAY = {Attendance.LEAVE: "请假", Attendance.ABSENT: "缺席"}


@dataclass(frozen=True)
class ItemVotes:
    """One item; of a withheld one only its number."""

    order: int
    title: str
    withheld: bool = False
    method: str = NOTHING
    due: int = 0
    present: int = 0
    counts: tuple[int, int, int] | None = None
    outcome: str = NOTHING
    notes: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, ...]:
        """As the table shows it."""
        if self.withheld:
            return (str(self.order), self.title, *[NOTHING] * 7)
        votes = [str(count) for count in self.counts] if self.counts else [NOTHING] * 3
        return (str(self.order), self.title, self.method, str(self.due), str(self.present), *votes, self.outcome)


@dataclass(frozen=True)
class Stances:
    """Who stated what at some of the items: their numbers, and a row a member, name first."""

    orders: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def head(self) -> tuple[str, ...]:
        """The head of the table."""
        return ("姓名", *(f"第{order}项" for order in self.orders))


@dataclass(frozen=True)
class VoteSheet:
    """The whole sheet."""

    title: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[ItemVotes, ...]
    stances: tuple[Stances, ...]
    signed: bool


def vote_sheet_of(meeting: Meeting, hidden: Collection[str] = ()) -> VoteSheet:
    """The sheet from the record, without a word of the hidden items. Expects `reading.for_minutes`. No query."""
    members = list(meeting.members.all())
    items = list(meeting.items.all())
    shown = [item for item in items if str(item.pk) not in hidden]
    rows = tuple(
        _votes(item, members) if item in shown else ItemVotes(item.order, WITHHELD, withheld=True) for item in items
    )
    groups = [shown[start : start + AT_ONCE] for start in range(0, len(shown), AT_ONCE)]
    return VoteSheet(
        f"{meeting.title()}表决票汇总",
        facts_of(meeting),
        rows,
        tuple(_stances(group, members) for group in groups),
        meeting.signed_at is not None,
    )


def facts_of(meeting: Meeting) -> tuple[tuple[str, str], ...]:
    """学校、时间、地点、主持、记录."""
    local = meeting.scheduled_at.astimezone(SHANGHAI)
    facts = (
        ("学校", meeting.school.name),
        ("时间", f"{long_day(local.date())}{local:%H:%M}"),
        ("地点", meeting.place),
        ("主持", meeting.chair.name if meeting.chair else ""),
        ("记录", meeting.recorder.name if meeting.recorder else ""),
    )
    return tuple((label, value) for label, value in facts if value)


def _votes(item: AgendaItem, members: list[MeetingMember]) -> ItemVotes:
    presences = sorted(item.presences.all(), key=lambda presence: presence.member.order)
    out = {presence.member_id for presence in presences if presence.left or presence.recused}
    there = [member for member in members if member.status == Attendance.PRESENT and member.pk not in out]
    names = {
        "回避": [p.member.name for p in presences if p.recused],
        "离席": [p.member.name for p in presences if p.left and not p.recused],
        "书面意见（不计票）": [p.member.name for p in presences if p.written_opinion],
    }
    return ItemVotes(
        order=item.order,
        title=close_up(item.title),
        method=Method(item.method).label if item.method else NOTHING,
        due=len(members),
        present=len(there),
        counts=counts_of(item),
        outcome=Outcome(item.outcome).label if item.outcome else NOTHING,
        notes=tuple(f"{label}：{'、'.join(found)}" for label, found in names.items() if found),
    )


def _stances(items: list[AgendaItem], members: list[MeetingMember]) -> Stances:
    columns = [_column(item) for item in items]
    rows = tuple((member.name, *(_cell(member, said) for said in columns)) for member in members)
    return Stances(tuple(item.order for item in items), rows)


def _column(item: AgendaItem) -> dict[int | None, str]:
    """Words by member; under None what those in the room have who stated nothing by name."""
    found: dict[int | None, str] = {None: "无记名" if item.method == Method.SECRET_BALLOT else NOTHING}
    if item.method != Method.SECRET_BALLOT:
        found |= {said.member_id: Stance.Choice(said.stance).label for said in item.stances.all()}
    for presence in item.presences.all():
        if presence.left or presence.recused:
            found[presence.member_id] = "回避" if presence.recused else "离席"
    return found


def _cell(member: MeetingMember, said: dict[int | None, str]) -> str:
    if member.status != Attendance.PRESENT:
        return AWAY.get(Attendance(member.status), NOTHING) if member.status else NOTHING
    return said.get(member.pk, said[None])


def build(sheet: VoteSheet, *, author: str, note: str, at: datetime) -> bytes:
    """The sheet as a Word file; `note` says who took it away, under which number."""
    from governance.documents.paper import Paper  # at the first file; no start of a process waits for it

    paper = Paper(sheet.title, author=author, note=note, at=at)
    paper.title(sheet.title)
    for label, value in sheet.facts:
        paper.labelled(label, value)
    paper.blank()
    paper.table(HEAD, [item.row for item in sheet.items], WIDTHS)
    for item in sheet.items:
        if item.notes:
            paper.line(f"第{item.order}项　{'；'.join(item.notes)}。")
    for part in sheet.stances:
        paper.line(Run("逐人表态"), Shape(first=2, before=4, keep=True))
        paper.table(part.head, part.rows, (NAME_WIDTH, *[ITEM_WIDTH] * len(part.orders)))
    _signatures(paper)
    paper.number_pages(note)
    if not sheet.signed:
        paper.mark_pages("未签发（草稿）")
    return paper.save()


def _signatures(paper: "Paper") -> None:
    paper.line("主持人签字：　　　　　　　　记录人签字：", Shape("left", before=10))
