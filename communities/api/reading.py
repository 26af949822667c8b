"""Reading the bodies of this app's requests: numbers, lists of periods, schools and communities within sight."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework.request import Request

from accounts.api import Fields
from accounts.callers import caller
from common.errors import Fault, one_fault
from communities.models import Community
from communities.services import PeriodInput
from schools.models import School

MOST_LISTED = 50


class CommunityFields(Fields):
    """With whole numbers, and lists."""

    def number(self, name: str) -> int:
        """A whole number; required."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 99999:
            self.fault(name, "写一个整数")
            return 0
        return value

    def fault(self, name: str, reason: str) -> None:
        """One more fault."""
        self.faults.append(Fault(name, reason))

    def day_or(self, name: str, other: date) -> date:
        """A date, `other` when absent."""
        return other if self.data.get(name) is None else self.day(name)

    def codes(self, name: str) -> list[str]:
        """A list of codes."""
        value = self.data.get(name)
        sound = isinstance(value, list) and len(value) <= MOST_LISTED and all(isinstance(one, str) for one in value)
        if not sound:
            self.fault(name, f"写学校代码的列表，最多 {MOST_LISTED} 个")
            return []
        return list(value)  # type: ignore[arg-type]

    def periods(self, name: str) -> list[PeriodInput]:
        """A list of periods, each read strictly."""
        value = self.data.get(name)
        rows = value if isinstance(value, list) and len(value) <= MOST_LISTED else None
        if rows is None or not all(isinstance(row, Mapping) for row in rows):
            self.fault(name, f"写开放时段的列表，最多 {MOST_LISTED} 个")
            return []
        return [self._period(name, number, row) for number, row in enumerate(rows)]

    def _period(self, name: str, number: int, row: Mapping[str, Any]) -> PeriodInput:
        inner = CommunityFields(row, ("starts_on", "ends_on", "capacity", "times"))
        read = PeriodInput(
            inner.day("starts_on"), inner.day("ends_on"), inner.number("capacity"), inner.text("times", 40)
        )
        for fault in inner.faults:
            self.fault(f"{name}.{number}.{fault.path}", fault.reason)
        return read


def community_of(request: Request, fields: CommunityFields) -> Community:
    """The community that is named, within the caller's sight."""
    key = fields.key("community")
    seen = Community.objects.visible_to(caller(request)).select_related("lead_school")
    found = seen.filter(pk=key).first() if key else None
    if found is None:
        raise one_fault("community", "写共同体的标识；没有这个共同体，或它不在你的范围内")
    return found


def school_of(code: str, path: str = "school") -> School:
    """The school of that code; whether it is a member is the service's part."""
    found = School.objects.filter(code=code).first()
    if found is None:
        raise one_fault(path, "写学校代码；没有这所学校")
    return found
