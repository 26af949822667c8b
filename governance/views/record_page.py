"""What the record page shows: rows for the template, made once, since twenty items of nine members are many loops."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from common.errors import Fault
from common.templatetags import portal
from governance import shown
from governance.drafts import Roster
from governance.forms.record_steps import speaking_order
from governance.forms.sheet import TASK, VOTES, Fields, ItemSheet, Sheet, place
from governance.models import AgendaItem, Attendance, Meeting, MeetingMember, Method, Outcome, Stance
from governance.record import ItemRecord, Record
from governance.rules.findings import MEETING, Result
from governance.services.agenda import agenda_is_open
from schools.permissions import HEAD_POST, Body

# Rule → where on the page it is mended, and the word for it in “还差 N 处”.
PLACES = {
    "R-Q01": ("attendance", "到会"),
    "R-Q03": ("attendance", "到会"),
    "R-C01": ("chair", "主持"),
    "R-C03": ("chair", "主持"),
    "R-A09": ("recorder", "记录人"),
    "R-Q02": ("room", "到会人数"),
    "R-V12": ("room", "回避"),
    "R-V04": ("stances", "表态"),
    "R-V06": ("votes", "表决"),
    "R-V13": ("outcome", "结论"),
    "R-E01": ("tasks", "会后任务"),
}
OUT = {Attendance.LEAVE: "请假", Attendance.ABSENT: "缺席"}
STATUSES = [(s.value, s.label, {"leave": "is-out", "absent": "is-bad"}.get(s.value, "")) for s in Attendance]
OF_ITEMS = frozenset({"room", "stances", "votes", "outcome", "tasks"})
CHECKED = " checked"


@dataclass
class Desk:
    """All that lies before the recorder: the stored meeting, what stands in the fields, and what the rules say of it."""

    meeting: Meeting
    roster: Roster
    sheet: Sheet
    record: Record
    results: Sequence[Result]
    faults: Sequence[Fault] = field(default_factory=tuple)

    @cached_property
    def members(self) -> list[MeetingMember]:
        """The members due, head of the body first."""
        return list(self.meeting.members.all())

    @cached_property
    def items(self) -> list[AgendaItem]:
        """The items in order."""
        return list(self.meeting.items.all())

    @cached_property
    def head(self) -> UUID | None:
        """Who speaks last: the head of the body when there, else who chairs (R-V02, R-V03)."""
        head = HEAD_POST[Body(self.meeting.body)]
        return next((m.person_id for m in self.members if head in m.posts), None)

    @cached_property
    def errors(self) -> dict[str, str]:
        """The first fault at each place of the page."""
        found: dict[str, str] = {}
        for fault in self.faults:
            found.setdefault(place(fault.path), fault.reason)
        return found

    @cached_property
    def entries(self) -> dict[UUID, ItemRecord]:
        """The items of the typed record."""
        return {entry.item: entry for entry in self.record.items}

    @cached_property
    def by_subject(self) -> dict[str, list[Result]]:
        """Results of the meeting and of each item."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.subject, []).append(result)
        return found

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of the item that a result is about."""
        return {f"items/{item.pk}": n for n, item in enumerate(self.items, start=1)}

    def results_of(self, item: AgendaItem) -> list[Result]:
        """Results of one item."""
        return self.by_subject.get(f"items/{item.pk}", [])


def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """The options of a select of people, the first one empty."""
    rows = ((key, " selected" if key == chosen else "", words) for key, words in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


def head_fields(desk: Desk) -> dict[str, Any]:
    """Chair, recorder, delegation note."""
    typed = desk.sheet.head
    due = [(str(m.person_id), f"{m.name}（{m.post_label}）") for m in desk.members]
    people = desk.roster.choices(desk.roster.people)
    return {
        "chairs": options([("", "还没有定"), *due], typed.get("chair", "")),
        "recorders": options([("", "还没有定"), *people], typed.get("recorder", "")),
        "delegation_note": typed.get("delegation_note", ""),
        "delegated": typed.get("chair", "") not in ("", str(desk.head)),
    }


def member_rows(desk: Desk) -> list[dict[str, Any]]:
    """到会登记: one row a member due."""
    rows = []
    for n, member in enumerate(desk.members, start=1):
        typed = desk.sheet.members.get(member.person_id, {})
        status = typed.get("status", "")
        rows.append(
            {
                "n": n,
                "id": member.person_id.hex,
                "name": member.name,
                "posts": member.post_label,
                "choices": [(value, label, css, CHECKED if value == status else "") for value, label, css in STATUSES],
                "status": status,
                "words": Attendance(status).label if status in Attendance.values else "还没登记",
                "reason": typed.get("reason", ""),
                "error": desk.errors.get(f"m-{n}-status", "") or desk.errors.get(f"m-{n}-reason", ""),
            }
        )
    return rows


def item_rows(desk: Desk) -> list[dict[str, Any]]:
    """The items, the first unfinished one open, and each one that has a fault."""
    rows = [_item_row(desk, n, item) for n, item in enumerate(desk.items, start=1)]
    first = next((row for row in rows if row["unfinished"]), None)
    for row in rows:
        row["open"] = bool(row["err"]) or (row is first and not desk.faults)
    return rows


def _item_row(desk: Desk, n: int, item: AgendaItem) -> dict[str, Any]:
    typed = desk.sheet.items.get(item.pk) or ItemSheet()
    entry = desk.entries.get(item.pk) or ItemRecord(item.pk)
    room = desk.sheet.in_room(typed)
    prefix = f"i-{n}-"
    err = {name[len(prefix) :]: text for name, text in desk.errors.items() if name.startswith(prefix)}
    fields, method = typed.fields, typed.fields.get("method", "")
    kind, words = item_tag(desk, item, entry)
    return {
        "n": n,
        "id": item.pk.hex,
        "title": item.title,
        "code": item.matter.code if item.matter else "",
        "matter": item.matter.title if item.matter else "",
        "summary": item.summary,
        "kind": kind,
        "words": words,
        "unfinished": kind != "done",
        "err": err,
        "votes_error": next((err[name] for name in ("votes", *VOTES) if name in err), ""),
        "room": room_line(desk, item, len(room)),
        "presences": _presences(desk, typed),
        "away": away_words(desk, typed),
        "speakers": _speakers(desk, typed, room, err),
        "secret": method == Method.SECRET_BALLOT,
        "methods": [(m.value, m.label, CHECKED if m.value == method else "") for m in Method],
        "votes": [(name, label, fields.get(name, "")) for name, label in zip(VOTES, VOTE_WORDS, strict=True)],
        "bar": vote_bar(desk, entry),
        "outcomes": [
            (o.value, o.label, CHECKED if o.value == fields.get("outcome") else "") for o in outcomes(desk.meeting)
        ],
        "decision_text": fields.get("decision_text", ""),
        "tasks": _tasks(desk, typed, err),
        "idle": entry.outcome not in ("", *shown_adopted()) and not typed.tasks,
    }


VOTE_WORDS = ("赞成", "反对", "弃权")


def shown_adopted() -> tuple[str, str]:
    """Outcomes from which tasks follow (R-E01)."""
    return Outcome.APPROVED.value, Outcome.APPROVED_IN_PRINCIPLE.value


def outcomes(meeting: Meeting) -> list[Outcome]:
    """报党组织会议 belongs to the principal's meeting alone (R-V13)."""
    return [o for o in Outcome if o is not Outcome.PROPOSED_TO_PARTY or meeting.body == Body.PRINCIPAL]


