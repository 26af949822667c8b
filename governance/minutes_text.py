"""The minutes (纪要) in words, from the record: what GB/T 9704—2012 prints under the red mark. Pure reading, no query.

Ballots appear as counts; who stated what stays in the record (会议记录). Numbers stand without spaces beside Chinese
characters, as official documents write them. What the clerk wrote himself (`minutes_opening`, `minutes_text`) stands in
place of the generated prose; who came, how the vote went and what was decided are always those of the record.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from common.dates import SHANGHAI, local_day
from governance import shown
from governance.models import (
    AgendaItem,
    Attendance,
    Confirmation,
    Meeting,
    MeetingMember,
    Method,
    MinutesReview,
    Observer,
    Outcome,
    PlannedTask,
    ReviewOutcome,
)
from governance.rules.reference import Reference
from governance.secrecy import WITHHELD
from schools.permissions import HEAD_POST, Body

DIGITS = "〇一二三四五六七八九十"
BESIDE_DIGITS = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[0-9])|(?<=[0-9]) +(?=[\u3400-\u9fff])")
MARK_AT_24 = 18  # characters of 24 pt that the type area of 156 mm holds
MARK_AT_18 = 24
WAYS = {
    Method.ORAL: "口头表决",
    Method.SHOW_OF_HANDS: "举手表决",
    Method.SIGNED_BALLOT: "记名投票表决",
    Method.SECRET_BALLOT: "无记名投票表决",
}
ENDINGS = {
    Outcome.APPROVED: "会议同意本议题。",
    Outcome.APPROVED_IN_PRINCIPLE: "会议原则通过本议题。",
    Outcome.REJECTED: "会议没有通过本议题。",
    Outcome.DEFERRED: "会议决定，本议题暂缓。",
    Outcome.WITHDRAWN: "本议题撤回，会议没有作出决定。",
    Outcome.PROPOSED_TO_PARTY: "会议同意报党组织会议决定。",
}


LEAD = re.compile("（[一二三四五六七八九十]+）[^：；]*")


@dataclass(frozen=True)
class Section:
    """One item: its numbered heading and its paragraphs. `item` is the item's id, `withheld` says that its words are not here."""

    order: int
    item: str
    heading: str
    paragraphs: tuple[str, ...]
    withheld: bool = False

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The paragraphs, each with its lead (“（一）……”, set in 楷体) and its rest."""
        return [lead_of(paragraph) for paragraph in self.paragraphs]


@dataclass(frozen=True)
class Minutes:
    """All the words of the minutes. `mark` has one line or two; `size` is the class of its type size."""

    mark: tuple[str, ...]
    size: str
    number: str
    document_number: str
    issuer: str
    dated: str
    opening: str
    sections: tuple[Section, ...]
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    printed: str
    printed_by: str
    signed: bool
    version: int = 1

    @property
    def numbered(self) -> str:
        """“第18次　〔2026〕18号”; a corrected text says which version it is."""
        later = f"（第{self.version}版）" if self.version > 1 else ""
        return f"{self.number}　{self.document_number}{later}"


def minutes_of(meeting: Meeting, reference: Reference) -> Minutes:
    """The minutes, with the quorum of the rules in force on the day. Expects `documents.reading.for_minutes`.

    From the moment of the signature on they bear its day, and the names of those who did not confirm the record.
    """
    day = local_day(meeting.signed_at) if meeting.signed_at else None
    issuer = issuer_of(meeting)
    mark, size = mark_of(issuer, meeting.body)
    return Minutes(
        mark=mark,
        size=size,
        number=f"第{meeting.serial}次",
        document_number=f"〔{meeting.year}〕{meeting.serial}号",
        issuer=issuer,
        dated=long_day(day) if day else "",
        opening=opening(meeting, reference),
        sections=tuple(section(meeting, item) for item in meeting.items.all()),
        lines=tuple(lines(meeting, day)),
        printed=f"{long_day(day)}印发" if day else "",
        printed_by=meeting.school.name,
        signed=day is not None,
    )


def as_document(minutes: Minutes) -> dict[str, Any]:
    """The minutes as plain JSON, as a sealed version keeps them."""
    return asdict(minutes)


def from_document(text: Mapping[str, Any]) -> Minutes:
    """The minutes of a sealed version."""
    sections = tuple(
        Section(part["order"], part["item"], part["heading"], tuple(part["paragraphs"])) for part in text["sections"]
    )
    said = tuple((label, tuple(names)) for label, names in text["lines"])
    known = {name.name: text[name.name] for name in fields(Minutes) if name.name in text}
    return Minutes(**{**known, "mark": tuple(text["mark"]), "sections": sections, "lines": said})


def withhold(minutes: Minutes, hidden: Collection[str]) -> Minutes:
    """Without a word of the items with those ids: each leaves its number and a line that says so."""
    if not hidden:
        return minutes
    sections = (
        Section(part.order, part.item, f"{chinese(part.order)}、{WITHHELD}", (), withheld=True)
        if part.item in hidden
        else part
        for part in minutes.sections
    )
    return replace(minutes, sections=tuple(sections))


def issuer_of(meeting: Meeting) -> str:
    """The Party organisation for the Party meeting, the school for the principal's."""
    if meeting.body == Body.PRINCIPAL:
        return meeting.school.name
    return meeting.school.party_organisation.name


