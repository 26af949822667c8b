"""Facts about the rows of a plan and about templates, and who hears of them."""

from collections.abc import Iterable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from pilots.selection_events import url_of
from schools.models import Appointment
from schools.permissions import Post


def _writers_everywhere(event: Event) -> Iterable[UUID]:
    """Those who write plans at the schools: one query for all schools."""
    held = Appointment.objects.on(local_day(event.at)).holding(Post.SECRETARY, Post.PRINCIPAL, Post.CLERK)
    return sorted(set(held.filter(person__account__isnull=False).values_list("person__account", flat=True)))


def _offered(event: Event) -> str:
    return f"组织科发布清单模板：{event.subject_text}"


def register_row_kinds() -> None:
    """Changes of rows stand in the history of their plan; nobody is told of each."""
    plan, template = "pilots.plan", "pilots.template"
    register(
        EventKind(f"{plan}.row_added", "清单添加一项"),
        EventKind(f"{plan}.row_changed", "清单修改一项"),
        EventKind(f"{plan}.row_removed", "清单删去一项"),
        EventKind(f"{plan}.row_moved", "清单调整顺序"),
        EventKind(f"{plan}.rows_imported", "清单导入"),
        EventKind(f"{plan}.template_taken", "清单套用模板"),
        EventKind("pilots.rows.exported", "推进清单导出"),
        EventKind(f"{template}.drafted", "起草清单模板"),
        EventKind(f"{template}.edited", "修改清单模板"),
        EventKind(f"{template}.published", "发布清单模板", _writers_everywhere, _offered, url_of),
        EventKind(f"{template}.withdrawn", "停用清单模板"),
    )