def item_tag(desk: Desk, item: AgendaItem, entry: ItemRecord) -> tuple[str, str]:
    """Kind and words of the tag at the item's head: what is still missing, or how it ended."""
    blocking = sum(result.blocks for result in desk.results_of(item))
    if not entry.outcome:
        return "none", "还没有结论"
    if blocking:
        return "warn", f"还差 {blocking} 处"
    outcome = Outcome(entry.outcome).label
    return "done", f"{entry.votes[0]} 票赞成，{outcome}" if entry.votes and entry.votes[0] else outcome


def room_line(desk: Desk, item: AgendaItem, there: int) -> dict[str, Any]:
    """在场 N 人, and how many the matter asks for (R-Q02)."""
    due = len(desk.members)
    important = desk.meeting.body == Body.PARTY and item.matter is not None and shown.needs_two_thirds(item.matter.code)
    needed = shown.members_needed(shown.TWO_THIRDS_RULE, due) if important else 0
    return {"there": there, "due": due, "needed": needed, "enough": there >= needed}


def _presences(desk: Desk, typed: ItemSheet) -> list[tuple[int, str, str, str, str]]:
    """Number, name, and the marks of 离席, 应回避, 回避."""
    rows = []
    for n, member in enumerate(desk.members, start=1):
        fields = typed.people.get(member.person_id, {})
        marks = (CHECKED if fields.get(name) else "" for name in ("left", "conflict", "recused"))
        rows.append((n, member.name, *marks))
    return rows  # type: ignore[return-value]


