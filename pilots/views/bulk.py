"""Deciding about several applications on one page: one opinion or reason for each school, all or nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from pilots.models import Application, ApplicationStatus, Batch
from pilots.selection_guards import open_application_actions
from pilots.services.selection_bulk import MOST, NAMES, Decision, decide_many
from pilots.views.applications import CHOICES
from pilots.views.common import key_in, sees_schools, today

ASKED = {"recommend": "推荐意见", "approve": "审核意见", "return": "退回理由"}
USUAL = {"recommend": "同意推荐。", "approve": "同意。", "return": ""}
AFTER = {"recommend": "nominated", "approve": "recommended", "return": ""}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide_together(request: SignedInRequest) -> HttpResponse:
    """GET with the ticked schools asks for one text each; POST takes the step for all of them or for none."""
    sees_schools(request.user)
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("do", "")
    if name not in NAMES:
        raise Http404
    found = _applications(request, given)
    if not found:
        messages.warning(request, "先勾选学校，再一起办理。")
        return redirect("pilots:applications")
    if request.method != "POST":
        return _ask(request, name, found, {})
    try:
        changed = _decide(request, name, found)
    except InvalidInput as error:
        return _ask(request, name, found, {fault.path: fault.reason for fault in error.faults}, status=422)
    except DomainError as error:
        return _ask(request, name, found, {"": str(error)}, status=409)
    messages.success(request, f"已办理 {len(changed)} 所：{CHOICES[name]}")
    return redirect(f"{reverse('pilots:applications')}?view={AFTER[name]}" if AFTER[name] else "pilots:applications")


def _applications(request: SignedInRequest, given: QueryDict) -> list[Application]:
    """The ticked ones within sight, by school."""
    keys = []
    for raw in given.getlist("pick")[:MOST]:
        try:
            keys.append(UUID(raw))
        except ValueError:
            continue
    rows = Application.objects.visible_to(request.user).filter(pk__in=keys)
    return list(rows.select_related("school__office", "batch").order_by("school__code"))


def _decide(request: SignedInRequest, name: str, found: list[Application]) -> list[Application]:
    said = request.POST
    decisions = [Decision(row.pk, _version(said, row), said.get(f"text-{row.pk}", "")) for row in found]
    batch = Batch.objects.filter(pk=key_in(said["batch"])).first() if said.get("batch") else None
    mend_by = _day(said.get("mend_by", "")) if name == "return" else None
    return decide_many(name=name, decisions=decisions, batch=batch, mend_by=mend_by, by=request.user, at=timezone.now())


def _version(said: QueryDict, row: Application) -> int:
    raw = said.get(f"version-{row.pk}", "")
    return int(raw) if raw.isdecimal() and len(raw) < 10 else -1


def _day(raw: str) -> Any:
    try:
        return parse_date(raw)
    except ValueError:
        return None


def _ask(
    request: SignedInRequest, name: str, found: list[Application], faults: Mapping[str, str], status: int = 200
) -> HttpResponse:
    said = request.POST
    rows = [
        {
            "application": row,
            "text": said.get(f"text-{row.pk}", USUAL[name]),
            "version": row.version if not said or not faults else said.get(f"version-{row.pk}", row.version),
            "fault": faults.get(str(row.pk), ""),
            "may": name in {step.name for step in open_application_actions(row, request.user)},
        }
        for row in found
    ]
    problems = [{"text": reason, "target": f"text-{path}" if path else ""} for path, reason in faults.items()]
    context = {
        "name": name,
        "label": CHOICES[name],
        "asked": ASKED[name],
        "rows": rows,
        "problems": problems,
        "batches": Batch.objects.order_by("-opens_on", "pk") if name == "approve" else [],
        "batch": said.get("batch", ""),
        "mend_by": said.get("mend_by", "") or today().fromordinal(today().toordinal() + 7).isoformat(),
        "missing": sum(row.batch_id is None for row in found),
        "view": ApplicationStatus(found[0].status).value,
    }
    return render(request, "pilots/application_bulk.html", context, status=status)
