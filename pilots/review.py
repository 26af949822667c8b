"""核对要点 of a review: what the portal can check of a plan by itself, and what is left to judgement."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pilots.models import Application, FoundationKind, OpinionStep, Plan, PlanAnnotation, PlanRow
from pilots.plan_checks import missing_in
from pilots.plans import SectionView
from schools.models import Appointment
from schools.permissions import LEADERSHIP_POSTS

SHORT = {
    FoundationKind.CHARTER: "章程",
    FoundationKind.DUTIES: "职责",
    FoundationKind.RULES_OF_PROCEDURE: "议事规则",
    FoundationKind.DIVISION_OF_LABOUR: "分工",
    FoundationKind.ORGANISATION: "设置",
}
JUDGE = ("none", "请判断")


@dataclass(frozen=True)
class Point:
    """One point: what the school filed, what the portal found (tag), and whether that settles it."""

    code: str
    title: str
    filed: str
    tag: tuple[str, str]
    complaint: str = ""

    @property
    def checked(self) -> bool:
        """Whether the portal has checked it."""
        return self.tag != JUDGE

    @property
    def proposed(self) -> str:
        """The judgement that is set when the page opens: what was checked and found right."""
        return "y" if self.tag[0] == "done" else "n" if self.complaint else ""


def points_of(
    plan: Plan,
    sections: Sequence[SectionView],
    rows: Sequence[PlanRow],
    annotations: Sequence[PlanAnnotation],
    today: date,
) -> list[Point]:
    """The points in the order of the review."""
    return [
        _sections(sections),
        _works(rows),
        _definite(rows),
        _within_term(plan, rows),
        _in_office(plan, rows, today),
        *_mended(annotations),
        *_for_judgement(plan),
    ]


def _sections(sections: Sequence[SectionView]) -> Point:
    empty = [section.label for section in sections if not section.text.strip()]
    tag = ("warn", f"{len(empty)} 章没有写") if empty else ("done", "都写了")
    said = f"这几章没有写：{'、'.join(empty)}" if empty else ""
    return Point("sections", "章节写全", f"{len(sections) - len(empty)} 章", tag, said)


def _works(rows: Sequence[PlanRow]) -> Point:
    counts = Counter(row.kind for row in rows)
    missing = [str(kind.label) for kind in FoundationKind if not counts[kind.value]]
    filed = "、".join(f"{SHORT[kind]} {counts[kind.value]}" for kind in FoundationKind)
    tag = ("warn", f"缺{'、'.join(missing)}") if missing else ("done", f"{len(rows)} 项")
    return Point("works", "五项工程都有任务", filed, tag, f"{'、'.join(missing)}没有任务。" if missing else "")


def _definite(rows: Sequence[PlanRow]) -> Point:
    lacking = [row for row in rows if missing_in(row)]
    said = "；".join(f"第 {row.order} 项缺{'、'.join(missing_in(row))}" for row in lacking)
    tag = ("warn", f"{len(lacking)} 项有缺") if lacking else ("done", "齐全")
    return Point("definite", "四明确齐全", f"{len(rows)} 项", tag, said)


def _within_term(plan: Plan, rows: Sequence[PlanRow]) -> Point:
    days = [row.due_on for row in rows if row.due_on]
    outside = [row for row in rows if row.due_on and not plan.starts_on <= row.due_on <= plan.ends_on]
    filed = f"最晚 {max(days)}" if days else "–"
    if not outside:
        return Point("term", "完成时限在实施期内", filed, ("done", "符合"))
    numbers = "、".join(str(row.order) for row in outside)
    return Point(
        "term",
        "完成时限在实施期内",
        filed,
        ("warn", f"{len(outside)} 项不在"),
        f"第 {numbers} 项的完成时限不在实施期内。",
    )


def _in_office(plan: Plan, rows: Sequence[PlanRow], today: date) -> Point:
    named = {row.responsible_id: row.responsible for row in rows if row.responsible is not None}
    held = Appointment.objects.on(today).filter(school=plan.school_id, post__in=LEADERSHIP_POSTS, person__in=named)
    team = set(held.values_list("person_id", flat=True))
    others = [person.name for pk, person in named.items() if pk not in team]
    title, filed = "责任主体是在任班子成员", f"{len(named)} 人"
    if not others:
        return Point("office", title, filed, ("done", "都在任"))
    words = "、".join(others[:2]) + ("等" if len(others) > 2 else "")
    said = f"{'、'.join(others)}现在不是班子成员，请换成在任的班子成员。"
    return Point("office", title, filed, ("warn", f"{words}不在任"), said)


def _mended(annotations: Sequence[PlanAnnotation]) -> list[Point]:
    """What the review before asked for."""
    asked = [annotation for annotation in annotations if annotation.must]
    if not asked:
        return []
    left = [annotation for annotation in asked if annotation.settled_at is None]
    filed = f"已改 {len(asked) - len(left)} 处，共 {len(asked)} 处"
    tag = ("warn", f"{len(left)} 处没有标已改") if left else ("done", "都改了")
    said = "上次要改的还没有改好：" + "；".join(annotation.text for annotation in left) if left else ""
    return [Point("mended", "上次退回要改的", filed, tag, said)]


def _for_judgement(plan: Plan) -> list[Point]:
    application = Application.objects.filter(school=plan.school_id).prefetch_related("opinions").first()
    school = plan.school
    sample = (application.sample if application else "") or (
        f"规模{school.get_size_display()}、基础{school.get_foundation_display()}、{school.get_location_display()}"
    )
    return [
        Point("sample", "样本定位（规模、基础、位置）", sample, JUDGE),
        Point("measures", "推进措施可行", "见推进清单", JUDGE),
        Point("opinion", "教办推荐意见", _recommended(application), JUDGE),
    ]


def _recommended(application: Application | None) -> str:
    if application is None:
        return "还没有试点申报"
    if application.exempt:
        return "直属学校，免教办推荐"
    said = [o for o in application.opinions.all() if o.step == OpinionStep.RECOMMENDATION]
    return (said[-1].text or said[-1].get_result_display()) if said else "还没有推荐"
