"""评审: what was assigned to this expert, and the score sheet. Nobody else's page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from attachments.selectors import files_of
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from projects import services
from projects.forms.steps import ReasonForm, ScoreForm
from projects.guards import current_reviews, most_points
from projects.models import CRITERIA, FlagshipStatus, Review, ReviewStatus
from projects.scoring import TAGS, nameless
from schools.access import holds_post
from schools.permissions import Post


@login_required
@require_safe
def review_list(request: SignedInRequest) -> HttpResponse:
    """The reviews of this expert, those to be scored first."""
    if not holds_post(request.user, Post.REVIEWER):
        raise Http404
    rows = Review.objects.own_of(request.user).select_related("project__school")
    reviews = sorted(
        rows.order_by("-assigned_at", "pk")[:200], key=lambda review: review.status != ReviewStatus.ASSIGNED
    )
    context = {
        "reviews": [(review, (TAGS[ReviewStatus(review.status)], review.get_status_display())) for review in reviews],
        "today": local_day(timezone.now()),
        "waiting": sum(review.status == ReviewStatus.ASSIGNED for review in reviews),
    }
    return render(request, "projects/review_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_sheet(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The application and the sheet; `do=decline` declares a conflict."""
    review = _find(request, pk)
    form = ScoreForm(initial={"version": review.version})
    decline = ReasonForm(initial={"version": review.version}, auto_id="id_decline_%s")
    if request.method == "POST" and request.POST.get("do") == "decline":
        decline = ReasonForm(request.POST, auto_id="id_decline_%s")
        if (answer := _decline(request, review, decline)) is not None:
            return answer
    elif request.method == "POST":
        form = ScoreForm(request.POST)
        if (answer := _score(request, review, form)) is not None:
            return answer
    return _show(request, _find(request, pk), form, decline)


def _find(request: SignedInRequest, pk: UUID) -> Review:
    rows = Review.objects.own_of(request.user).select_related("project__school", "project__leader", "reviewer")
    return get_object_or_404(rows, pk=pk)


def _score(request: SignedInRequest, review: Review, form: ScoreForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        services.submit_review(
            review=review, points=form.points(), opinion=form.cleaned_data["opinion"], version=form.seen_version(),
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except InvalidInput as error:
        form.refuse(error.faults)
        return None
    except DomainError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, "评分已提交")
    return redirect("projects:reviews")


def _decline(request: SignedInRequest, review: Review, form: ReasonForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        services.decline_review(
            review=review, reason=form.cleaned_data["reason"], version=form.seen_version(), by=request.user,
            at=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, "已声明回避，组织科会另请专家")
    return redirect("projects:reviews")


def _show(request: SignedInRequest, review: Review, form: ScoreForm, decline: ReasonForm) -> HttpResponse:
    project = review.project
    open_still = review.status == ReviewStatus.ASSIGNED and project.status == FlagshipStatus.APPLIED
    active = review.status in (ReviewStatus.ASSIGNED, ReviewStatus.SUBMITTED)
    scored = review.status == ReviewStatus.SUBMITTED
    same = review.round == project.round
    context: dict[str, Any] = {
        "review": review,
        "project": project if active else None,
        "tag": (TAGS[ReviewStatus(review.status)], review.get_status_display()),
        "form": form if open_still else None,
        "decline": decline if open_still else None,
        "rows": [(criterion, form[criterion.code]) for criterion in CRITERIA],
        "own": [(criterion, getattr(review, criterion.code)) for criterion in CRITERIA] if scored else [],
        "others": nameless(current_reviews(project), review) if scored and same else [],
        "criteria": CRITERIA,
        "most": most_points(),
        "today": local_day(timezone.now()),
        "team": list(project.team.order_by("order", "pk")) if active else [],
        "milestones": list(project.milestones.select_related("responsible").order_by("order", "pk")) if active else [],
        "files": files_of([project])[subject_of(project)] if active else [],
    }
    status = 422 if form.errors or decline.errors else 200
    return render(request, "projects/review_sheet.html", context, status=status)
