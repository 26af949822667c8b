"""Facts of communities, and who hears of them."""

from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from communities.models import Membership
from schools.models import Appointment
from schools.permissions import Post

HEADS = (Post.SECRETARY,)
DESKS = (Post.SECRETARY, Post.CLERK)


def _accounts(event: Event, schools: set[str], posts: tuple[Post, ...]) -> list[UUID]:
    held = Appointment.objects.on(local_day(event.at)).holding(*posts).filter(school__in=map(UUID, schools))
    accounts = held.filter(person__account__isnull=False).exclude(person__account=event.actor_id)
    return sorted(set(accounts.values_list("person__account", flat=True)))


def _members(event: Event) -> list[UUID]:
    """书记 and 党政办 of all members, but for who acted."""
    rows = Membership.objects.filter(community=event.data["community"]).staying(local_day(event.at))
    schools = {str(pk) for pk in rows.values_list("school_id", flat=True)} | set(event.data.get("schools", ()))
    return _accounts(event, schools, DESKS)


def _secretaries(event: Event) -> list[UUID]:
    """书记 of all members, whose consent is asked."""
    rows = Membership.objects.filter(community=event.data["community"]).staying(local_day(event.at))
    return _accounts(event, {str(pk) for pk in rows.values_list("school_id", flat=True)}, HEADS)


def _both(event: Event) -> list[UUID]:
    """书记 and 党政办 of the schools the fact names."""
    return _accounts(event, set(event.data.get("schools", ())), DESKS)


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _title(event: Event) -> str:
    said = str(event.data.get("said", ""))
    return f"{said}：{event.subject_text}" if said else event.subject_text


def register_kinds() -> None:
    """Called once at start."""
    prefix = "communities"
    register(
        EventKind(f"{prefix}.agreement.founded", "发起共同体", _members, _title, _url),
        EventKind(f"{prefix}.agreement.proposed", "拟定协议", _members, _title, _url),
        EventKind(f"{prefix}.agreement.text_added", "上传协议书", _secretaries, _title, _url),
        EventKind(f"{prefix}.agreement.consented", "同意协议", _both, _title, _url),
        EventKind(f"{prefix}.agreement.signed", "登记签约", _members, _title, _url),
        EventKind(f"{prefix}.agreement.renewed", "续签协议", _members, _title, _url),
        EventKind(f"{prefix}.agreement.joined", "加入共同体", _members, _title, _url),
        EventKind(f"{prefix}.agreement.left", "退出共同体", _members, _title, _url),
        EventKind(f"{prefix}.agreement.ended", "终止协议", _members, _title, _url),
        *(
            EventKind(f"{prefix}.{noun}.{verb}", f"{said}{label}")
            for noun, label in (("resource", "资源"), ("demand", "需求"), ("project", "共同体项目"))
            for verb, said in (("listed", "登记"), ("edited", "修改"), ("withdrawn", "撤下"))
        ),
        EventKind(f"{prefix}.booking.made", "预约资源", _both, _title, _url),
        EventKind(f"{prefix}.booking.cancelled", "取消预约", _both, _title, _url),
        EventKind(f"{prefix}.match.refused", "退回匹配", _both, _title, _url),
        EventKind(f"{prefix}.project.planned", "安排项目任务"),
        EventKind(f"{prefix}.project.concluded", "登记项目成效"),
        EventKind(f"{prefix}.activity.recorded", "登记共同体活动"),
        EventKind(f"{prefix}.activity.edited", "修改共同体活动"),
        EventKind(f"{prefix}.list.exported", "共同体清单导出"),
    )