def mark_of(issuer: str, body: str) -> tuple[tuple[str, ...], str]:
    """纪要标志 and its size: one line of 24 pt, or two lines when the name is long, smaller only when it must be."""
    tail = "会议纪要" if body == Body.PARTY else "校长办公会议纪要"
    if len(issuer + tail) <= MARK_AT_24:
        return (issuer + tail,), ""
    size = "" if len(issuer) <= MARK_AT_24 else "s18" if len(issuer) <= MARK_AT_18 else "s14"
    return (issuer, tail), size


def opening(meeting: Meeting, reference: Reference) -> str:
    """How the meeting was convened, in the clerk's words where there are any; then how many came, and what follows."""
    words = one_line(meeting.minutes_opening)
    return (closed(words) if words else convened(meeting)) + came(meeting, reference)


def convened(meeting: Meeting) -> str:
    """Time, chair, place, and who stood in for the head."""
    local = meeting.scheduled_at.astimezone(SHANGHAI)
    members = list(meeting.members.all())
    chair = f"{meeting.chair.name}同志" if meeting.chair else ""
    where = f"在{meeting.place}" if meeting.place else ""
    held = f"{long_day(local.date())}{local:%H:%M}，{chair}{where}主持召开{meeting.title()}。"
    if not chair:
        held = f"{long_day(local.date())}{local:%H:%M}，{where}召开{meeting.title()}。"
    if meeting.delegation_note and not _head_chairs(meeting, members):
        held += closed(f"委托主持说明：{meeting.delegation_note}")
    return held


def came(meeting: Meeting, reference: Reference) -> str:
    """应到、实到, whether that is enough, what was said of the last minutes, how many items follow: always from the record."""
    members = list(meeting.members.all())
    present = sum(member.status == Attendance.PRESENT for member in members)
    needed = shown.members_needed(shown.QUORUM_RULE[Body(meeting.body)], len(members), reference)
    quorum = "符合规定的到会人数" if present >= needed else "没有达到规定的到会人数"
    count = len(meeting.items.all())
    return f"应到{len(members)}人，实到{present}人，{quorum}。{looked_back(meeting)}会议研究议题{count}项，现纪要如下："


def looked_back(meeting: Meeting) -> str:
    """“会议审阅并通过上次会议纪要（2026年第17次党组织会议）。”; nothing when the meeting did not look back."""
    review: MinutesReview | None = getattr(meeting, "review", None)
    if review is None:
        return ""
    before = review.reviewed.title()
    if review.outcome == ReviewOutcome.APPROVED:
        return f"会议审阅并通过上次会议纪要（{before}）。"
    return f"会议审阅上次会议纪要（{before}），有异议，按更正纪要办理。"