def away_words(desk: Desk, typed: ItemSheet) -> str:
    """“回避 郑雅琴；离席 朱丽”, blank when nobody is."""
    groups = []
    for name, label in (("left", "离席"), ("conflict", "应回避"), ("recused", "回避")):
        names = [m.name for m in desk.members if typed.people.get(m.person_id, {}).get(name)]
        if names:
            groups.append(f"{label} {'、'.join(names)}")
    return "；".join(groups)


def _speakers(desk: Desk, typed: ItemSheet, room: set[UUID], err: Mapping[str, str]) -> list[dict[str, Any]]:
    """The members in their order of speaking; who is not in the room says why."""
    by_person = {member.person_id: (n, member) for n, member in enumerate(desk.members, start=1)}
    last_speaker = desk.head if desk.head in room else desk.record.chair
    rows, there = [], 0
    for seq, person in enumerate(speaking_order(typed, list(by_person)), start=1):
        n, member = by_person[person]
        fields = typed.people.get(person, {})
        out = "" if person in room else _why_out(desk.sheet.members.get(person, {}), fields)
        there += not out
        stance = fields.get("stance", "")
        rows.append(
            {
                "m": n,
                "seq": seq,
                "place": "" if out else there,
                "name": member.name,
                "posts": member.post_label,
                "out": out,
                "last": person == last_speaker and not out,
                "agree": CHECKED if stance == Stance.Choice.AGREE else "",
                "disagree": CHECKED if stance == Stance.Choice.DISAGREE else "",
                "abstain": CHECKED if stance == Stance.Choice.ABSTAIN else "",
                "opinion": fields.get("opinion", ""),
                "together": fields.get("together", ""),
                "typed": bool(out and (stance or fields.get("opinion"))),
                "error": (err.get(f"s-{n}-stance") or err.get(f"s-{n}-opinion") or "") if err else "",
            }
        )
    return rows


def _why_out(attendance: Fields, fields: Fields) -> str:
    status = attendance.get("status", "")
    if status != Attendance.PRESENT:
        return OUT.get(Attendance(status), "") if status in Attendance.values else "还没登记到会"
    return "回避" if fields.get("recused") else "离席"


def vote_bar(desk: Desk, entry: ItemRecord) -> dict[str, Any]:
    """One box a member due: agree, disagree, abstain, and the rest; the line stands at 应到过半 (R-V06, Party meeting)."""
    due = len(desk.members)
    stances = [said.stance for said in entry.stances]
    agree, disagree, abstain = entry.votes or (stances.count("agree"), stances.count("disagree"), stances.count("abstain"))
    needed = shown.members_needed("R-V06", due) if desk.meeting.body == Body.PARTY else 0
    boxes = [*(["y"] * agree), *(["no"] * disagree), *(["a"] * abstain)]
    boxes = [*boxes, *([""] * (due - len(boxes)))][:due]
    words = f"赞成 {agree}，反对 {disagree}，弃权 {abstain}，应到 {due}" + (f"，过半数 {needed}" if needed else "")
    return {"boxes": boxes, "words": words, "needed": needed, "due": due, "reached": bool(needed) and agree >= needed}


