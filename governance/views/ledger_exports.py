"""Two lists as files: the catalogue of matters (议事目录), and who of the leadership team has declared (利益关系申报)."""

from dataclasses import asdict

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Cell, Export, download
from governance import declaring, shown
from governance.models import Matter
from governance.services.exports import record_export
from governance.versions import FIELDS, entry_of, in_words
from governance.views.declarations import year_asked
from governance.views.matters import chosen_version, narrowed
from schools.models import School
from schools.permissions import Body

KINDS = ("csv", "xlsx")
MATTER_COLUMNS = ("版本", "会议", "编号", *(label for _, label in FIELDS))
DECLARATION_COLUMNS = ("学校代码", "学校", "年度", "姓名", "职务", "申报情况", "项数", "申报日期")


@login_required
@require_GET
def matters_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The version at hand under the present filters, with what that version says of itself in the last line."""
    if kind not in KINDS:
        raise Http404
    chosen = chosen_version(request)
    rows = list(Matter.objects.filter(catalogue=chosen.catalogue).order_by("-body", "code"))
    filters = narrowed(request, {row.aspect_code: row.aspect for row in rows if row.aspect_code})
    number = str(chosen.catalogue.number)
    stages = type(chosen.catalogue).objects.values_list("stages", flat=True).get(pk=chosen.catalogue.pk)
    found = [row for row in rows if filters.passes(row) and filters.body in ("", row.body)]
    found.sort(key=lambda row: list(Body).index(Body(row.body)))
    lines: list[list[Cell]] = [
        [number, Body(row.body).label, row.code, *(in_words(entry_of(row), name, stages) for name, _ in FIELDS)]
        for row in found
    ]
    given = {name: "1" if value is True else value for name, value in asdict(filters).items() if value}
    at = timezone.now()
    taken = record_export(
        rows=len(lines), filters=given | {"version": number}, kind=kind, what="matters", by=request.user, at=at
    )
    lines.append([shown.catalogue_status(chosen.catalogue)])
    return download(Export("议事目录", MATTER_COLUMNS, lines, request.user.name, at, taken), kind)


@login_required
@require_GET
def declarations_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """Who has declared, for 书记、校长、党政办 of the school; what was declared is not in the list, so not in the file."""
    at = timezone.now()
    schools = [s for s in declaring.schools_of(request.user) if declaring.may_read_all(request.user, s.pk)]
    if not schools or kind not in KINDS:
        raise Http404
    year = year_asked(request, at)
    lines = [_declared(school, year, row) for school in schools for row in declaring.rows_of_school(school, year, at)]
    filters = {"year": str(year)}
    number = record_export(rows=len(lines), filters=filters, kind=kind, what="declarations", by=request.user, at=at)
    return download(Export("利益关系申报", DECLARATION_COLUMNS, lines, request.user.name, at, number), kind)


def _declared(school: School, year: int, row: declaring.Row) -> list[Cell]:
    made = row.declaration
    state = "还没有申报" if made is None else "没有需要申报的" if made.nothing else "已申报"
    day = local_day(made.declared_at).isoformat() if made else ""
    return [school.code, school.short_name, year, row.name, row.posts, state, row.count if made else None, day]
