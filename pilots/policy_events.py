"""Facts about documents and receipts, and who hears of them."""

from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register
from common.dates import local_day
from pilots.policy_guards import SIGNERS
from pilots.selection_events import says, url_of
from schools.models import Appointment
from schools.permissions import Post


def _signers(event: Event) -> list[UUID]:
    """书记、校长、党政办 of the school, or the office that owes the receipt."""
    held = Appointment.objects.on(local_day(event.at)).filter(person__account__isnull=False)
    if event.school_id is not None:
        held = held.filter(school=event.school_id, post__in=SIGNERS)
    elif office := event.data.get("office"):
        held = held.filter(office=office, post=Post.OFFICE)
    else:
        return []
    accounts = set(held.values_list("person__account", flat=True))
    return sorted(account for account in accounts if account is not None and account != event.actor_id)


def register_policy_kinds() -> None:
    """Documents and `states.RECEIPT`."""
    register(
        EventKind("pilots.policy.drafted", "起草文件"),
        EventKind("pilots.policy.edited", "修改文件草稿"),
        EventKind("pilots.policy.discarded", "放弃文件草稿"),
        EventKind("pilots.policy.published", "发布文件"),
        EventKind("pilots.policy.superseded", "以新代旧"),
        EventKind("pilots.receipt.opened", "收到文件", _signers, says("待签收"), url_of, mail=True),
        EventKind("pilots.receipt.read", "阅读文件"),
        EventKind("pilots.receipt.signed", "签收"),
        EventKind("pilots.receipt.reminded", "催办签收", _signers, says("请尽快签收"), url_of, mail=True),
        EventKind("pilots.receipt.closed", "文件被替代，不用签收"),
        EventKind("pilots.policies.exported", "文件列表导出"),
        EventKind("pilots.receipts.exported", "签收情况导出"),
    )
