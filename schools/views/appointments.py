"""Appointments (任职) of one school, and the posts of offices, bureau and system."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError
from schools.forms import AppointmentForm, EndForm, PostForm
from schools.models import Appointment, Office, Person, School
from schools.permissions import Post
from schools.selectors import find_people, people_of, with_posts
from schools.services.appointments import end_appointment, may_appoint
from schools.services.staffing import Newcomer, Terms, posts_offered, searches_everywhere, take_on
from schools.views.common import refused, require, visible_school

FORMER_SHOWN = 50


@login_required
@require_http_methods(["GET", "POST"])
def appointments(request: SignedInRequest, code: str) -> HttpResponse:
    """Who holds which post at this school; entering one more."""
    school = visible_school(request.user, code)
    posts = posts_offered(request.user, school)
    require(bool(posts))
    everywhere = searches_everywhere(request.user, school)
    chosen = _chosen(request) if everywhere else None
    people = people_of(school)
    if chosen is not None:
        people = people | Person.objects.filter(pk=chosen.pk)
    today = local_day(timezone.now())
    initial = {"starts_on": today, "person": chosen.pk if chosen else None, "post": posts[0]}
    form = AppointmentForm(request.POST or None, people=people.order_by("py", "pk"), posts=posts, initial=initial)
    status = 200
    if request.method == "POST":
        status = _take_on(request, form, school)
        if status == 302:
            return redirect("schools:appointments", school.code)
    found = find_people(request.GET.get("who", "")) if everywhere else []
    where = with_posts([person.pk for person in found], today)
    context = {
        "school": school,
        "form": form,
        "everywhere": everywhere,
        "who": request.GET.get("who", ""),
        "found": [{"person": person, "posts": where.get(person.pk, "")} for person in found],
        **_listed(request, school),
    }
    return render(request, "schools/appointments.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def bureau_posts(request: SignedInRequest) -> HttpResponse:
    """Posts of offices, bureau and system; for the 安全管理员."""
    posts = posts_offered(request.user, None)
    require(bool(posts))
    offices = {office.code: office for office in Office.objects.order_by("code")}
    form = PostForm(
        request.POST or None,
        people=Person.objects.filter(school=None).order_by("py", "pk"),
        posts=posts,
        offices=[(code, office.name) for code, office in offices.items()],
        initial={"starts_on": local_day(timezone.now())},
    )
    status = 200
    if request.method == "POST":
        status = _take_on(request, form, None, offices)
        if status == 302:
            return redirect("schools:posts")
    context = {"form": form, **_listed(request, None)}
    return render(request, "schools/posts.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def end(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The last day of an appointment. Rights end after it, in open sessions too."""
    rows = Appointment.objects.select_related("person", "school", "office")
    appointment = get_object_or_404(rows, pk=pk)
    require(may_appoint(request.user, appointment.post, appointment.school))
    school = appointment.school
    back = reverse("schools:appointments", args=[school.code]) if school else reverse("schools:posts")
    initial = {"ends_on": appointment.ends_on or local_day(timezone.now()), "version": appointment.version}
    form = EndForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                end_appointment(appointment=appointment, by=request.user, at=timezone.now(), **form.cleaned_data)
            except DomainError as refusal:
                status = refused(form, refusal)
            else:
                day = form.cleaned_data["ends_on"]
                messages.success(
                    request, f"已登记：{appointment.person.name}任{appointment.get_post_display()}到 {day}"
                )
                return redirect(back)
    context = {"form": form, "appointment": appointment, "back": back}
    return render(request, "schools/appointment_end.html", context, status=status)


def _chosen(request: SignedInRequest) -> Person | None:
    """The person picked from the search over all schools, while the form is open and when it comes back."""
    try:
        pk = UUID(request.POST.get("person") or request.GET.get("person", ""))
    except ValueError:
        return None
    return Person.objects.filter(pk=pk).first()


def _take_on(
    request: SignedInRequest, form: AppointmentForm, school: School | None, offices: dict[str, Office] | None = None
) -> int:
    """Record the appointment of the form; 302 when it is done, else the status of the page that says why not."""
    if not form.is_valid():
        return 422
    said = form.cleaned_data
    terms = Terms(
        post=Post(said["post"]),
        starts_on=said["starts_on"],
        ends_on=said["ends_on"],
        school=school,
        office=(offices or {}).get(said.get("office", "")) if said["post"] == Post.OFFICE else None,
        duty=said["duty"],
        rank=said.get("rank") or 50,
    )
    who = said["person"] or Newcomer(said["name"], said["phone"])
    try:
        made = take_on(who=who, terms=terms, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return refused(form, refusal)
    said_of = "" if made.person.account_id else "；还没有账号，由系统管理员建立"
    messages.success(request, f"已登记：{made.person.name}任{terms.post.label}{said_of}")
    return 302


def _listed(request: SignedInRequest, school: School | None) -> dict[str, Any]:
    """Present, coming and former appointments there, each with whether this account may end it."""
    today = local_day(timezone.now())
    rows = Appointment.objects.filter(school=school).select_related("person", "office")
    rows = rows.order_by("rank", "person", "starts_on", "pk")
    former = rows.filter(ends_on__lt=today).order_by("-ends_on", "pk")[:FORMER_SHOWN]
    groups = [
        ("在任", list(rows.on(today))),
        ("将要任职", list(rows.filter(starts_on__gt=today))),
        ("曾任", list(former)),
    ]
    return {
        "groups": [
            {
                "title": title,
                "rows": [
                    {"it": it, "may_end": title != "曾任" and may_appoint(request.user, it.post, school)}
                    for it in found
                ],
            }
            for title, found in groups
            if found or title == "在任"
        ],
    }
