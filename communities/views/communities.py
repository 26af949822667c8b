"""党建共同体: the list with its sentence, its export, and 发起."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.exports import Export, download
from common.keyset import BadCursor, page_of
from common.templatetags.bound_fields import problems_of
from common.text import clean_term
from communities import services
from communities.forms.steps import FoundForm
from communities.listing import SIZE, address, neighbours
from communities.models import Community
from communities.showing import STATES, counted, in_state, sees_communities, sums_of, tag_of
from communities.views.common import attempt
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

COLUMNS = ("共同体", "牵头校", "成员校（所）", "签约日期", "协议止", "状态", "资源", "需求", "未满足", "项目")


@login_required
@require_safe
def community_list(request: SignedInRequest) -> HttpResponse:
    """Communities within sight, by name."""
    if not sees_communities(request.user):
        raise Http404
    today, query = local_day(timezone.now()), request.GET
    rows = counted(_found(request, request.user), today)
    try:
        page = page_of(rows, order="name", size=SIZE, cursor=query.get("cursor", ""))
    except BadCursor:
        page = page_of(rows, order="name", size=SIZE)
    state = query.get("state", "") if query.get("state", "") in STATES else ""
    context = {
        "rows": [(one, tag_of(one, today)) for one in page.rows],
        "sums": sums_of(request.user, today),
        "states": [(value, label, value == state) for value, label in STATES.items()],
        "q": clean_term(query.get("q", "")),
        "narrowed": bool(state or clean_term(query.get("q", ""))),
        "may_found": bool(_leads(request.user)),
        "export_query": address(query),
        **neighbours(query, page),
    }
    return render(request, "communities/community_list.html", context)


def _found(request: SignedInRequest, user: User) -> QuerySet[Community]:
    rows: QuerySet[Community] = Community.objects.visible_to(user).select_related("lead_school")
    rows = in_state(rows, request.GET.get("state", ""), local_day(timezone.now()))
    term = clean_term(request.GET.get("q", ""))
    if term:
        rows = rows.filter(name__icontains=term) | rows.filter(lead_school__name__icontains=term)
    return rows


@login_required
@require_GET
def communities_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    if not sees_communities(request.user) or kind not in ("csv", "xlsx"):
        raise Http404
    at = timezone.now()
    today = local_day(at)
    found: QuerySet[Any] = counted(_found(request, request.user), today).order_by("name", "pk")
    lines = [
        [
            one.name, one.lead_school.name, one.members, str(one.signed_on or ""), str(one.until or ""),
            tag_of(one, today)[1], one.resource_count, one.demand_count, one.unmet_count, one.project_count,
        ]
        for one in found
    ]  # fmt: skip
    given = {name: request.GET[name] for name in ("state", "q") if request.GET.get(name)}
    number = services.record_export(
        rows=len(lines), filters=given, kind=kind, what="communities", by=request.user, at=at
    )
    return download(Export("党建共同体", COLUMNS, lines, request.user.name, at, number), kind)


def _leads(user: User) -> list[School]:
    """Schools the account may found a community for."""
    scope = access.school_ids(user, SchoolPerm.REVIEW)
    rows = School.objects.order_by("py", "pk")
    if not scope.everywhere:
        rows = rows.filter(pk__in=access.school_ids(user, SchoolPerm.EDIT_PLAN).ids)
    return list(rows)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def community_new(request: SignedInRequest) -> HttpResponse:
    """发起共同体: name, lead school, dates. Members and the text follow on its page."""
    leads = _leads(request.user)
    if not leads:
        raise Http404
    form = FoundForm(leads, request.POST if request.method == "POST" else None, initial={"lead": leads[0].code})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            lead = next(school for school in leads if school.code == given["lead"])
            made, status, _ = attempt(
                lambda: services.found_community(
                    name=given["name"], lead_school=lead, starts_on=given["starts_on"], until=given["until"],
                    aim=given["aim"], by=request.user, at=timezone.now(),
                ),
                form,
            )  # fmt: skip
            if made is not None:
                messages.success(request, f"已发起{made.name}，接着加入成员校、上传协议书")
                return redirect("communities:community-members", pk=made.pk)
    context = {"form": form, "problems": problems_of([form]) if form.is_bound else []}
    return render(request, "communities/community_new.html", context, status=status)
