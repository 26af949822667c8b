"""Rows to documents: a constant number of queries for any number of rows, and no model instances in long loops."""

from collections import defaultdict
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from rest_framework.request import Request

from accounts.callers import caller
from accounts.models import User
from checklists.models import Task
from common.api.views import absolute
from common.transitions import Transition
from governance import shown
from governance.further import judge_record
from governance.guards import open_actions, open_keeping
from governance.models import AgendaItem, Decision, Meeting, MeetingStatus, Method, RuleResult, Secrecy, Stance
from governance.models.catalogue import Matter
from governance.rules.findings import Result
from governance.secrecy import hidden_among
from governance.selectors import for_record, reference_for
from governance.waiving import open_waiving, results_now, standing

MEETING_FIELDS = (
    "id", "created_at", "updated_at", "school__code", "body", "year", "serial", "status", "scheduled_at", "place", "chair_id",
    "chair__name", "recorder_id", "recorder__name", "due", "present", "lapsed", "publication__published_on",
)  # fmt: skip
ITEM_FIELDS = (
    "id", "meeting_id", "order", "title", "matter__code", "method", "outcome", "agree", "disagree", "abstain", "decision__id",
    "secrecy", "topic_id",
)  # fmt: skip
DONE = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
JUDGED = (MeetingStatus.HELD, MeetingStatus.MINUTED)


def _person(key: UUID | None, name: str | None) -> dict[str, Any] | None:
    return None if key is None else {"person": key, "name": name}


def _publication(day: date | None) -> dict[str, Any] | None:
    return None if day is None else {"published_on": day}


def meeting_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Meetings as the contract writes them, without results; items the caller may not read stand with their order alone."""
    items = _items(rows, caller(request))
    return [
        {
            "id": row["id"],
            "url": absolute(request, "api:meeting", row["id"]),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "school": row["school__code"],
            "body": row["body"],
            "number": None if row["serial"] is None else f"{row['year']}-{row['serial']:03d}",
            "status": row["status"],
            "scheduled_at": row["scheduled_at"],
            "place": row["place"],
            "chair": _person(row["chair_id"], row["chair__name"]),
            "recorder": _person(row["recorder_id"], row["recorder__name"]),
            "due": row["due"],
            "present": row["present"],
            "lapsed": row["lapsed"],
            "publication": _publication(row["publication__published_on"]),
            "items": items[row["id"]],
        }
        for row in rows
    ]


def _items(meetings: list[dict[str, Any]], user: User) -> dict[UUID, list[dict[str, Any]]]:
    states = {row["id"]: row["status"] for row in meetings}
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    items = AgendaItem.objects.filter(meeting__in=states).order_by("meeting_id", "order")
    rows = list(items.values(*ITEM_FIELDS))
    stated = _stated([row["id"] for row in rows if row["agree"] is None and row["method"] != Method.SECRET_BALLOT])
    hidden = hidden_among(user, {row["id"]: row["secrecy"] for row in rows})
    for row in rows:
        if row["id"] in hidden:
            found[row["meeting_id"]].append({"order": row["order"], "withheld": True})
            continue
        found[row["meeting_id"]].append(
            {
                "id": row["id"],
                "order": row["order"],
                "title": row["title"],
                "matter": row["matter__code"],
                "secrecy": row["secrecy"],
                "topic": row["topic_id"],
                "status": _item_status(states[row["meeting_id"]], row["outcome"]),
                "method": row["method"] or None,
                "outcome": row["outcome"] or None,
                "counts": _counts(row, stated),
                "decision": row["decision__id"],
            }
        )
    return found


def _stated(items: list[UUID]) -> dict[UUID, dict[str, int]]:
    """Stances counted by item, for items whose votes were not announced."""
    if not items:
        return {}
    counts: dict[UUID, dict[str, int]] = {}
    for item, stance in Stance.objects.filter(item__in=items).values_list("item_id", "stance"):
        counts.setdefault(item, {"agree": 0, "disagree": 0, "abstain": 0})[stance] += 1
    return counts


def _counts(row: dict[str, Any], stated: dict[UUID, dict[str, int]]) -> dict[str, int] | None:
    if row["agree"] is None:
        return stated.get(row["id"])
    return {name: row[name] for name in ("agree", "disagree", "abstain")}


def _item_status(meeting: str, outcome: str) -> str:
    """Item states of roles_and_states.md as far as a meeting knows them."""
    if meeting not in DONE:
        return "scheduled"
    return {"deferred": "postponed", "withdrawn": "withdrawn"}.get(outcome, "concluded")


def meeting_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One meeting with rule results (stored with the signature, live while the record is open) and actions. Results about items
    the caller may not read are left out and counted.
    """
    document = meeting_documents(request, list(Meeting.objects.filter(pk=pk).values(*MEETING_FIELDS)))[0]
    if document["status"] in DONE:
        document["results"] = stored_results(pk)
        meeting = Meeting.objects.select_related("chair", "recorder").get(pk=pk)
        waiving = []
    else:
        meeting = for_record(Meeting.objects.all()).get(pk=pk)
        judged = judge_record(meeting) if document["status"] in JUDGED else []
        document["results"] = [result.as_document() for result in judged]
        waiving = _waiving(meeting, caller(request), judged)
    _withhold(document)
    keeping = open_keeping(meeting, caller(request))
    document["actions"] = [step.name for step in (*open_actions(meeting, caller(request)), *waiving, *keeping)]
    return document


