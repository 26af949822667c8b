"""清单模板 in the demonstration district: the bureau publishes them before the first plans are written."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from accounts.models import User
from demo.days import clock, working_day
from demo.words import read_words
from pilots.services.templates import TemplateInput, TemplateLine, draft_template, publish_template
from schools import access

WORDS = "row_templates.yaml"
COMMON = 0  # the place of the template for all schools


def expect_templates(bureau: User, first: date, put: Callable[[datetime, Any], None]) -> None:
    """Drafted and published in the first days of the year."""
    for place, said in enumerate(read_words(WORDS)["templates"]):
        put(clock(working_day(first + timedelta(days=2), 1), 9, 30 + place), partial(_offer, bureau, said))


def _offer(bureau: User, said: dict[str, Any], at: datetime) -> None:
    access.keep(bureau)
    new = TemplateInput(said["name"], said["note"], [TemplateLine(*row) for row in said["rows"]])
    template = draft_template(new=new, by=bureau, at=at)
    publish_template(template=template, by=bureau, at=at)


def common_template() -> str:
    """The name of the template for all schools."""
    return str(read_words(WORDS)["templates"][COMMON]["name"])
