"""The parts of the record page around its items: attendance, chair and recorder, 到会计; and the record to read."""

from typing import Any

from governance import shown
from governance.models import Attendance
from governance.views.record_desk import Desk, away_words
from governance.views.record_items import CHECKED, options

STATUSES = [(s.value, s.label, {"leave": "is-out", "absent": "is-bad"}.get(s.value, "")) for s in Attendance]


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
                "n": str(n),
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


def quorum(desk: Desk) -> dict[str, Any]:
    """Seats and lines of the 到会计."""
    there = {person for person, typed in desk.sheet.members.items() if typed.get("status") == Attendance.PRESENT}
    important = [i.order for i in desk.items if i.matter and shown.needs_two_thirds(i.matter.code, desk.reference)]
    return {
        "seats": [{"name": m.name, "present": m.person_id in there} for m in desk.members],
        "thresholds": shown.thresholds(desk.meeting.body, len(desk.members), important, desk.reference),
    }


def closed_items(desk: Desk) -> list[dict[str, Any]]:
    """The items of a record that is only read: stances in their order, tasks in theirs."""
    return [
        {
            "n": n,
            "item": item,
            "withheld": item.pk in desk.hidden,
            "away": away_words(desk, desk.sheet.items[item.pk]),
            "written": [presence for presence in item.presences.all() if presence.written_opinion],
            "stances": sorted(item.stances.all(), key=lambda said: said.seq),
            "tasks": sorted(item.planned_tasks.all(), key=lambda task: task.order),
        }
        for n, item in enumerate(desk.items, start=1)
    ]
