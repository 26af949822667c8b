"""议题 as lists: views by what matters, filters from the address, one page of rows, the lines of an export, what waits for whom."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from accounts.models import User
from common import history
from common.dates import SHANGHAI, local_day
from common.keyset import BadCursor, Page, page_of
from governance.models import AgendaItem, MeetingStatus, Secrecy, Topic, TopicStatus
from governance.secrecy import WITHHELD
from schools import access
from schools.models import Appointment
from schools.permissions import HEAD_POST, Body, Post, SchoolPerm

SIZE = 50
LONGEST_SEARCH = 50
MOST_WAITING = 20
S = TopicStatus
WAITING, EVERY = "mine", "all"
VIEWS: dict[str, tuple[str, tuple[TopicStatus, ...]]] = {
    WAITING: ("等我处理", ()),
    "checking": ("审核中", (S.SUBMITTED, S.SCREENED)),
    "backlog": ("待上会", (S.CONFIRMED,)),
    "scheduled": ("已列入", (S.SCHEDULED,)),
    "concluded": ("已议", (S.CONCLUDED,)),
    "back": ("退回和暂缓", (S.RETURNED, S.POSTPONED, S.WITHDRAWN)),
    "drafts": ("草稿", (S.DRAFT,)),
    EVERY: ("全部", ()),
}
TAGS = {
    S.DRAFT: "none",
    S.SUBMITTED: "wait",
    S.SCREENED: "wait",
    S.CONFIRMED: "go",
    S.SCHEDULED: "run",
    S.CONCLUDED: "done",
    S.RETURNED: "back",
    S.POSTPONED: "warn",
    S.WITHDRAWN: "back",
}
MATTER_CODE = re.compile("[PA][0-9]{2}")
NUMBER = re.compile("(20[0-9]{2})-议-([0-9]{1,6})")


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter."""

    view: str = EVERY
    body: str = ""
    school: str = ""
    matter: str = ""
    q: str = ""

    def any(self) -> bool:
        """Whether anything but view and body narrows the list."""
        return bool(self.school or self.matter or self.q)

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: value for name, value in asdict(self).items() if value and value != EVERY}