def _head_chairs(meeting: Meeting, members: Sequence[MeetingMember]) -> bool:
    head = HEAD_POST[Body(meeting.body)]
    return any(member.person_id == meeting.chair_id and head in member.posts for member in members)


def section(meeting: Meeting, item: AgendaItem) -> Section:
    """会议听取、研究、表决、决定, and the tasks that follow; prose of the clerk's own stands before the vote."""
    own = [closed(line) for line in paragraphs_of(item.minutes_text)]
    said = [*own, result_words(item)] if own else [f"{heard(item)}{vote_words(item)}。{away(item)}{ending(item)}"]
    told = [line for text in said for line in paragraphs_of(text)]
    return Section(item.order, str(item.pk), heading_of(item), (*told, *tasks_of(item)))


def heading_of(item: AgendaItem) -> str:
    """“三、审定冬季消防改造项目”."""
    return f"{chinese(item.order)}、{item.title}"


def heard(item: AgendaItem) -> str:
    """“会议听取了某同志的汇报，进行了研究”, without its full stop."""
    reporter = item.presenter or item.proposer
    return f"会议听取了{reporter.name}同志的汇报，进行了研究" if reporter else "会议进行了研究"


def result_words(item: AgendaItem) -> str:
    """The vote, who was away, and the outcome: the sentences that no edited text can change."""
    vote = vote_words(item).lstrip("，")
    return f"{vote}。{away(item)}{ending(item)}" if vote else f"{away(item)}{ending(item)}"


def tasks_of(item: AgendaItem) -> list[str]:
    """The tasks, numbered when there are several."""
    tasks = sorted(item.planned_tasks.all(), key=lambda task: task.order)
    many = len(tasks) > 1
    return [task_words(task, f"（{chinese(n)}）" if many else "") for n, task in enumerate(tasks, start=1)]


def vote_words(item: AgendaItem) -> str:
    """“，经举手表决，赞成5票，弃权1票”; nothing when nobody voted."""
    counts = counts_of(item)
    way = f"，经{WAYS[Method(item.method)]}" if item.method else ""
    if counts is None:
        return way
    said = [f"{word}{count}票" for word, count in zip(("赞成", "反对", "弃权"), counts, strict=True) if count]
    return f"{way}，{'，'.join(said) or '赞成0票'}"


def counts_of(item: AgendaItem) -> tuple[int, int, int] | None:
    """赞成、反对、弃权 as announced, else as stated one by one; None when nobody voted."""
    if item.agree is not None:
        return item.agree, item.disagree or 0, item.abstain or 0
    stances = [said.stance for said in item.stances.all()]
    if not stances:
        return None
    return stances.count("agree"), stances.count("disagree"), stances.count("abstain")


def away(item: AgendaItem) -> str:
    """Who was recused, who was out of the room, who sent an opinion in writing (R-A06)."""
    presences = sorted(item.presences.all(), key=lambda presence: presence.member.order)
    recused = "、".join(f"{p.member.name}同志" for p in presences if p.recused)
    left = "、".join(f"{p.member.name}同志" for p in presences if p.left and not p.recused)
    text = f"{recused}回避，没有参加讨论和表决。" if recused else ""
    written = "、".join(f"{p.member.name}同志" for p in presences if p.written_opinion)
    text += f"{left}离席。" if left else ""
    return text + (f"{written}提交了书面意见，不计入票数。" if written else "")


def ending(item: AgendaItem) -> str:
    """What was decided, in the words of the record."""
    if not item.outcome:
        return "（还没有结论）"
    text = closed(item.decision_text) if item.decision_text.strip() else ""
    if not text or item.outcome != Outcome.APPROVED:
        return ENDINGS[Outcome(item.outcome)] + text
    return text if text.startswith("会议") else f"会议决定，{text}"