def _withhold(document: dict[str, Any]) -> None:
    read = {f"items/{item['id']}" for item in document["items"] if "id" in item}
    mine = [one for one in document["results"] if not one["subject"].startswith("items/") or one["subject"] in read]
    document["results_withheld"] = len(document["results"]) - len(mine)
    document["results"] = mine


def opened_in(document: dict[str, Any]) -> dict[UUID, int]:
    """The restricted items whose words stand in the document of a meeting, with their order."""
    return {item["id"]: item["order"] for item in document["items"] if item.get("secrecy") == Secrecy.RESTRICTED}


def _waiving(meeting: Meeting, user: User, judged: list[Result]) -> list[Transition]:
    """放行 and 撤回放行, where there is something for them. What the rules say before the meeting is asked for who may alone."""
    if not standing(meeting, user):
        return []
    reference = reference_for(meeting)
    return open_waiving(meeting, user, judged or results_now(meeting, reference), reference)


def stored_results(meeting: UUID) -> list[dict[str, Any]]:
    """The results stored with the signature."""
    fields = ("rule", "item_id", "outcome", "severity", "message", "facts", "basis", "remedy")
    return [
        {"rule": row["rule"], "subject": f"items/{row['item_id']}" if row["item_id"] else "meeting"}
        | {name: row[name] for name in fields if name not in ("rule", "item_id")}
        for row in RuleResult.objects.filter(meeting=meeting).order_by("order").values(*fields)
    ]


DECISION_FIELDS = (
    "id", "created_at", "updated_at", "number", "school__code", "meeting_id", "item_id", "title", "text", "outcome", "stage",
    "decided_on", "checklist_id",
)  # fmt: skip


def decision_documents(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Decisions with their tasks. Evaluation and correction dates stay null until the closed loop is kept."""
    tasks: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    wanted = Task.objects.filter(checklist__in=[row["checklist_id"] for row in rows]).order_by("checklist_id", "order")
    for task in wanted.values("id", "checklist_id", "target", "status", "due_on"):
        url = absolute(request, "api:task", task["id"])
        shown = {name: task[name] for name in ("target", "status", "due_on")}
        tasks[task["checklist_id"]].append({"id": task["id"], "url": url, **shown})
    return [
        {
            "id": row["id"],
            "url": absolute(request, "api:decision", row["id"]),
            **{name: row[name] for name in ("created_at", "updated_at", "number")},
            "school": row["school__code"],
            "meeting": row["meeting_id"],
            "item": row["item_id"],
            **{name: row[name] for name in ("title", "text", "outcome", "stage", "decided_on")},
            "tasks": tasks[row["checklist_id"]],
            "evaluation_due_on": None,
            "corrects": None,
            "corrected_by": None,
        }
        for row in rows
    ]


def matter_documents(request: Request, rows: list[Matter]) -> list[dict[str, Any]]:
    """Matters with their version; each address leads to the same version again."""
    asked = f"?version={quote(request.query_params['version'])}" if "version" in request.query_params else ""
    return [
        {
            "id": row.pk,
            "url": absolute(request, "api:matter", row.code) + asked,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "code": row.code,
            "body": row.body,
            "aspect": {"code": row.aspect_code, "title": row.aspect} if row.aspect_code else None,
            "title": row.title,
            "scope": row.scope,
            "nature": row.nature,
            "important": row.important,
            "attendance": {"level": row.attendance_level, "strength": row.attendance_strength},
            "prior_stages": [{"stage": s["stage"], "requirement": s["requirement"]} for s in row.prior_stages],
            "next_stages": [{"stage": s["stage"], "requirement": s["requirement"]} for s in row.next_stages],
            "fed_by": row.fed_by,
            "feeds": row.feeds,
            "keywords": row.keywords,
            "catalogue_version": row.catalogue.number,
            "catalogue_status": shown.catalogue_status(row.catalogue),
        }
        for row in rows
    ]


def decisions_of(pk: UUID) -> list[dict[str, Any]]:
    """One decision as a row."""
    return list(Decision.objects.filter(pk=pk).values(*DECISION_FIELDS))
