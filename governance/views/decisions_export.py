"""Decisions as files: the list for reading (.xlsx), and `decisions.csv` for machines."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Export, attachment, download
from governance import decisions_file, lists
from governance.models import DecisionStage
from governance.services.exports import record_export
from schools.permissions import Body

COLUMNS = (
    "决议号",
    "决定日期",
    "学校代码",
    "学校",
    "会议",
    "事项",
    "议题",
    "应到",
    "实到",
    "赞成",
    "反对",
    "弃权",
    "结论",
    "环节",
)


@login_required
@require_GET
def decisions_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters; who took it is recorded."""
    sight = lists.sight_of(request.user)
    if not sight or kind not in ("csv", "xlsx"):
        raise Http404
    at = timezone.now()
    schools = {code: pk for pk, code, _, _ in lists.school_rows(request.user)} if sight.many else {}
    filters = lists.filters_from(request.GET, schools)
    rows = lists.narrowed_decisions(decisions_file.decisions_for_file(request.user), filters, schools, local_day(at))
    found = list(rows.order_by("-decided_on", "-pk"))
    number = record_export(
        rows=len(found), filters=filters.in_address(), kind=kind, what="decisions", by=request.user, at=at
    )
    if kind == "csv":
        content = "".join(decisions_file.to_csv(found)).encode("utf-8", "replace")
        return attachment(content, "decisions.csv", "text/csv; charset=utf-8")
    lines = []
    for decision in found:
        cells = decisions_file.line(decision)
        body, stage = Body(decision.meeting.body).label, DecisionStage(decision.stage).label
        lines.append([*cells[:4], body, *cells[5:12], decision.outcome_label, stage])
    return download(Export("决议", COLUMNS, lines, request.user.name, at, number), kind)
