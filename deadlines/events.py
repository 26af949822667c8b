"""Facts about deadlines."""

from uuid import UUID

from audit.models import Event
from audit.registry import EventKind, register


def _responsible(event: Event) -> list[UUID]:
    account = event.data.get("account")
    return [UUID(account)] if account else []


def _title(event: Event) -> str:
    left = int(event.data["days_left"])
    when = f"逾期 {-left} 天" if left < 0 else "今天到期" if left == 0 else f"还有 {left} 天到期"
    return f"{event.subject_text}：{when}"


def register_kinds() -> None:
    """Reminders go to the person responsible, in the inbox and by e-mail."""
    register(
        EventKind(
            "deadlines.deadline.reminded",
            "到期提醒",
            audience=_responsible,
            title=_title,
            url=lambda event: str(event.data["url"]),
            mail=True,
        )
    )
