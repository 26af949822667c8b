"""本校议事规则: what is in force, its versions, the draft, stricter requirements, adoption, and the 大额 limit."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError
from governance import procedure_pages as pages
from governance.models import SchoolLimit, SchoolRules, SchoolRulesStatus
from governance.procedures import (
    clauses_of,
    draft_of,
    is_of_school,
    may_adopt,
    may_edit,
    model_clauses,
    model_text_on,
    rules_on,
    tightened_rows,
    versions_of,
)
from governance.services import school_rules as services
from schools.models import School
from schools.permissions import Body
from schools.views.common import visible_school


def found_school(request: SignedInRequest, code: str, body: str) -> School:
    """The school within sight, and one of the two meetings; anything else is 404."""
    if body not in Body.values:
        raise Http404
    return visible_school(request.user, code)


def body_tabs(school: School, body: str) -> list[dict[str, Any]]:
    """The two texts of the school as views."""
    return [
        {
            "label": f"{one.label}议事规则",
            "url": reverse("governance:school-rules", args=[school.code, one.value]),
            "current": one.value == body,
        }
        for one in Body
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def school_rules(request: SignedInRequest, code: str, body: str) -> HttpResponse:
    """What is in force, compared with the model text; whoever may write begins the next version here."""
    school = found_school(request, code, body)
    if request.method == "POST":
        return _start(request, school, body)
    return _show(request, school, body)


def _start(request: SignedInRequest, school: School, body: str) -> HttpResponse:
    last = request.POST.get("from") == "last"
    try:
        draft = services.start_school_rules(
            school=school, body=body, from_last=last, by=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        return _show(request, school, body, refusal=str(refusal), status=403 if refusal.status == 403 else 409)
    messages.success(request, f"已起草第 {draft.number} 版，逐条核对后送党组织会议讨论")
    return redirect(draft)


def _show(request: SignedInRequest, school: School, body: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    today = local_day(timezone.now())
    versions = versions_of(school, body)
    current = rules_on(school.pk, body, today)
    shown = next((version for version in versions if current is not None and version.pk == current.pk), None)
    show = request.GET.get("show", "")
    rows = pages.school_rows(clauses_of(shown), model_clauses(shown.model_text_id)) if shown else []
    context = {
        "school": school,
        "body": Body(body),
        "tabs": body_tabs(school, body),
        "shown": shown,
        "show": show,
        "chapters": pages.by_chapter(pages.chosen(rows, show)),
        "views": pages.views_of(rows, pages.WORDS, show),
        "model": model_text_on(body, today),
        "draft": draft_of(versions),
        "history": [v for v in versions if v.status == SchoolRulesStatus.ADOPTED],
        "stricter": tightened_rows(shown, today) if shown else [],
        "may_read_draft": is_of_school(request.user, school.pk),
        "whose": "本校" if is_of_school(request.user, school.pk) else school.short_name,
        "refusal": refusal,
        "today": today,
        **_rights(request, school),
        **limits_context(school, today),
    }
    return render(request, "governance/school_rules.html", context, status=status)


def _rights(request: SignedInRequest, school: School) -> dict[str, bool]:
    return {"may_edit": may_edit(request.user, school.pk), "may_adopt": may_adopt(request.user, school.pk)}


def limits_context(school: School, today: Any) -> dict[str, Any]:
    """The school's amounts, latest first, and the one in force."""
    rows = list(SchoolLimit.objects.filter(school=school).order_by("-effective_from"))
    return {"limits": rows, "limit": next((row for row in rows if row.effective_from <= today), None)}


@login_required
@require_safe
def school_rules_version(request: SignedInRequest, code: str, body: str, number: int) -> HttpResponse:
    """One adopted version: against its model text, or (`with`) against another version of the school."""
    school = found_school(request, code, body)
    rows = SchoolRules.objects.visible_to(request.user).adopted().filter(school=school, body=body)
    version = get_object_or_404(rows.select_related("model_text", "adopted_at_meeting", "school"), number=number)
    others = [v for v in versions_of(school, body) if v.status == SchoolRulesStatus.ADOPTED and v.pk != version.pk]
    against = next((v for v in others if str(v.number) == request.GET.get("with", "")), None)
    own = clauses_of(version)
    found = (
        pages.version_differences(clauses_of(against), own)
        if against
        else pages.school_rows(own, model_clauses(version.model_text_id))
    )
    words = pages.BETWEEN if against else pages.WORDS
    show = request.GET.get("show", "")
    address = f"?{urlencode({'with': against.number})}" if against else "?"
    context = {
        "school": school,
        "body": Body(body),
        "shown": version,
        "show": show,
        "against": against,
        "others": others,
        "chapters": pages.by_chapter(pages.chosen(found, show)),
        "views": pages.views_of(found, words, show, address),
        "stricter": tightened_rows(version, local_day(timezone.now())),
        "today": local_day(timezone.now()),
    }
    return render(request, "governance/school_rules_version.html", context)
