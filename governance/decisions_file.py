"""`decisions.csv`: one row a decision, for machines (after the model of SCDL Délibérations, exchange.md §3).

UTF-8 without a byte order mark and without a line of origin: the first line is the head. Columns never change their meaning;
new ones are added at the end. Secret ballots appear as the counts they are; decisions on restricted items are left out.
"""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from common.exports import Cell, neutral
from governance.models import AgendaItem, Decision, ItemMember, Secrecy, Stance

COLUMNS = (
    "number", "date", "school", "school_name", "body", "matter", "title", "due", "present", "for", "against", "abstain", "result",
)  # fmt: skip


def decisions_for_file(user: User) -> QuerySet[Decision]:
    """Decisions within sight; none on a restricted item, whoever asks. The present are those in the room at that item."""
    items = AgendaItem.objects.filter(secrecy=Secrecy.RESTRICTED)
    away = ItemMember.objects.filter(Q(left=True) | Q(recused=True), item=OuterRef("item"), member__status="present")
    stances = Stance.objects.filter(item=OuterRef("item")).order_by().values("item")

    def stated(choice: str) -> Subquery:
        return Subquery(stances.annotate(number=Count("pk", filter=Q(stance=choice))).values("number"))

    return (
        Decision.objects.visible_to(user)
        .exclude(item__in=items)
        .select_related("school", "meeting", "item__matter")
        .annotate(
            away=Subquery(away.order_by().values("item").annotate(number=Count("pk")).values("number")),
            said_agree=stated("agree"),
            said_disagree=stated("disagree"),
            said_abstain=stated("abstain"),
        )
    )


def line(decision: Decision) -> list[Cell]:
    """One decision. Votes that were announced win over stances; where there are neither the cells are empty."""
    item, meeting = decision.item, decision.meeting
    announced = (item.agree, item.disagree, item.abstain)
    stated = (decision.said_agree, decision.said_disagree, decision.said_abstain)  # type: ignore[attr-defined]
    away: int = decision.away or 0  # type: ignore[attr-defined]
    return [
        decision.number,
        str(decision.decided_on),
        decision.school.code,
        decision.school.name,
        meeting.body,
        item.matter.code if item.matter else "",
        decision.title,
        meeting.due,
        meeting.present - away,
        *(announced if item.agree is not None else stated),
        decision.outcome,
    ]


def to_csv(decisions: Iterable[Decision]) -> Iterator[str]:
    """The file in pieces, one for each row; what a spreadsheet would compute is neutralised."""
    yield _written(COLUMNS)
    for decision in decisions:
        yield _written([neutral(cell) if isinstance(cell, str) else cell for cell in line(decision)])


def _written(cells: Iterable[Cell]) -> str:
    out = StringIO(newline="")
    csv.writer(out).writerow(list(cells))
    return out.getvalue()
