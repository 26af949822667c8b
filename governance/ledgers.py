"""放行清单 and 书记校长沟通 as lists: filters from the address, one page of rows, the lines of an export."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from accounts.models import User
from common.dates import SHANGHAI, at_hour
from common.keyset import BadCursor, Page, page_of
from governance.models import NEVER_WAIVED, Talk, TalkItem, TalkResult, Waiver
from governance.rules.engine import ORDER
from governance.secrecy import WITHHELD, hidden_of
from governance.shown import rule_topics
from schools import access
from schools.permissions import Body, SchoolPerm

SIZE = 50
START = time.min


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter. `since` and `until` are days, both counted in."""

    school: str = ""
    rule: str = ""
    body: str = ""
    result: str = ""
    since: date | None = None
    until: date | None = None

    def any(self) -> bool:
        """Whether anything narrows the list."""
        return self != Filters()

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def filters_from(query: QueryDict, schools: Iterable[str]) -> Filters:
    """The filters in the address, as far as they make sense; unknown or malformed values do not filter."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    return Filters(
        school=one_of("school", schools),
        rule=one_of("rule", waivable_rules()),
        body=one_of("body", Body.values),
        result=one_of("result", TalkResult.values),
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
    )


def _day(raw: str) -> date | None:
    try:
        day = parse_date(raw)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2100 else None


def waivable_rules() -> list[str]:
    """The rules that can stand in the list of waivers, in the engine's order."""
    return [rule for rule in ORDER if rule not in NEVER_WAIVED]


# ---- 放行清单 ----


def sees_waivers(user: User) -> bool:
    """Who supervises and may see meetings (组织科、督导), and who may waive (书记、校长). Not 教办, which sees no meetings."""
    supervises = access.school_ids(user, SchoolPerm.SUPERVISE) and access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
    return bool(supervises or access.school_ids(user, SchoolPerm.WAIVE_RULE))


def waivers_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Waiver]:
    """Waivers within sight under those filters, with what the list prints."""
    rows = Waiver.objects.visible_to(user).select_related("meeting__school", "item", "waived_by")
    rows = rows.only(
        "rule", "reason", "message", "waived_at", "waived_by__name", "item__order", "item__title", "item__secrecy", "meeting__body",
        "meeting__year", "meeting__serial", "meeting__scheduled_at", "meeting__status", "meeting__lapsed",
        "meeting__school__code", "meeting__school__short_name",
    )  # fmt: skip
    if filters.school:
        rows = rows.filter(meeting__school=schools[filters.school])
    if filters.rule:
        rows = rows.filter(rule=filters.rule)
    if filters.body:
        rows = rows.filter(meeting__body=filters.body)
    if filters.since:
        rows = rows.filter(waived_at__gte=at_hour(filters.since, START))
    if filters.until:
        rows = rows.filter(waived_at__lt=at_hour(_next(filters.until), START))
    return rows


def waivers_page(user: User, filters: Filters, schools: Mapping[str, UUID], cursor: str) -> Page:
    """One page of waivers, latest first."""
    return _page(waivers_found(user, filters, schools), "-waived_at", cursor)


WAIVER_COLUMNS = (
    "学校代码", "学校", "会议", "编号", "会议状态", "议题", "规则", "核查意见", "放行理由", "放行人", "放行时间",
)  # fmt: skip


def waivers_withheld(user: User, waivers: Iterable[Waiver]) -> set[UUID]:
    """Of these waivers those about an item whose words the account may not read."""
    waivers = list(waivers)
    hidden = hidden_of(user, (waiver.item for waiver in waivers if waiver.item))
    return {waiver.pk for waiver in waivers if waiver.item_id in hidden}


def exported_waiver(waiver: Waiver, withheld: Collection[UUID] = ()) -> list[str | int | None]:
    """One waiver as a line of the exported table; of a withheld item with its order and the rule alone."""
    meeting, item = waiver.meeting, waiver.item
    closed = waiver.pk in withheld
    return [
        meeting.school.code,
        meeting.school.short_name,
        meeting.title(),
        meeting.number() or "",
        "流会" if meeting.lapsed else meeting.get_status_display(),
        f"第 {item.order} 项 {WITHHELD if closed else item.title}" if item else "整次会议",
        f"{rule_topics()[waiver.rule]} {waiver.rule}",
        "" if closed else waiver.message,
        "" if closed else waiver.reason,
        waiver.waived_by.name,
        f"{waiver.waived_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
    ]


# ---- 书记校长沟通 ----


def talks_found(user: User, filters: Filters, schools: Mapping[str, UUID]) -> QuerySet[Talk]:
    """Talks within sight under those filters, each with the items it was about."""
    links = TalkItem.objects.select_related("item__meeting", "item__matter").order_by(
        "item__meeting__scheduled_at", "item__order", "pk"
    )
    rows = Talk.objects.visible_to(user).select_related("school", "recorded_by")
    rows = rows.prefetch_related(Prefetch("links", links))
    if filters.school:
        rows = rows.filter(school=schools[filters.school])
    if filters.result:
        rows = rows.filter(result=filters.result)
    if filters.since:
        rows = rows.filter(held_on__gte=filters.since)
    if filters.until:
        rows = rows.filter(held_on__lte=filters.until)
    return rows


def talks_page(user: User, filters: Filters, schools: Mapping[str, UUID], cursor: str) -> Page:
    """One page of talks, latest first."""
    return _page(talks_found(user, filters, schools), "-held_on", cursor)


def talks_withheld(user: User, talks: Iterable[Talk]) -> set[UUID]:
    """Of talks read by `talks_found` those about an item whose words the account may not read: what was said tells what it is."""
    links = [link for talk in talks for link in talk.links.all()]
    hidden = hidden_of(user, (link.item for link in links))
    return {link.talk_id for link in links if link.item_id in hidden}


TALK_COLUMNS = ("学校代码", "学校", "沟通日期", "沟通主题", "结果", "说明", "涉及议题", "登记人")


def exported_talk(talk: Talk, withheld: Collection[UUID] = ()) -> list[str | int | None]:
    """One talk as a line of the exported table; of a withheld one no more than when it was."""
    if talk.pk in withheld:
        day = str(talk.held_on)
        return [talk.school.code, talk.school.short_name, day, WITHHELD, "", "", "", talk.recorded_by.name]
    items = [f"{link.item.meeting.title()}第 {link.item.order} 项 {link.item.title}" for link in talk.links.all()]
    return [
        talk.school.code,
        talk.school.short_name,
        str(talk.held_on),
        talk.topics,
        talk.get_result_display(),
        talk.note,
        "；".join(items),
        talk.recorded_by.name,
    ]


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _page(rows: QuerySet[Any], order: str, cursor: str) -> Page:
    try:
        return page_of(rows, order=order, size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(rows, order=order, size=SIZE)
