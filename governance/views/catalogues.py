"""Versions of the catalogue: the list, the draft and its matters, what differs, issuing and giving up."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import Difference, DomainError, InvalidInput, Stale
from governance import shown
from governance.forms.catalogue import IssueForm, MatterForm, link_choices
from governance.guards import may_issue
from governance.models import Catalogue, Issue, Matter
from governance.models.replay import replay_url
from governance.replays import replay_is_fresh
from governance.rules.matters import catalogue_notes, split_of
from governance.services import catalogue as services
from governance.versions import differences, entries_of, issued_versions
from schools.permissions import Body


def find_draft(request: SignedInRequest, pk: UUID) -> Catalogue:
    """The draft within sight; an issued version has no page for editing, and for others there is no draft."""
    rows = Catalogue.objects.visible_to(request.user).filter(status=Issue.DRAFT)
    return get_object_or_404(rows.select_related("based_on"), pk=pk)


def version_seen(request: SignedInRequest) -> int:
    """The version that was on the page; -1, which is never right, when there is none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1


@login_required
@require_safe
def catalogue_list(request: SignedInRequest) -> HttpResponse:
    """Every issued version with the days on which it is in force; for 组织科 also the draft, or the way to begin one."""
    mine = may_issue(request.user)
    today = local_day(timezone.now())
    drafts = Catalogue.objects.visible_to(request.user).filter(status=Issue.DRAFT).select_related("based_on")
    context = {
        "may_issue": mine,
        "draft": drafts.first() if mine else None,
        "versions": [
            {
                "catalogue": version.catalogue,
                "words": version.words(),
                "status": shown.catalogue_status(version.catalogue),
                "delivered": version.catalogue.is_delivered,
                "today": version.covers(today),
                "ahead": version.since is not None and version.since > today,
            }
            for version in issued_versions()
        ],
    }
    return render(request, "governance/catalogue_list.html", context)


@login_required
@require_POST
def start(request: SignedInRequest) -> HttpResponse:
    """起草新版."""
    try:
        draft = services.start_draft(by=request.user, at=timezone.now())
    except DomainError as refusal:
        return refused(request, refusal)
    messages.success(request, f"已起草新版，以 {draft.based_on} 为底")
    return redirect("governance:catalogue", pk=draft.pk)


def refused(request: SignedInRequest, refusal: DomainError) -> HttpResponse:
    """The answer to a button without fields: the refusal in its own words, and the way back."""
    status = refusal.status if refusal.status == 403 else 409
    return render(request, "governance/catalogue_refused.html", {"refusal": refusal}, status=status)


