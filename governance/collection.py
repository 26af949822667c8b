"""三重一大采集表: the three workbooks that supervisors of the “三重一大” kind collect, for one school and period (exchange.md §2).

The catalogue does not say which of the four classes (D 重大决策, H 重要人事任免, P 重大项目安排, F 大额度资金运作) a matter
belongs to, so 事项编码 holds the code of the catalogue and no letter is made up; the note at the foot of each table says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
from attachments.models import Attachment
from audit.services import subject_of
from common.dates import SHANGHAI, at_hour
from common.exports import OPTIONS, Cell, neutral
from governance.models import (
    AgendaItem,
    Attendance,
    Meeting,
    MeetingMember,
    MeetingStatus,
    Observer,
    Outcome,
    PriorStep,
    SchoolRules,
)
from governance.models.catalogue import Matter, in_force
from governance.secrecy import WITHHELD, hidden_of
from schools.models import School
from schools.permissions import Body

SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
MOST_MEETINGS = 400
HEARING = ("staff_congress", "academic_committee", "parents_committee", "meal_committee", "student_congress", "school_affairs_committee")  # fmt: skip
YES, NO = "是", "否"
NOTE = (
    "填表说明：由平台按已签发的会议记录生成。事项编码为议事目录编码；目录没有把事项对应到"
    "D（重大决策）、H（重要人事任免）、P（重大项目安排）、F（大额度资金运作），本表不另填类别字母。"
)
RESULTS = {
    Outcome.APPROVED: "通过",
    Outcome.APPROVED_IN_PRINCIPLE: "通过",
    Outcome.PROPOSED_TO_PARTY: "通过",
    Outcome.REJECTED: "否决",
    Outcome.DEFERRED: "缓议",
    Outcome.WITHDRAWN: "缓议",
}


@dataclass(frozen=True)
class Workbook:
    """One of the three: its name in the address, its title, its columns and what is explained at its foot."""

    name: str
    title: str
    columns: tuple[str, ...]
    note: str = NOTE


MATTERS = Workbook(
    "matters", "三重一大事项清单",
    ("序号", "事项名称", "事项编码", "目录分类", "决策会议及顺序", "决策性质", "是否重要事项", "到会要求", "状态", "备注"),
)  # fmt: skip
REGULATIONS = Workbook(
    "regulations", "三重一大有关制度",
    ("序号", "制度名称", "制度类型", "审批日期", "生效日期", "通过的会议", "是否合法性审查", "到会比例", "表决方式", "正式文件", "备注"),
    "填表说明：列出本校已通过的议事规则各版。平台没有登记合法性审查，这一栏由学校填写；到会比例、表决方式见规则条文。",
)  # fmt: skip
MEETINGS = Workbook(
    "meetings", "三重一大有关决策会议",
    (
        "序号", "会议名称", "会议类型", "会议时间", "主持人", "参会人", "会议通知", "会议纪要", "议题名称", "任务来源", "专项名称", "事项编码",
        "关联会议", "关联议题", "列席人员", "审议结果", "是否通过", "是否报国资委", "是否听取意见", "听取意见情况", "议题材料", "议题决议", "备注",
    ),
    NOTE + "参会人写成“姓名”，缺席的写“姓名（缺席原因）”；学校不报国资委，该栏填“否”。限定人员议题不收入，只留序号。",
)  # fmt: skip
BOOKS = {book.name: book for book in (MATTERS, REGULATIONS, MEETINGS)}
Rows = list[list[Cell]]


def rows_of(book: Workbook, user: User, school: School, since: date, until: date) -> Rows:
    """The lines of that workbook, numbered."""
    if book is MATTERS:
        lines = _matters(until)
    elif book is REGULATIONS:
        lines = _regulations(school, since, until)
    else:
        lines = _meetings(user, school, since, until)
    return [[number, *line] for number, line in enumerate(lines, start=1)]


def _matters(until: date) -> Rows:
    catalogue = in_force(until)
    strength = {"two_thirds": "三分之二以上", "half": "半数以上"}
    order = {code: number for number, code in enumerate(Body.values)}
    rows = sorted(Matter.objects.filter(catalogue=catalogue), key=lambda m: (order[m.body], m.code))
    return [
        [
            matter.title,
            matter.code,
            matter.aspect or Body(matter.body).label,
            _bodies(matter),
            matter.get_nature_display(),
            YES if matter.important else NO,
            strength.get(matter.attendance_level, matter.attendance_level),
            "有效",
            catalogue.number,
        ]
        for matter in rows
    ]


def _bodies(matter: Matter) -> str:
    """“1 校长办公会议、2 党组织会议”: which meetings deal with it, in which order."""
    own, other = Body(matter.body).label, Body.PRINCIPAL.label
    before = any(stage["stage"] == "principal_meeting" for stage in matter.prior_stages)
    return f"1 {other}、2 {own}" if before and own != other else f"1 {own}"


def _regulations(school: School, since: date, until: date) -> Rows:
    """Versions in force at some time of the period: adopted by its end, the last one before its beginning included."""
    rows = SchoolRules.objects.filter(school=school, status="adopted", effective_from__lte=until)
    found = list(rows.select_related("adopted_at_meeting__school").order_by("body", "effective_from", "number"))
    last = {row.body: row for row in found if row.effective_from and row.effective_from <= since}
    kept = [row for row in found if (row.effective_from and row.effective_from > since) or last.get(row.body) is row]
    return [
        [
            f"{school.name}{row.get_body_display()}议事规则",
            "议事规则",
            str(row.adopted_on or ""),
            str(row.effective_from or ""),
            row.adopted_at_meeting.title() if row.adopted_at_meeting else "",
            "",
            "见规则条文",
            "见规则条文",
            f"第{row.number}版",
            "",
        ]
        for row in kept
    ]


# ---- meetings ----


def _meetings(user: User, school: School, since: date, until: date) -> Rows:
    """One line an item of the signed meetings of the period; of withheld items nothing but that they are there."""
    meetings = list(_read(user, school, since, until))
    items = [item for meeting in meetings for item in meeting.items.all()]
    hidden = hidden_of(user, items)
    files = _files([item for item in items if item.pk not in hidden])
    readable = _readable_sources(user, items)
    lines = []
    for meeting in meetings:
        head = _head(meeting)
        for item in meeting.items.all():
            lines.append(head + (_withheld(item) if item.pk in hidden else _line(meeting, item, files, readable)))
    return lines


def _read(user: User, school: School, since: date, until: date) -> Iterable[Meeting]:
    steps = PriorStep.objects.select_related("source_item__meeting").order_by("order")
    items = AgendaItem.objects.select_related("matter", "reconsiders__item__meeting", "topic").order_by("order")
    rows = Meeting.objects.visible_to(user).filter(
        school=school, status__in=SIGNED, scheduled_at__gte=at_hour(since, time.min),
        scheduled_at__lt=at_hour(until + timedelta(days=1), time.min),
    )  # fmt: skip
    return (
        rows.select_related("school", "chair")
        .prefetch_related(
            Prefetch("members", MeetingMember.objects.order_by("order", "pk")),
            Prefetch("observers", Observer.objects.order_by("order").prefetch_related("items")),
            Prefetch("items", items.prefetch_related(Prefetch("prior_steps", steps))),
        )
        .order_by("scheduled_at", "pk")[:MOST_MEETINGS]
    )


def _files(items: Sequence[AgendaItem]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    rows = Attachment.objects.filter(subject__in=[subject_of(item) for item in items]).order_by("created_at", "pk")
    for subject, name in rows.values_list("subject", "name"):
        names.setdefault(subject, []).append(name)
    return names


def _sources(item: AgendaItem) -> list[AgendaItem]:
    found = [step.source_item for step in item.prior_steps.all() if step.source_item is not None]
    return [*found, *([item.reconsiders.item] if item.reconsiders else [])]


def _readable_sources(user: User, items: Sequence[AgendaItem]) -> set[UUID]:
    """Related items whose words may be named: of meetings within sight, and readable."""
    wanted = {source.pk for item in items for source in _sources(item)}
    rows = AgendaItem.objects.readable_by(user).filter(pk__in=wanted, meeting__in=Meeting.objects.visible_to(user))
    return set(rows.values_list("pk", flat=True))


def _head(meeting: Meeting) -> list[Cell]:
    return [
        f"{meeting.school.name}{meeting.title()}",
        meeting.get_body_display(),
        _moment(meeting.scheduled_at),
        meeting.chair.name if meeting.chair else "",
        "、".join(_attendee(member) for member in meeting.members.all()),
        f"{_moment(meeting.called_at)}发出" if meeting.called_at else "没有登记",
        f"〔{meeting.year}〕{meeting.serial}号",
    ]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _attendee(member: MeetingMember) -> str:
    if member.status == Attendance.PRESENT:
        return member.name
    reason = member.reason or (Attendance(member.status).label if member.status else "没有登记")
    return f"{member.name}（{reason}）"


def _line(meeting: Meeting, item: AgendaItem, files: dict[str, list[str]], readable: set[UUID]) -> list[Cell]:
    sources = _sources(item)
    named = [source for source in sources if source.pk in readable]
    heard = [step for step in item.prior_steps.all() if step.stage in HEARING]
    observers = [one.name for one in meeting.observers.all() if _sits_in(one, item)]
    handed = any(source.meeting.body != meeting.body for source in sources)
    return [
        item.title,
        "校长办公会议提出" if handed else "本校提出",
        "",
        item.matter.code if item.matter else "",
        "、".join(dict.fromkeys(source.meeting.title() for source in named)),
        "、".join(source.title for source in named),
        "、".join(observers),
        Outcome(item.outcome).label if item.outcome else "",
        RESULTS[Outcome(item.outcome)] if item.outcome else "",
        NO,
        YES if heard else NO,
        "；".join(_hearing(step) for step in heard),
        "、".join(files.get(subject_of(item), ())),
        item.decision_text,
        _counts(item),
    ]


def _sits_in(observer: Observer, item: AgendaItem) -> bool:
    chosen = [one.pk for one in observer.items.all()]
    return not chosen or item.pk in chosen


def _hearing(step: PriorStep) -> str:
    day = f"{step.done_on} " if step.done_on else ""
    return f"{day}{step.note or '已听取'}"


def _counts(item: AgendaItem) -> str:
    if item.agree is None:
        return ""
    return f"赞成 {item.agree}，反对 {item.disagree}，弃权 {item.abstain}"


def _withheld(item: AgendaItem) -> list[Cell]:
    return [WITHHELD, *[""] * 13, f"第 {item.order} 项"]


# ---- the file ----


def to_xlsx(book: Workbook, rows: Rows, origin: str) -> bytes:
    """The table: origin, head, lines, and the note that ends it. Text and numbers, never a formula."""
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as workbook:
        workbook.set_properties({"title": book.title, "comments": origin})
        sheet = workbook.add_worksheet(book.title[:31])
        bold, wrap = workbook.add_format({"bold": True, "bottom": 1}), workbook.add_format({"text_wrap": True})
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        sheet.freeze_panes(2, 2)
        for column, title in enumerate(book.columns):
            sheet.set_column(column, column, max(8, min(28, 2 * len(title) + 6)))
        sheet.write_string(0, 0, neutral(origin))
        for column, title in enumerate(book.columns):
            sheet.write_string(1, column, neutral(title), bold)
        for line, row in enumerate(rows, start=2):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(line, column, cell)
                else:
                    sheet.write_string(line, column, neutral(cell or ""), wrap)
        sheet.write_string(len(rows) + 2, 0, neutral(book.note))
    return out.getvalue()