def task_words(task: PlannedTask, number: str) -> str:
    """One task with its 四明确."""
    who = f"由{task.responsible.name}同志负责" if task.responsible else ""
    units = f"，{task.units}协同" if task.units else ""
    until = f"{long_day(task.due_on)}前完成" if task.due_on else ""
    measures = f"：{task.measures.rstrip('。；')}" if task.measures else ""
    return closed(number + "；".join(part for part in (f"{task.goal}{measures}", f"{who}{units}", until) if part))


def lines(meeting: Meeting, day: date | None) -> list[tuple[str, tuple[str, ...]]]:
    """出席、请假、缺席、列席, and at the end 未确认 and 签发."""
    members = list(meeting.members.all())
    found: list[tuple[str, tuple[str, ...]]] = []
    for status, label in ((Attendance.PRESENT, "出席"), (Attendance.LEAVE, "请假"), (Attendance.ABSENT, "缺席")):
        names = tuple(_named(member) for member in members if member.status == status)
        if names:
            found.append((label, names))
    sat_in = [_sat_in(observer, meeting) for observer in meeting.observers.all()]
    at_table = {member.person_id for member in members} | {observer.person_id for observer in meeting.observers.all()}
    if meeting.recorder and meeting.recorder_id not in at_table:
        sat_in.append(f"{meeting.recorder.name}（记录）")
    if sat_in:
        found.append(("列席", tuple(sat_in)))
    if meeting.recorder and any(member.person_id == meeting.recorder_id for member in members):
        found.append(("记录", (meeting.recorder.name,)))
    if day and (silent := unconfirmed(meeting)):
        found.append(("未确认", tuple(silent)))
    if day and meeting.signed_by:
        found.append(("签发", (meeting.signed_by.name, long_day(day))))
    return found


def unconfirmed(meeting: Meeting) -> list[str]:
    """Members present who kept silent after 送签. Meetings from before members were asked name nobody."""
    present = [member for member in meeting.members.all() if member.status == Attendance.PRESENT]
    said = {member.pk: _confirmation(member) for member in present}
    if not any(said.values()):
        return []
    return [member.name for member in present if not _has_confirmed(said[member.pk])]


def _confirmation(member: MeetingMember) -> Confirmation | None:
    found: Confirmation | None = getattr(member, "confirmation", None)
    return found


def _has_confirmed(said: Confirmation | None) -> bool:
    return said is not None and said.confirmed_at is not None


def _sat_in(observer: Observer, meeting: Meeting) -> str:
    """“马骏（教导主任，第三、四项）”; the recorder says so."""
    orders = sorted(item.order for item in observer.items.all())
    about = [observer.role.strip(), f"第{'、'.join(map(chinese, orders))}项" if orders else ""]
    if observer.person_id and observer.person_id == meeting.recorder_id:
        about.append("记录")
    said = "，".join(filter(None, about))
    return close_up(f"{observer.name}（{said}）") if said else observer.name


def _named(member: MeetingMember) -> str:
    return close_up(f"{member.name}（{member.reason}）") if member.reason else member.name


def closed(text: str) -> str:
    """The text with a full stop at its end, and digits close to the characters beside them."""
    text = close_up(text.strip())
    return text if text.endswith(("。", "！", "？", "）")) else f"{text.rstrip('；，、：')}。"


def lead_of(paragraph: str) -> tuple[str, str]:
    """“（一）完成招标” and the rest of the paragraph; no lead where it does not begin with such a number."""
    found = LEAD.match(paragraph)
    return (found.group(), paragraph[found.end() :]) if found else ("", paragraph)


def paragraphs_of(text: str) -> list[str]:
    """The lines of a text that are not empty, without blanks around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def one_line(text: str) -> str:
    """The text as one paragraph."""
    return "".join(paragraphs_of(text))


def close_up(text: str) -> str:
    """No spaces between digits and Chinese characters, as official documents are set."""
    return BESIDE_DIGITS.sub("", text)


def long_day(day: date) -> str:
    """2026年11月20日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese(number: int) -> str:
    """一、十、十一、二十、二十一 … up to 99."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones or not tens else "")
