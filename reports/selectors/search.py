"""One search over everything the account may see: schools, people, meetings, decisions, tasks."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse

from accounts.models import User
from checklists.models import Task, TaskStatus
from common.dates import meeting_time
from governance.lists import sight_of
from governance.models import AgendaItem, Decision, Meeting
from governance.shown import status_tag
from schools import access
from schools.models import Person, School
from schools.permissions import Body, SchoolPerm
from schools.selectors import with_posts

MOST = 8
NUMBERED = re.compile(r"(?:(?P<year>20\d\d)\D{0,2})?(?:第\s*)?(?P<serial>\d{1,3})\s*次?$")
BODY_WORDS = {
    Body.PARTY: ("党组织会议", "党组织会", "支委会", "党委会"),
    Body.PRINCIPAL: ("校长办公会议", "校长办公会"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """The hits of one kind: at most `MOST`, and where all of them are, if there is such a list."""

    label: str
    icon: str
    rows: list[Row]
    more: bool = False
    all_url: str = ""


def search(user: User, term: str, today: date) -> list[Found]:
    """Hits by kind; kinds without a hit are left out. Nothing is asked for accounts that see no school."""
    if not term or not access.school_ids(user, SchoolPerm.VIEW_SCHOOL):
        return []
    kinds: list[Callable[[User, str, date], Found]] = [_schools, _people]
    kinds += [_meetings, _decisions] if sight_of(user) else []
    kinds.append(_tasks)
    return [found for kind in kinds if (found := kind(user, term, today)).rows]


def _found(label: str, icon: str, rows: list[Row], all_url: str = "") -> Found:
    """At most `MOST` of the rows; one more was read to know whether there are more."""
    return Found(label, icon, rows[:MOST], len(rows) > MOST, all_url)


def _schools(user: User, term: str, today: date) -> Found:
    rows = School.objects.visible_to(user).search(term).order_by("py", "pk")
    found = [
        {
            "title": row["name"],
            "url": reverse("schools:detail", args=[row["code"]]),
            "note": row["office__name"] or "直属",
        }
        for row in rows.values("code", "name", "office__name")[: MOST + 1]
    ]
    return _found("学校", "school", found, f"{reverse('schools:list')}?{urlencode({'q': term})}")


def _people(user: User, term: str, today: date) -> Found:
    """Staff of the schools within sight. A person has no page; the school's page names posts and meetings."""
    low = term.lower().replace(" ", "")
    named = Q(name__icontains=term)
    if low.isascii():
        named |= Q(py__startswith=low) | Q(py_first__startswith=low)
    rows = access.within(Person.objects.filter(school__isnull=False), user, SchoolPerm.VIEW_SCHOOL)
    people = list(
        rows.filter(named).order_by("py", "pk").values("id", "name", "school__code", "school__short_name")[: MOST + 1]
    )
    posts = with_posts([row["id"] for row in people], today) if people else {}
    found = [
        {
            "title": row["name"],
            "url": reverse("schools:detail", args=[row["school__code"]]),
            "note": " · ".join(filter(None, (row["school__short_name"], posts.get(row["id"], "")))),
        }
        for row in people
    ]
    return _found("人员", "user", found)


def _meetings(user: User, term: str, today: date) -> Found:
    condition, words = _meeting_is(user, term)
    item = (
        AgendaItem.objects.readable_by(user)
        .filter(meeting=OuterRef("pk"), title__icontains=words or term)
        .order_by("order")
    )
    rows = Meeting.objects.visible_to(user).filter(condition).select_related("school")
    rows = rows.only("body", "year", "serial", "scheduled_at", "status", "lapsed", "school__short_name")
    found = [
        {
            "title": meeting.title(),
            "url": meeting.get_absolute_url(),
            "note": " · ".join(
                filter(
                    None,
                    (
                        meeting.school.short_name,
                        meeting_time(meeting.scheduled_at),
                        status_tag(meeting)[1],
                        f"议题：{meeting.hit}" if meeting.hit else "",
                    ),
                )
            ),
            "seal": meeting.body,
        }
        for meeting in rows.annotate(hit=Subquery(item.values("title")[:1])).order_by("-scheduled_at", "-pk")[
            : MOST + 1
        ]
    ]
    return _found("会议", "calendar-event", found)


def _meeting_is(user: User, term: str) -> tuple[Q, str]:
    """“2026-018”, “第18次党组织会议”, a school's name with it, or words of an item's title; and what was left as words."""
    condition, rest = Q(), term
    for body, words in BODY_WORDS.items():
        for word in words:
            if word in rest:
                condition, rest = condition & Q(body=body), rest.replace(word, "").strip()
    numbered = NUMBERED.search(rest)
    if numbered:
        condition &= Q(serial=int(numbered["serial"]))
        if numbered["year"]:
            condition &= Q(year=int(numbered["year"]))
        rest = rest[: numbered.start()].strip()
    if rest:
        items = AgendaItem.objects.readable_by(user).filter(meeting=OuterRef("pk"), title__icontains=rest)
        condition &= Q(school__short_name__icontains=rest) | Q(school__name__icontains=rest) | Q(Exists(items))
    return condition, rest


def _decisions(user: User, term: str, today: date) -> Found:
    rows = Decision.objects.visible_to(user).filter(
        Q(number__icontains=term) | Q(title__icontains=term) | Q(text__icontains=term)
    )
    found = [
        {
            "title": row["title"],
            "url": reverse("governance:decision", args=[row["id"]]),
            "note": f"{row['number']} · {row['school__short_name']} · {row['decided_on']:%Y-%m-%d}",
            "seal": row["meeting__body"],
        }
        for row in rows.order_by("-decided_on", "-pk").values(
            "id", "title", "number", "decided_on", "school__short_name", "meeting__body"
        )[: MOST + 1]
    ]
    return _found("决议", "gavel", found)


def _tasks(user: User, term: str, today: date) -> Found:
    rows = Task.objects.visible_to(user).filter(target__icontains=term).order_by("-due_on", "-pk")
    found = [
        {
            "title": row["target"],
            "url": reverse("checklists:task", args=[row["id"]]),
            "note": f"{row['school__short_name']} · {row['responsible__name']} · {TaskStatus(row['status']).label}，"
            f"时限 {row['due_on']:%Y-%m-%d}",
        }
        for row in rows.values("id", "target", "due_on", "status", "school__short_name", "responsible__name")[
            : MOST + 1
        ]
    ]
    every = f"{reverse('checklists:list')}?{urlencode({'status': 'all', 'q': term})}"
    return _found("任务", "clipboard-check", found, every)
