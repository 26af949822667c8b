"""What higher apps add to a school's page (学校档案).

`schools` stands below the apps whose figures belong there and may not import them, so they register here from their
own `AppConfig.ready()`. A panel is a template and a function that gives its context for one school and one account;
the function answers None where this account may see nothing, and then nothing is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from accounts.models import User
from schools.models import School

PanelContext = Callable[[School, User], dict[str, Any] | None]
FactRows = Callable[[School, User], list[dict[str, Any]]]


@dataclass(frozen=True)
class Panel:
    """One panel: `place` main is the wide column, side the narrow one."""

    template: str
    context: PanelContext
    place: Literal["main", "side"] = "main"


_panels: list[Panel] = []
_facts: list[FactRows] = []


def add_panel(template: str, context: PanelContext, place: Literal["main", "side"] = "main") -> None:
    """Show this panel on every school's page, below those registered before it."""
    panel = Panel(template, context, place)
    if panel not in _panels:
        _panels.append(panel)


def add_facts(rows: FactRows) -> None:
    """Add figures to the strip at the head of the page: rows as `_components/facts.html` takes them."""
    if rows not in _facts:
        _facts.append(rows)


def panels_for(school: School, user: User) -> list[dict[str, Any]]:
    """The panels this account sees, each with `template`, `place` and its own context."""
    shown = []
    for panel in _panels:
        context = panel.context(school, user)
        if context is not None:
            shown.append({"template": panel.template, "place": panel.place, "context": context})
    return shown


def facts_for(school: School, user: User) -> list[dict[str, Any]]:
    """The figures other apps add for this school."""
    return [fact for rows in _facts for fact in rows(school, user)]
