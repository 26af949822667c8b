"""编号: LY-<year>-<serial>, the next one of the year. Who gives one holds `one_at_a_time`."""

import re

from projects.models import Flagship

NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,19}")
OURS = re.compile(r"LY-(20[0-9]{2})-([0-9]{2,4})")


def next_number(year: int) -> str:
    """One more than the highest of the year."""
    known = Flagship.objects.filter(number__startswith=f"LY-{year}-").values_list("number", flat=True)
    serials = [int(found[2]) for number in known if (found := OURS.fullmatch(number))]
    return f"LY-{year}-{max(serials, default=0) + 1:02d}"
