"""Facts of projects, and who hears of them."""

from collections.abc import Callable
from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register


def _accounts(event: Event) -> list[UUID]:
    """Those the service named; who acted knows already."""
    return [UUID(account) for account in event.data.get("accounts", []) if account != str(event.actor_id)]


def _url(event: Event) -> str:
    return str(event.data.get("url", ""))


def _says(verb: str) -> Callable[[Event], str]:
    def title(event: Event) -> str:
        reason = event.data.get("reason")
        return f"{verb}：{event.subject_text}" + (f"（{reason}）" if reason else "")

    return title


def _told(code: str, label: str, words: str, *, mail: bool = False) -> EventKind:
    return EventKind(f"projects.{code}", label, _accounts, _says(words), _url, mail=mail)


def register_kinds() -> None:
    """Called once at start: each step of `states.py`, and what hangs on a project."""
    register(
        EventKind("projects.flagship.drafted", "起草项目申报"),
        EventKind("projects.flagship.edited", "修改项目申报"),
        EventKind("projects.flagship.planned", "修改项目组和节点"),
        EventKind("projects.flagship.discarded", "删去项目草稿"),
        _told("flagship.applied", "报送申报", "领雁项目申报", mail=True),
        _told("flagship.returned", "退回修改", "领雁项目申报退回修改", mail=True),
        _told("flagship.advised", "教办意见", "教办已写推荐意见"),
        _told("flagship.checked", "通过初审", "领雁项目通过初审"),
        _told("flagship.listed", "立项", "领雁项目已立项", mail=True),
        _told("flagship.started", "启动实施", "领雁项目启动实施"),
        _told("flagship.mid_checked", "通过中期", "领雁项目通过中期检查"),
        _told("flagship.extended", "同意延期", "领雁项目同意延期"),
        _told("flagship.concluded", "通过结题", "领雁项目通过结题", mail=True),
        _told("flagship.terminated", "终止项目", "领雁项目终止", mail=True),
        _told("flagship.reported", "报送中期表、结题表", "领雁项目报送报告"),
        _told("flagship.change_requested", "申请变更", "领雁项目申请变更"),
        _told("flagship.change_approved", "同意变更", "领雁项目变更已同意"),
        _told("flagship.change_refused", "不同意变更", "领雁项目变更未同意"),
        EventKind("projects.flagship.imported", "导入项目"),
        EventKind("projects.flagship.exported", "领雁项目列表导出"),
        _told("review.assigned", "指派评审", "请你评审", mail=True),
        _told("review.submitted", "提交评分", "专家评分已提交"),
        _told("review.declined", "声明回避", "评审专家声明回避，请另行指派"),
        _told("review.withdrawn", "撤换评审", "评审任务已撤换"),
        _told("award.registered", "登记成果", "有成果待核验"),
        _told("award.verified", "核验成果", "成果已核验"),
        _told("award.removed", "删去成果", "成果已删去"),
        EventKind("projects.award.edited", "更正成果"),
        EventKind("projects.award.exported", "成果台账导出"),
        EventKind("projects.case.entered", "录入案例"),
        EventKind("projects.case.edited", "修改案例"),
        EventKind("projects.case.published", "发布案例"),
        EventKind("projects.case.withdrawn", "撤下案例"),
        EventKind("projects.case.exported", "案例列表导出"),
        EventKind("projects.upload.checked", "核对导入表"),
        EventKind("projects.upload.imported", "导入项目、成果"),
    )
