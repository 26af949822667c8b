"""The items of the record page. Twenty items of nine members are many rows, so rows are filled into moulds, not drawn one by one."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from html import escape
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from governance import shown
from governance.forms.record_steps import speaking_order
from governance.forms.sheet import TASK, VOTES, Fields, ItemSheet
from governance.models import AgendaItem, Attendance, Meeting, Method, Outcome
from governance.models.items import ADOPTED
from governance.record import ItemRecord
from governance.views.record_desk import Desk, away_words
from schools.permissions import Body

OUT = {Attendance.LEAVE: "请假", Attendance.ABSENT: "缺席"}
CHECKED = mark_safe(" checked")
VOTE_WORDS = ("赞成", "反对", "弃权")


def item_rows(desk: Desk, heads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items in full, the first unfinished one open, and each one that has a fault."""
    rows = [
        head | ({} if head.get("withheld") else _item_row(desk, n, item))
        for n, (head, item) in enumerate(zip(heads, desk.items, strict=True), 1)
    ]
    first = next((row for row in rows if row["unfinished"]), None)
    for row in rows:
        row["open"] = bool(row.get("err")) or (row is first and not desk.faults)
    return rows


def _item_row(desk: Desk, n: int, item: AgendaItem) -> dict[str, Any]:
    typed = desk.sheet.items.get(item.pk) or ItemSheet()
    entry = desk.entries.get(item.pk) or ItemRecord(item.pk)
    room = desk.sheet.in_room(typed)
    prefix = f"i-{n}-"
    err = {name[len(prefix) :]: text for name, text in desk.errors.items() if name.startswith(prefix)}
    fields, method = typed.fields, typed.fields.get("method", "")
    return {
        "id": item.pk.hex,
        "code": item.matter.code if item.matter else "",
        "matter": item.matter.title if item.matter else "",
        "summary": item.summary,
        "err": err,
        "votes_error": next((err[name] for name in ("votes", *VOTES) if name in err), ""),
        "room": room_line(desk, item, len(room)),
        "hints": _hints(desk, item, typed),
        "proposal": json.dumps(asdict(desk.proposals[item.pk]), ensure_ascii=False),
        "presences": filled("record_presence", _presences(desk, n, typed)),
        "away": away_words(desk, typed),
        "speakers": filled("record_speaker", _speakers(desk, n, typed, room, err)),
        "secret": method == Method.SECRET_BALLOT,
        "methods": [(m.value, m.label, CHECKED if m.value == method else "") for m in Method],
        "votes": [(name, label, fields.get(name, "")) for name, label in zip(VOTES, VOTE_WORDS, strict=True)],
        "bar": vote_bar(desk, entry),
        "outcomes": [
            (o.value, o.label, CHECKED if o.value == fields.get("outcome") else "") for o in outcomes(desk.meeting)
        ],
        "decision_text": fields.get("decision_text", ""),
        "tasks": _tasks(desk, typed, err),
        "idle": entry.outcome not in ("", *ADOPTED) and not typed.tasks,
    }


def _hints(desk: Desk, item: AgendaItem, typed: ItemSheet) -> list[dict[str, Any]]:
    """Beside the item: a member declared an interest in it and is not recused yet."""
    places = {member.person_id: m for m, member in enumerate(desk.members, start=1)}
    return [
        {"m": places[hint.person], "words": hint.words, "idle": bool(typed.people.get(hint.person, {}).get("recused"))}
        for hint in desk.hints.get(item.pk, [])
    ]


def outcomes(meeting: Meeting) -> list[Outcome]:
    """报党组织会议 belongs to the principal's meeting alone (R-V13)."""
    return [o for o in Outcome if o is not Outcome.PROPOSED_TO_PARTY or meeting.body == Body.PRINCIPAL]


def room_line(desk: Desk, item: AgendaItem, there: int) -> dict[str, Any]:
    """在场 N 人, and how many the matter asks for (R-Q02)."""
    due = len(desk.members)
    at_party = desk.meeting.body == Body.PARTY and item.matter is not None
    important = at_party and item.matter is not None and shown.needs_two_thirds(item.matter.code, desk.reference)
    needed = shown.members_needed(shown.TWO_THIRDS_RULE, due, desk.reference) if important else 0
    return {"there": str(there), "due": str(due), "needed": str(needed or ""), "enough": there >= needed}


@lru_cache(maxsize=4)
def mould(name: str, *places: str) -> str:
    """A row of the page drawn once, with `{place}` where each value goes: many rows are then filled, not drawn."""
    return render_to_string(f"governance/_partials/{name}.html", {place: mark_safe(f"{{{place}}}") for place in places})  # noqa: S308  our own words