def _tasks(desk: Desk, typed: ItemSheet, err: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of 会后任务; an empty one stands ready when there is none."""
    people = [("", "选一位"), *desk.roster.choices(desk.roster.people)]
    return [
        {
            "k": k,
            "number": k + 1,
            **{name: row.get(name, "") for name in TASK},
            "people": options(people, row.get("responsible", "")),
            "err": {name: err[f"t-{k}-{name}"] for name in TASK if f"t-{k}-{name}" in err} if err else {},
        }
        for k, row in enumerate(typed.tasks or [{}])
    ]


def quorum(desk: Desk) -> dict[str, Any]:
    """Seats and lines of the 到会计."""
    there = {person for person, typed in desk.sheet.members.items() if typed.get("status") == Attendance.PRESENT}
    important = [i.order for i in desk.items if i.matter and shown.needs_two_thirds(i.matter.code)]
    return {
        "seats": [{"name": m.name, "present": m.person_id in there} for m in desk.members],
        "thresholds": shown.thresholds(desk.meeting.body, len(desk.members), important),
    }


def missing(desk: Desk) -> list[dict[str, str]]:
    """还差 N 处: every place that still stops 送签, in the order of the page, each once."""
    found: dict[str, dict[str, str]] = {}
    for result in [*desk.by_subject.get(MEETING, []), *(r for item in desk.items for r in desk.results_of(item))]:
        if result.blocks:
            where = where_of(desk, result)
            found.setdefault(where["url"], where)
    return list(found.values())


def where_of(desk: Desk, result: Result) -> dict[str, str]:
    """The place where a result is mended: address and words."""
    spot, word = PLACES.get(result.rule, ("", ""))
    if "unrecorded" in result.facts:
        spot, word = "attendance", "到会"
    number = desk.numbers.get(result.subject, 0)
    if spot in OF_ITEMS and number:
        return {"url": f"#i-{number}-{spot}", "label": f"第 {number} 项{word}"}
    if spot:
        return {"url": f"#{spot}", "label": word}
    name = "governance:agenda" if agenda_is_open(desk.meeting) else "governance:meeting"
    label = f"第 {number} 项归类" if number else "议程"
    return {"url": reverse(name, args=[desk.meeting.pk]), "label": label}


def findings_html(desk: Desk, results: Sequence[Result]) -> SafeString:
    """The findings beside one subject. Equal ones are drawn once: beside twenty items most are the same."""
    return _drawn(tuple(_as_key(desk, result) for result in results))


Key = tuple[str, str, str, str, str, tuple[str, ...], str, str]


def _as_key(desk: Desk, result: Result) -> Key:
    url = label = ""
    if result.remedy:
        where = where_of(desk, result)
        url, label = where["url"], "去填写" if where["url"].startswith("#") else "去议程"
    return (
        result.rule,
        result.outcome.value,
        result.severity.value,
        _with_names(desk, result),
        result.remedy or "",
        tuple(basis.text for basis in result.basis),
        url,
        label,
    )


def _with_names(desk: Desk, result: Result) -> str:
    """The engine knows ids alone; the page says who is meant."""
    ids = [key for name, value in result.facts.items() if name.endswith("_members") for key in value or ()]  # type: ignore[union-attr]
    if not ids or not result.remedy:
        return result.message
    names = "、".join(m.name for m in desk.members if str(m.person_id) in ids)
    return f"{result.message.rstrip('。')}：{names}。"


@lru_cache(maxsize=2048)
def _drawn(keys: tuple[Key, ...]) -> SafeString:
    results = [
        {
            "rule": rule,
            "name": f"{shown.rule_topics()[rule]} {rule}",
            "outcome": outcome,
            "severity": severity,
            "message": message,
            "remedy": remedy,
            "basis": list(basis),
            "actions": [{"url": url, "label": label}] if url else [],
        }
        for rule, outcome, severity, message, remedy, basis, url, label in keys
    ]
    return render_to_string("_components/findings.html", portal.findings(results))


def navigation(desk: Desk, rows: Sequence[Mapping[str, Any]], left: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """记录步骤: attendance, each item, 送签."""
    statuses = [typed.get("status", "") for typed in desk.sheet.members.values()]
    there, due = statuses.count("present"), len(desk.members)
    steps = [
        {"key": "到", "url": "#attendance", "title": "到会登记", "words": f"{there} / {due} 人", "done": all(statuses)}
    ]
    steps += [
        {
            "key": row["n"],
            "url": f"#i-{row['n']}",
            "title": row["title"],
            "words": row["words"],
            "done": not row["unfinished"],
        }
        for row in rows
    ]
    words = f"还差 {len(left)} 处" if left else "可以送签"
    return [*steps, {"key": "签", "url": "#send", "title": "送签", "words": words, "done": False}]


def closed_items(desk: Desk) -> list[dict[str, Any]]:
    """The items of a record that is only read: stances in their order, tasks in theirs."""
    return [
        {
            "n": n,
            "item": item,
            "away": away_words(desk, desk.sheet.items[item.pk]),
            "stances": sorted(item.stances.all(), key=lambda said: said.seq),
            "tasks": sorted(item.planned_tasks.all(), key=lambda task: task.order),
        }
        for n, item in enumerate(desk.items, start=1)
    ]
