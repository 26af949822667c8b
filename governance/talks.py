"""书记校长沟通: who keeps them, which items they may be about, and when they are closed."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from governance.models import AgendaItem, MeetingStatus, Talk, TalkItem
from governance.models.preparation import TALK_STAGE
from schools import access
from schools.models import LeadershipMode, School
from schools.permissions import SchoolPerm

NOT_YET_SIGNED = (MeetingStatus.DRAFT, MeetingStatus.CALLED, MeetingStatus.HELD, MeetingStatus.MINUTED)
SEALED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
COMBINED = "书记、校长由一人担任，不须登记沟通。"
NOT_THEIRS = "书记校长沟通由书记、校长登记，党政办可以代为录入。"
CLOSED = "沟通涉及的议题，会议纪要已经签发，这条沟通随纪要封存，不能再改。有新的沟通，另记一条。"


def may_keep(user: User, school_id: UUID) -> bool:
    """A talk is between 书记 and 校长; 党政办 enters it on their behalf. These are the posts of `record_minutes`."""
    return access.can(user, SchoolPerm.RECORD_MINUTES, school_id)


def refusal(user: User, school: School) -> str | None:
    """Why this account may not record a talk at that school (in Chinese), or None."""
    if not may_keep(user, school.pk):
        return NOT_THEIRS
    return COMBINED if school.leadership_mode == LeadershipMode.COMBINED else None


def is_closed(talk: Talk) -> bool:
    """Whether the talk stands in the record of a signed meeting."""
    return TalkItem.objects.filter(talk=talk, item__meeting__status__in=SEALED).exists()


def open_items(school_id: UUID) -> QuerySet[AgendaItem]:
    """Items of the school's meetings that are not signed yet, the next meeting first."""
    rows = AgendaItem.objects.filter(meeting__school=school_id, meeting__status__in=NOT_YET_SIGNED)
    rows = rows.filter(meeting__deleted_at__isnull=True)
    return rows.select_related("meeting", "matter").order_by("-meeting__scheduled_at", "meeting_id", "order")


def asks_for_talk(item: AgendaItem) -> bool:
    """Whether the catalogue names the talk among the steps before the item's matter."""
    stages: Iterable[dict[str, str]] = item.matter.prior_stages if item.matter else ()
    return any(stage["stage"] == TALK_STAGE for stage in stages)