@login_required
@require_safe
def draft(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The draft: its matters, which of them were changed, and what stands in the way of issuing it."""
    found = find_draft(request, pk)
    matters = list(Matter.objects.filter(catalogue=found).order_by("code"))
    state = state_of(found)
    changed = {change.code: "、".join(field.label for field in change.fields) for change in state["changes"]}
    groups = [
        {"body": body, "rows": [(m, changed.get(m.code, "")) for m in matters if m.body == body]} for body in Body
    ]
    context = {
        "draft": found,
        "groups": groups,
        "discard_url": reverse("governance:catalogue-discard", args=[pk]),
        **state,
    }
    return render(request, "governance/catalogue_draft.html", context)


def state_of(found: Catalogue) -> dict[str, Any]:
    """What has changed against the version below it, what stops it, and what should be looked at."""
    before = entries_of(found.based_on_id) if found.based_on_id else []
    after = entries_of(found)
    changes = differences(before, after, found.stages)
    return {
        "changes": changes,
        "faults": services.draft_faults(found, local_day(timezone.now())),
        "notes": catalogue_notes(after),
        "split": split_of(after),
        "split_before": split_of(before),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_matter(request: SignedInRequest, pk: UUID, code: str) -> HttpResponse:
    """One matter of the draft: shown for typing, saved by one service call; what is refused stays as typed."""
    found = find_draft(request, pk)
    matters = list(Matter.objects.filter(catalogue=found).order_by("code"))
    matter = next((m for m in matters if m.code == code), None)
    if matter is None:
        raise Http404
    posted = request.method == "POST"
    form = MatterForm(
        request.POST if posted else None, matter=matter, stages=found.stages, others=link_choices(matter, matters)
    )
    if not posted:
        return _show_matter(request, found, form)
    if not form.is_valid():
        return _show_matter(request, found, form, status=422)
    try:
        services.save_matter(
            matter=matter, entry=form.entry(), version=form.cleaned_data["version"], by=request.user, at=timezone.now()
        )
    except InvalidInput as refusal:
        form.refuse(refusal)
        return _show_matter(request, found, form, status=422)
    except Stale as refusal:
        return _show_matter(
            request, found, form, status=409, stale=str(refusal), different=refusal.differences, version=matter.version
        )
    except DomainError as refusal:
        return refused(request, refusal)
    messages.success(request, f"已保存 {matter.code}")
    return redirect("governance:catalogue", pk=found.pk)


def _show_matter(
    request: SignedInRequest,
    found: Catalogue,
    form: MatterForm,
    *,
    status: int = 200,
    stale: str = "",
    different: Sequence[Difference] = (),
    version: int | None = None,
) -> HttpResponse:
    """The form. After a stale save the hidden field takes the version now stored: the next save counts."""
    if version is not None:
        form.see(version)
    context = {
        "draft": found,
        "matter": form.matter,
        "form": form,
        "stale": stale,
        "different": different,
    }
    return render(request, "governance/catalogue_matter.html", context, status=status)


@login_required
@require_safe
def show_differences(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What a version, or the draft, says otherwise than the version below it: by matter and field, before and after."""
    rows = Catalogue.objects.visible_to(request.user).select_related("based_on", "issued_by")
    found = get_object_or_404(rows, pk=pk)
    base = found.based_on_id
    changes = differences(entries_of(base), entries_of(found), found.stages) if base else []
    context = {
        "catalogue": found,
        "base": found.based_on,
        "is_draft": found.status == Issue.DRAFT,
        "edit": found.pk if found.status == Issue.DRAFT else None,
        "groups": [
            {"body": body, "changes": of_body}
            for body in Body
            if (of_body := [change for change in changes if change.body == body])
        ],
        "count": len(changes),
        "catalogue_status": "" if found.status == Issue.DRAFT else shown.catalogue_status(found),
    }
    return render(request, "governance/catalogue_differences.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """发布: number, name, first day, origin; what changes and what stands in the way are on the same page."""
    found = find_draft(request, pk)
    posted = request.method == "POST"
    form = IssueForm(request.POST if posted else None, initial={"version": found.version, "title": found.title})
    status, problems = 200, []
    if posted:
        status = 422
        if form.is_valid():
            try:
                issued = services.issue_draft(
                    catalogue=found,
                    said=form.value(),
                    version=form.cleaned_data["version"],
                    by=request.user,
                    at=timezone.now(),
                )
            except InvalidInput as refusal:
                for fault in refusal.faults:
                    form.add_error(fault.path, fault.reason)
            except DomainError as refusal:
                status, problems = 409, [str(refusal)]
            else:
                messages.success(request, f"已发布 {issued.number}，{issued.effective_from} 起执行")
                return redirect("governance:catalogue-differences", pk=issued.pk)
    context = {
        "draft": found,
        "form": form,
        "problems": problems,
        "back": reverse("governance:catalogue", args=[pk]),
        "fresh": replay_is_fresh(found),
        "replay_url": replay_url(found.pk, None),
        **state_of(found),
    }
    return render(request, "governance/catalogue_issue.html", context, status=status)


@login_required
@require_POST
def discard(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """放弃草案."""
    found = find_draft(request, pk)
    try:
        services.discard_draft(catalogue=found, version=version_seen(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        return refused(request, refusal)
    messages.success(request, "已放弃草案，现行目录不变")
    return redirect("governance:catalogues")
