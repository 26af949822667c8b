"""Versions of the minutes: all of them with what differs, the text of each, and 更正纪要 from its request to its answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from governance import services, shown
from governance.correcting import Changed, changes
from governance.forms.actions import StepForm
from governance.forms.correction import CorrectionForm
from governance.guards import open_keeping, refusal
from governance.keeping import matches, sealed_version, versions_of, why_not_now
from governance.minutes_text import from_document, withhold
from governance.models import Meeting, MeetingStatus, MinutesVersion
from governance.models.confirming import VersionState
from governance.reference import reference_for
from governance.states import KEEPING
from governance.views.documents import find, note_read
from governance.views.record import version_seen

STEPS = {step.name: step for step in KEEPING}
SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
TAGS = {VersionState.ASKED: "wait", VersionState.SEALED: "done", VersionState.REFUSED: "back"}
RESULTS = {"agree_correction": "已同意更正，新版本已封存", "refuse_correction": "已答复不予更正，纪要不变"}


@dataclass(frozen=True)
class VersionRow:
    """One version as the page lists it: where it differs from the text that stood when it was asked for."""

    version: MinutesVersion
    tag: tuple[str, str]
    stands: bool
    matches: bool
    changes: list[Changed]


def _find(request: SignedInRequest, pk: UUID) -> tuple[Meeting, frozenset[str]]:
    """The signed meeting within sight, and the items of which not a word is shown. Readings leave their traces."""
    meeting = find(request, pk)
    if meeting.status not in SIGNED:
        raise Http404
    return meeting, note_read(request, meeting)


def _rows(meeting: Meeting, hidden: Collection[str]) -> list[VersionRow]:
    """Latest first. Each is compared with the sealed version before it."""
    rows: list[VersionRow] = []
    found = versions_of(meeting)
    latest = max((v.number for v in found if v.state == VersionState.SEALED), default=0)
    before = None
    for version in found:
        text = withhold(from_document(version.text), hidden)
        sealed = version.state == VersionState.SEALED
        tag = (TAGS[VersionState(version.state)], "现行" if version.number == latest else version.get_state_display())
        differs: list[Changed] = changes(before, text) if before is not None else []
        rows.append(VersionRow(version, tag, version.number == latest, sealed and matches(version), differs))
        before = text if sealed else before
    return rows[::-1]


@login_required
@require_safe
def versions(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Every version with who, when, why, and what differs; who signs answers a correction here."""
    return _show_versions(request, *_find(request, pk))


def _show_versions(
    request: SignedInRequest,
    meeting: Meeting,
    hidden: Collection[str],
    *,
    status: int = 200,
    problem: str = "",
    refused: StepForm | None = None,
) -> HttpResponse:
    steps = {step.name: step for step in open_keeping(meeting, request.user)}
    given = {"version": meeting.version}
    context = {
        "meeting": meeting,
        "tag": shown.status_tag(meeting),
        "rows": _rows(meeting, hidden),
        "withheld": bool(hidden),
        "may_correct": "correct" in steps and sealed_version(meeting) is not None,
        "agree": StepForm(steps["agree_correction"], initial=given) if "agree_correction" in steps else None,
        "refuse": (refused or StepForm(steps["refuse_correction"], initial=given))
        if "refuse_correction" in steps
        else None,
        "problem": problem,
        "open": refused is not None,
    }
    return render(request, "governance/minutes_versions.html", context, status=status)


@login_required
@require_safe
def version(request: SignedInRequest, pk: UUID, number: int) -> HttpResponse:
    """The text of one version."""
    meeting, hidden = _find(request, pk)
    rows = {row.version.number: row for row in _rows(meeting, hidden)}
    if number not in rows:
        raise Http404
    row = rows[number]
    text = withhold(from_document(row.version.text), hidden)
    context = {"meeting": meeting, "row": row, "minutes": text, "tag": row.tag}
    return render(request, "governance/minutes_versions_text.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """更正纪要: GET offers the prose, POST asks for the correction."""
    meeting, hidden = _find(request, pk)
    standing = sealed_version(meeting)
    why = why_not_now(meeting, standing) if (may := refusal(meeting, STEPS["correct"], request.user)) is None else may
    if why or standing is None:
        return _show_correction(request, meeting, None, why, status=409 if request.method == "POST" else 200)
    given = (from_document(standing.text), meeting, reference_for(meeting), hidden)
    if request.method != "POST":
        return _show_correction(request, meeting, CorrectionForm(*given, initial={"version": meeting.version}))
    form = CorrectionForm(*given, request.POST)
    return _ask(request, meeting, form) if form.is_valid() else _show_correction(request, meeting, form, status=422)


def _ask(request: SignedInRequest, meeting: Meeting, form: CorrectionForm) -> HttpResponse:
    sections = form.sections()
    try:
        services.ask_correction(
            meeting=meeting,
            reason=form.cleaned_data["reason"],
            new=services.Correction(form.opening(), sections),
            version=version_seen(request.POST),
            by=request.user,
            at=timezone.now(),
        )
    except InvalidInput as error:
        for fault in error.faults:
            name = form.name_of(fault.path, sections)
            form.add_error(name if name in form.fields else None, fault.reason)
        return _show_correction(request, meeting, form, status=422)
    except DomainError as error:
        return _show_correction(request, meeting, form, str(error), status=409)
    messages.success(request, "更正已提出，等签发人答复")
    return redirect("governance:minutes-versions", pk=meeting.pk)


def _show_correction(
    request: SignedInRequest, meeting: Meeting, form: CorrectionForm | None, why: str = "", *, status: int = 200
) -> HttpResponse:
    problems: Sequence[dict[str, Any]] = problems_of([form]) if form is not None and status == 422 else []
    context = {"meeting": meeting, "form": form, "why": why, "problems": problems, "tag": shown.status_tag(meeting)}
    return render(request, "governance/minutes_versions_correct.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """同意更正 or 不予更正. A visit (after signing in again) leads to the versions."""
    meeting, hidden = _find(request, pk)
    if request.method == "GET":
        return redirect("governance:minutes-versions", pk=pk)
    agrees = request.POST.get("do") == "agree"
    step = STEPS["agree_correction" if agrees else "refuse_correction"]
    form = StepForm(step, request.POST)
    if not form.is_valid():
        return _show_versions(
            request, meeting, hidden, status=422, problem="写明不予更正的理由，4 至 500 个字", refused=form
        )
    given: dict[str, Any] = {"meeting": meeting, "version": form.cleaned_data["version"], "by": request.user}
    try:
        if agrees:
            services.agree_correction(**given, at=timezone.now())
        else:
            services.refuse_correction(**given, reason=form.cleaned_data["reason"], at=timezone.now())
    except DomainError as error:
        return _show_versions(request, *_find(request, pk), status=409, problem=str(error))
    messages.success(request, RESULTS[step.name])
    return redirect("governance:minutes-versions", pk=pk)