def filters_from(query: QueryDict, schools: Iterable[str]) -> Filters:
    """The filters in the address, as far as they make sense; unknown or malformed values do not filter."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    matter = query.get("matter", "").upper()
    return Filters(
        view=one_of("view", VIEWS) or EVERY,
        body=one_of("body", Body.values),
        school=one_of("school", schools),
        matter=matter if MATTER_CODE.fullmatch(matter) else "",
        q=" ".join(query.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH],
    )


def tag_of(topic: Topic) -> tuple[str, str]:
    """Kind and words of the status tag."""
    status = TopicStatus(topic.status)
    return TAGS[status], status.label


def may_propose(user: User) -> bool:
    """Whether the account may put topics forward at all."""
    return bool(access.school_ids(user, SchoolPerm.PROPOSE_TOPIC))


def sees_topics(user: User) -> bool:
    """Members of leadership teams and 党政办, who propose and check; the bureau, which sees what was put on an agenda."""
    return may_propose(user) or bool(access.school_ids(user, SchoolPerm.VIEW_MEETINGS))


# ---- restricted topics ----


def hidden_topics(user: User, topics: Iterable[Topic]) -> set[UUID]:
    """The restricted ones this account may not read. No query when none is restricted."""
    restricted = {topic.pk for topic in topics if topic.secrecy == Secrecy.RESTRICTED}
    if not restricted:
        return restricted
    found = Topic.objects.filter(pk__in=restricted).readable_by(user)
    return restricted - set(found.values_list("pk", flat=True))


# ---- what waits for whom ----


def waits_for(user: User) -> Q | None:
    """等我处理: 待初审 for 党政办, 待审定 for the head of the body, 已退回 for who put it forward, drafts given to a colleague."""
    person = access.person_of(user)
    if person is None:
        return None
    held = access.rights_of(user).appointments
    here = {a.school_id for a in held if a.school_id}
    own = Q(school_id__in=here)
    waits: Q = own & Q(status=S.RETURNED) & (Q(proposer=person) | Q(entered_by=user))
    waits |= own & Q(status__in=(S.DRAFT, S.RETURNED), assignee=person)
    if clerk := {a.school_id for a in held if a.post == Post.CLERK}:
        waits |= Q(school_id__in=clerk, status=S.SUBMITTED) & ~Q(submitted_by=user) & ~Q(proposer=person)
    if heads := {a.school_id for a in held if a.post in HEAD_POST.values()}:
        waits |= Q(school_id__in=heads - clerk, status=S.SUBMITTED) & ~Q(submitted_by=user) & Q(~_clerk_can_screen())
    for body, post in HEAD_POST.items():
        if head := {a.school_id for a in held if a.post == post}:
            waits |= Q(school_id__in=head, body=body, status=S.SCREENED)
    return waits


def _clerk_can_screen() -> Exists:
    """Whether a 党政办 in office today may do 初审; where none can, it falls to 书记 and 校长 (`screening_refusal`)."""
    clerks = Appointment.objects.on(local_day(history.now())).filter(
        school=OuterRef("school_id"), post=Post.CLERK, person__account__isnull=False
    )
    return Exists(clerks.exclude(person__account=OuterRef("submitted_by")).exclude(person=OuterRef("proposer")))


def waiting_topics(user: User, school: UUID) -> list[Topic]:
    """The topics of one school that wait for this person, those that waited longest first."""
    waits = waits_for(user)
    if waits is None:
        return []
    rows = Topic.objects.visible_to(user).filter(waits, school=school).select_related("proposer", "entered_by")
    return list(rows.order_by("updated_at", "pk")[:MOST_WAITING])


# ---- the list ----


def topics_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Topic]:
    """Topics within sight under those filters, whatever their view. A search finds no words of restricted ones."""
    rows = Topic.objects.visible_to(user)
    if filters.body:
        rows = rows.filter(body=filters.body)
    if filters.school:
        rows = rows.filter(school=schools[filters.school])
    if filters.matter:
        rows = rows.readable_by(user).filter(matter=filters.matter)
    if filters.q:
        rows = rows.readable_by(user).filter(_about(filters.q))
    return rows


def _about(words: str) -> Q:
    if number := NUMBER.fullmatch(words):
        return Q(year=int(number[1]), serial=int(number[2]))
    return Q(title__icontains=words) | Q(proposer__name=words)


def in_view(rows: QuerySet[Topic], user: User, view: str) -> QuerySet[Topic]:
    """Those of one view."""
    return rows.filter(_of_view(user, view))


def _of_view(user: User, view: str) -> Q:
    if view == EVERY:
        return ~Q(pk__isnull=True)
    if view == WAITING:
        return waits_for(user) or Q(pk__isnull=True)
    return Q(status__in=VIEWS[view][1])


def counts(rows: QuerySet[Topic], user: User) -> dict[str, int]:
    """How many of these topics stand in each view, in one query."""
    wanted = {view: Count("pk", filter=_of_view(user, view)) for view in VIEWS}
    return dict(rows.order_by().aggregate(**wanted))


def topics_page(rows: QuerySet[Topic], cursor: str) -> Page:
    """One page of topics, the one that changed last first, with what the list prints."""
    rows = rows.select_related("school", "proposer", "assignee")
    try:
        return page_of(rows, order="-updated_at", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order="-updated_at", size=SIZE)


def latest_items(topics: Sequence[Topic], user: User) -> dict[UUID, AgendaItem]:
    """By topic, the item of the last meeting it was put on the agenda of, as far as the account may read it; one query."""
    tabled = [topic.pk for topic in topics if topic.confirmed_at]
    if not tabled:
        return {}
    rows = AgendaItem.objects.filter(topic__in=tabled, meeting__deleted_at__isnull=True)
    rows = rows.exclude(meeting__status=MeetingStatus.CANCELLED)
    rows = rows.readable_by(user).select_related("meeting").order_by("meeting__scheduled_at", "pk")
    return {item.topic_id: item for item in rows if item.topic_id}


# ---- export ----

TOPIC_COLUMNS = (
    "单号", "学校代码", "学校", "会议", "议题", "事项", "提出人", "状态", "知悉范围", "临时动议", "送初审时间",
    "审定时间", "最近更新",
)  # fmt: skip


def exported(topic: Topic, hidden: set[UUID]) -> list[Any]:
    """One topic as a line of the exported table; of a restricted one only that there is one."""
    stamp = "%Y-%m-%d %H:%M"
    open_one = topic.pk not in hidden
    return [
        topic.number() or "",
        topic.school.code,
        topic.school.short_name,
        topic.get_body_display(),
        topic.title if open_one else WITHHELD,
        topic.matter if open_one else "",
        topic.proposer.name if open_one else "",
        topic.get_status_display(),
        topic.get_secrecy_display(),
        "是" if topic.urgent and open_one else "",
        f"{topic.submitted_at.astimezone(SHANGHAI):{stamp}}" if topic.submitted_at else "",
        f"{topic.confirmed_at.astimezone(SHANGHAI):{stamp}}" if topic.confirmed_at else "",
        f"{topic.updated_at.astimezone(SHANGHAI):{stamp}}",
    ]
