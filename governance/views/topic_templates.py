"""常用议题: recurring topics of a school, and a new draft made from one."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError
from governance import services
from governance.drafts import roster_on
from governance.models import TopicTemplate
from governance.topic_guards import enters_for_others, leads, template_refusal
from governance.views.topic_page import seen
from schools import access
from schools.models import Appointment, School
from schools.permissions import LEADERSHIP_POSTS, Body, SchoolPerm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def topic_templates(request: SignedInRequest) -> HttpResponse:
    """GET lists the templates of one's schools, POST makes a draft from one, or deletes one."""
    ids = access.school_ids(request.user, SchoolPerm.PROPOSE_TOPIC).ids
    if not ids:
        raise Http404
    if request.method != "POST":
        return show(request)
    wanted, _, raw = request.POST.get("do", "").partition("-")
    template = get_object_or_404(TopicTemplate.objects.filter(school__in=ids), pk=identity(raw))
    at, by = timezone.now(), request.user
    try:
        if wanted == "delete":
            services.delete_template(template=template, version=seen(request), by=by, at=at)
            messages.success(request, f"已删去常用议题“{template.title}”，用它写过的议题还在")
            return redirect("governance:topic-templates")
        if wanted != "use":
            raise Http404
        proposer = identity(request.POST.get("proposer", ""))
        topic = services.new_from_template(template=template, proposer=proposer, by=by, at=at)
    except DomainError as error:
        return show(request, str(error), status=409)
    messages.success(request, "已按常用议题写好草稿，改好再送初审")
    return redirect("governance:topic-edit", pk=topic.pk)


def identity(raw: str) -> UUID | None:
    """The id in a field, or None."""
    try:
        return UUID(raw)
    except ValueError:
        return None


def show(request: SignedInRequest, text: str = "", status: int = 200) -> HttpResponse:
    """The page: by school and meeting, each with how often it comes again."""
    user, ids = request.user, access.school_ids(request.user, SchoolPerm.PROPOSE_TOPIC).ids
    schools = list(School.objects.filter(pk__in=ids).order_by("py", "pk"))
    leaders = {school.pk: leaders_of(school) for school in schools if needs_proposer(request, school)}
    rows = TopicTemplate.objects.filter(school__in=ids).select_related("school")
    ordered = rows.order_by("school__py", "body", "title", "pk")
    context = {
        "templates": [
            (row, leaders.get(row.school_id, []), template_refusal(row.school_id, user) is None) for row in ordered
        ],
        "many": len(schools) > 1,
        "refused": text,
    }
    return render(request, "governance/topic_templates.html", context, status=status)


def needs_proposer(request: SignedInRequest, school: School) -> bool:
    """党政办, who is no member of the team, names for whom it writes."""
    return enters_for_others(request.user, school.pk) and not leads(request.user, school.pk)


def leaders_of(school: School) -> list[tuple[str, str]]:
    """The leadership team in office today."""
    today = local_day(timezone.now())
    held = Appointment.objects.on(today).filter(school=school, post__in=LEADERSHIP_POSTS)
    leaders = set(held.values_list("person_id", flat=True))
    roster = roster_on(school, Body.PARTY, today)
    return roster.choices([person for person in roster.people if person.pk in leaders])