def filled(name: str, rows: Iterable[Mapping[str, str]]) -> SafeString:
    """The rows in that mould; every value is escaped unless it is markup already."""
    shape = ""
    parts = []
    for row in rows:
        shape = shape or mould(name, *row)
        parts.append(
            shape.format_map({place: v if not v or type(v) is SafeString else escape(v) for place, v in row.items()})
        )
    return mark_safe("".join(parts))  # noqa: S308  made of escaped values


def _presences(desk: Desk, n: int, typed: ItemSheet) -> list[dict[str, str]]:
    """One row a member: 离席, 应回避, 回避."""
    rows = []
    for m, member in enumerate(desk.members, start=1):
        fields = typed.people.get(member.person_id, {})
        marks = {name: CHECKED if fields.get(name) else "" for name in ("left", "conflict", "recused")}
        rows.append({"n": str(n), "m": str(m), "name": member.name, **marks})
    return rows


def _speakers(desk: Desk, n: int, typed: ItemSheet, room: set[UUID], err: Mapping[str, str]) -> list[dict[str, str]]:
    """The members in their order of speaking; who is not in the room says why."""
    by_person = {member.person_id: (m, member) for m, member in enumerate(desk.members, start=1)}
    last_speaker = desk.head if desk.head in room else desk.record.chair
    rows, there = [], 0
    for seq, person in enumerate(speaking_order(typed, list(by_person)), start=1):
        m, member = by_person[person]
        fields = typed.people.get(person, {})
        out = "" if person in room else _why_out(desk.sheet.members.get(person, {}), fields)
        there += not out
        stance = fields.get("stance", "")
        row = {
            "n": str(n),
            "m": str(m),
            "seq": str(seq),
            "place": "" if out else str(there),
            "name": member.name,
            "posts": member.post_label,
            "out": out,
            "css": ("out" if out else "last" if person == last_speaker else "")
            + (" tog" if fields.get("together") else ""),
            **{choice: CHECKED if stance == choice else "" for choice in VOTES},
            "opinion": fields.get("opinion", ""),
            "written": fields.get("written", ""),
            "together": fields.get("together", ""),
            "remove": format_html(REMOVE, n, m) if out and (stance or fields.get("opinion")) else "",
            "error": _said_wrong(err, f"s-{m}-stance", f"s-{m}-opinion", f"s-{m}-written"),
        }
        rows.append(row)
    return rows


REMOVE = ' <button class="btn btn-s" type="submit" name="do" value="clear-{}-{}">去掉表态</button>'


def _said_wrong(err: Mapping[str, str], *names: str) -> SafeString:
    """The fault at one of these places."""
    text = next((err[name] for name in names if name in err), "")
    return format_html('<p class="fh-err">{}</p>', text) if text else mark_safe("")


def _why_out(attendance: Fields, fields: Fields) -> str:
    status = attendance.get("status", "")
    if status != Attendance.PRESENT:
        return OUT.get(Attendance(status), "") if status in Attendance.values else "还没登记到会"
    return "回避" if fields.get("recused") else "离席"


def vote_bar(desk: Desk, entry: ItemRecord) -> dict[str, Any]:
    """One box a member due: agree, disagree, abstain, and the rest; the line stands at 应到过半 (R-V06, Party meeting)."""
    due = len(desk.members)
    stances = [said.stance for said in entry.stances]
    agree, disagree, abstain = entry.votes or (
        stances.count("agree"),
        stances.count("disagree"),
        stances.count("abstain"),
    )
    needed = shown.members_needed("R-V06", due, desk.reference) if desk.meeting.body == Body.PARTY else 0
    boxes = [*(["y"] * agree), *(["no"] * disagree), *(["a"] * abstain)]
    boxes = [*boxes, *([""] * (due - len(boxes)))][:due]
    words = f"赞成 {agree}，反对 {disagree}，弃权 {abstain}，应到 {due}" + (f"，过半数 {needed}" if needed else "")
    return {"boxes": boxes, "words": words, "needed": needed, "due": due, "reached": bool(needed) and agree >= needed}


def _tasks(desk: Desk, typed: ItemSheet, err: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of 会后任务; an empty one stands ready when there is none."""
    people = [("", "选一位"), *desk.roster.choices(desk.roster.people)]
    return [
        {
            "k": str(k),
            "number": str(k + 1),
            **{name: row.get(name, "") for name in TASK},
            "people": options(people, row.get("responsible", "")),
            "err": {name: err[f"t-{k}-{name}"] for name in TASK if f"t-{k}-{name}" in err} if err else {},
        }
        for k, row in enumerate(typed.tasks or [{}])
    ]


def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """The options of a select of people, the first one empty."""
    rows = ((key, " selected" if key == chosen else "", words) for key, words in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)
