"""Ways from the page of a meeting to its other pages, as far as they lead somewhere for this account."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from accounts.models import User
from governance.guards import may_record
from governance.models import Meeting, MeetingStatus, Secrecy
from governance.publishing import may_open
from governance.services.agenda import agenda_is_open
from governance.views.notice import links_of_notice

WITH_MINUTES = (MeetingStatus.MINUTED, MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


def links_of(meeting: Meeting, user: User, stage: str) -> list[dict[str, Any]]:
    """The links in the order of the page."""
    links = list(_to_type(meeting, stage)) if may_record(meeting, user) else []
    if meeting.held_at is not None and not any(link["route"] == "governance:record" for link in links):
        links.append(_link("会议记录", "file-text", "governance:record"))
    links += _papers(meeting, user)
    return [{**link, "url": reverse(str(link["route"]), args=[meeting.pk])} for link in links]


def _link(label: str, icon: str, route: str, *, primary: bool = False) -> dict[str, Any]:
    return {"label": label, "icon": icon, "primary": primary, "route": route}


def _to_type(meeting: Meeting, stage: str) -> Iterator[dict[str, Any]]:
    """For who records: agenda, supplements, record, and the wall of the meeting room."""
    if agenda_is_open(meeting):
        yield _link("编辑议程", "list-details", "governance:agenda", primary=stage == "agenda")
    if meeting.status == MeetingStatus.CALLED:
        yield _link("补充议题", "plus", "governance:agenda-topics")
    if meeting.status == MeetingStatus.HELD:
        yield _link("填会议记录", "edit", "governance:record", primary=stage == "record")
    if meeting.status in (MeetingStatus.CALLED, MeetingStatus.HELD) and meeting.items.all():
        yield _link("投屏", "devices", "governance:presentation")


def _papers(meeting: Meeting, user: User) -> list[dict[str, Any]]:
    """Minutes, their publication, the notice, the sheet to sign."""
    links: list[dict[str, Any]] = []
    if meeting.status in WITH_MINUTES:
        words = "预览纪要" if meeting.status == MeetingStatus.MINUTED else "看纪要"
        links.append(_link(words, "eye", "governance:minutes"))
    if may_open(meeting, user) and any(item.secrecy == Secrecy.PUBLIC for item in meeting.items.all()):
        links.append(_link("公开稿", "world", "governance:publication"))
    links += links_of_notice(meeting)
    if meeting.status in (MeetingStatus.DRAFT, MeetingStatus.CALLED):
        links.append(_link("签到表", "users", "governance:attendance-sheet"))
    return links
