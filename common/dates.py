"""Day arithmetic. "Day" rules use local days of Asia/Shanghai (house style §13)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
REMIND_AT = time(8, 0)
WEEKDAYS = "一二三四五六日"


def local_day(at: datetime) -> date:
    """The day of `at` in Shanghai."""
    return at.astimezone(SHANGHAI).date()


def at_hour(day: date, hour: time = REMIND_AT) -> datetime:
    """That hour of that day in Shanghai, as an aware time."""
    return datetime.combine(day, hour, tzinfo=SHANGHAI)


def days_left_text(due_on: date, today: date) -> str:
    """“逾期 8 天”, “今天到期” or “还有 20 天” (design language §6)."""
    left = (due_on - today).days
    if left < 0:
        return f"逾期 {-left} 天"
    return "今天到期" if left == 0 else f"还有 {left} 天"


def meeting_time(at: datetime) -> str:
    """“11月26日（周四）15:30”."""
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"
