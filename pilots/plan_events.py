"""Facts about plans, foundation works and evaluations, and who hears of them."""

from collections.abc import Iterable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from pilots.models import PlanStatus
from pilots.models.plans import Plan
from pilots.selection_events import says, told, url_of
from schools.permissions import SchoolPerm


def _writers_when_in_force(event: Event) -> Iterable[UUID]:
    """A remark during a review is told with its result; one beside a plan in force is told at once."""
    in_force = Plan.objects.filter(pk=event.subject.partition(":")[2], status=PlanStatus.APPROVED).exists()
    return told(SchoolPerm.EDIT_PLAN)(event) if in_force else []


def _remark(event: Event) -> str:
    return f"{event.subject_text}有新批注：{event.data.get('section', '')}，{event.data.get('text', '')}"


def _done(event: Event) -> str:
    return f"{event.subject_text}已登记完成，{event.data.get('text', '')}"


def _result(event: Event) -> str:
    return f"{event.subject_text}结论：{event.data.get('result', '')}"


def register_plan_kinds() -> None:
    """Each step of `states.PLAN` and `states.FOUNDATION`, and what hangs on them."""
    writers, review = told(SchoolPerm.EDIT_PLAN), told(SchoolPerm.REVIEW)
    both = told(SchoolPerm.EDIT_PLAN, SchoolPerm.REVIEW)
    plan, work, evaluation = "pilots.plan", "pilots.foundation", "pilots.evaluation"
    register(
        EventKind(f"{plan}.drafted", "开始编制一校一案"),
        EventKind(f"{plan}.edited", "修改一校一案"),
        EventKind(f"{plan}.submitted", "报送一校一案", review, says("待你审核"), url_of, mail=True),
        EventKind(
            f"{plan}.approved", "一校一案审核通过", writers, says("审核通过，推进清单开始计时"), url_of, mail=True
        ),
        EventKind(f"{plan}.returned", "一校一案退回修改", writers, says("退回修改"), url_of, mail=True),
        EventKind(f"{plan}.revised", "编制一校一案新版", writers, says("开始编制"), url_of),
        EventKind(f"{plan}.superseded", "一校一案被新版替代"),
        EventKind(f"{plan}.annotated", "批注一校一案", _writers_when_in_force, _remark, url_of),
        EventKind(f"{plan}.annotation_settled", "批注已改"),
        EventKind(f"{work}.done", "五项工程登记完成", both, _done, url_of),
        EventKind(f"{work}.renewed", "登记新的制度文本", both, _done, url_of),
        EventKind(f"{evaluation}.drafted", "填写实施评估"),
        EventKind(f"{evaluation}.edited", "修改实施评估"),
        EventKind(f"{evaluation}.concluded", "实施评估下结论", told(SchoolPerm.EDIT_PLAN), _result, url_of, mail=True),
        EventKind("pilots.plans.exported", "一校一案导出"),
        EventKind("pilots.foundations.exported", "五项工程导出"),
        EventKind("pilots.evaluations.exported", "实施评估导出"),
    )
