"""What a replay found, for its page and its file: counts by school, matter and rule, and the flips themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import BooleanField, Case, Count, ExpressionWrapper, Q, QuerySet, Value, When
from django.http import QueryDict

from accounts.models import User
from common.dates import SHANGHAI
from common.keyset import BadCursor, Page, page_of
from governance.models import Matter, ReplayFlip, ReplayRun
from governance.rule_words import OUTCOMES, SEVERITIES
from governance.secrecy import WITHHELD, readable
from governance.shown import rule_topics

SIZE = 50
WHOLE = "meeting"  # the filter's value for results about the meeting as a whole
WHOLE_LABEL = "会议整体"
UNMET = ("fail", "insufficient")
BEFORE_BLOCKS = Q(before_outcome__in=UNMET, before_severity="block")
AFTER_BLOCKS = Q(after_outcome__in=UNMET, after_severity="block")
COLUMNS = ("序号", "学校代码", "学校", "会议", "会议时间", "议题", "事项", "规则", "原来", "新版")


@dataclass(frozen=True)
class Filters:
    """Values that were understood; empty = no filter. `effect`: stops (newly blocking), frees (no longer), other."""

    school: str = ""
    matter: str = ""
    rule: str = ""
    effect: str = ""

    def in_address(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: value for name, value in asdict(self).items() if value}


EFFECTS = {"stops": "会被拦截", "frees": "不再拦截", "other": "其他变化"}
_EFFECTS = {
    "stops": AFTER_BLOCKS & ~BEFORE_BLOCKS,
    "frees": BEFORE_BLOCKS & ~AFTER_BLOCKS,
    "other": Q(BEFORE_BLOCKS & AFTER_BLOCKS) | Q(~BEFORE_BLOCKS & ~AFTER_BLOCKS),
}


@dataclass(frozen=True)
class Group:
    """One school, matter or rule with its flips counted; `value` is that of the filter."""

    value: str
    label: str
    total: int
    stops: int
    frees: int


def counted(run: ReplayRun) -> dict[str, list[Group]]:
    """The flips by school, by matter and by rule, most first; each list adds up to all flips of the run."""
    rows = ReplayFlip.objects.filter(run=run).order_by()
    titles = matter_titles(run)
    topics = rule_topics()
    schools = [
        _group(row, row["school__code"], row["school__short_name"])
        for row in _counts(rows, "school__code", "school__short_name")
    ]
    matters = [
        _group(row, row["matter"] or WHOLE, matter_label(row["matter"], titles)) for row in _counts(rows, "matter")
    ]
    rules = [_group(row, row["rule"], f"{row['rule']} {topics.get(row['rule'], '')}") for row in _counts(rows, "rule")]
    return {"school": schools, "matter": matters, "rule": rules}


def _counts(rows: QuerySet[ReplayFlip], *names: str) -> QuerySet[Any, Any]:
    effects = {name: Count("pk", filter=_EFFECTS[name]) for name in ("stops", "frees")}
    return rows.values(*names).annotate(total=Count("pk"), **effects).order_by("-total", *names)


def _group(row: Mapping[str, Any], value: str, label: str) -> Group:
    return Group(value, label, row["total"], row["stops"], row["frees"])


def matter_titles(run: ReplayRun) -> dict[str, str]:
    """Titles by code, of the draft where the run is about one, else of every version (codes never change their meaning)."""
    rows = Matter.objects.filter(catalogue=run.catalogue_id) if run.catalogue_id else Matter.objects.all()
    return dict(rows.order_by("catalogue__effective_from").values_list("code", "title"))


def matter_label(code: str, titles: Mapping[str, str]) -> str:
    """“P16 中层干部选任”; 会议整体 for results about the whole meeting or an item without a matter."""
    return f"{code} {titles.get(code, '')}".strip() if code else WHOLE_LABEL


def filters_from(query: QueryDict, groups: Mapping[str, Sequence[Group]]) -> Filters:
    """The filters in the address, as far as they name something that is there."""

    def one_of(name: str) -> str:
        value = query.get(name, "")
        return value if any(group.value == value for group in groups[name]) else ""

    effect = query.get("effect", "")
    return Filters(one_of("school"), one_of("matter"), one_of("rule"), effect if effect in EFFECTS else "")


def found(user: User, run: ReplayRun, filters: Filters) -> QuerySet[ReplayFlip]:
    """The flips of a run under those filters, in the order they were found: by time of the meeting. Those about an item whose
    words the account may not read are marked as withheld.
    """
    rows = ReplayFlip.objects.filter(run=run).select_related("school", "meeting__school", "item")
    closed = ~readable(user, "item__") & Q(item__isnull=False)
    rows = rows.annotate(withheld=ExpressionWrapper(closed, output_field=BooleanField()))
    rows = rows.only(
        "order", "rule", "matter", "before_outcome", "before_severity", "after_outcome", "after_severity",
        "school__code", "school__short_name", "item__order", "item__title", "meeting__body", "meeting__year",
        "meeting__serial", "meeting__scheduled_at", "meeting__school__short_name",
    )  # fmt: skip
    if filters.school:
        rows = rows.filter(school__code=filters.school)
    if filters.matter:
        rows = rows.filter(matter="" if filters.matter == WHOLE else filters.matter)
    if filters.rule:
        rows = rows.filter(rule=filters.rule)
    return rows.filter(_EFFECTS[filters.effect]) if filters.effect else rows


def page_found(user: User, run: ReplayRun, filters: Filters, cursor: str) -> Page:
    """One page of them."""
    try:
        return page_of(found(user, run, filters), order="order", size=SIZE, cursor=cursor)
    except BadCursor:
        return page_of(found(user, run, filters), order="order", size=SIZE)


def effects(run: ReplayRun) -> dict[str, int]:
    """How many flips there are of each effect."""
    kind = Case(*(When(condition, then=Value(name)) for name, condition in _EFFECTS.items()))
    rows = ReplayFlip.objects.filter(run=run).order_by().annotate(effect=kind).values_list("effect")
    return {**dict.fromkeys(EFFECTS, 0), **dict(rows.annotate(total=Count("pk")))}


def said(outcome: str, severity: str) -> str:
    """“不合规（拦截）”, “符合”: the severity only where the rule is not met."""
    return f"{OUTCOMES[outcome]}（{SEVERITIES[severity]}）" if outcome in UNMET else OUTCOMES[outcome]


def line(flip: ReplayFlip, titles: Mapping[str, str]) -> list[str | int]:
    """One flip of `found` as a line of the exported table; of a withheld item the order alone."""
    closed = flip.withheld  # type: ignore[attr-defined]  # annotated by `found`
    item = f"第{flip.item.order}项 {WITHHELD if closed else flip.item.title}" if flip.item else ""
    return [
        flip.order,
        flip.school.code,
        flip.school.short_name,
        flip.meeting.title(),
        f"{flip.meeting.scheduled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        item,
        "" if closed else matter_label(flip.matter, titles),
        f"{flip.rule} {rule_topics().get(flip.rule, '')}",
        said(flip.before_outcome, flip.before_severity),
        said(flip.after_outcome, flip.after_severity),
    ]
