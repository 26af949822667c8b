"""议事规则示范文本: the versions of both texts, one version to read, a draft to write, issuing it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from governance import procedure_pages as pages
from governance.forms.procedures import ClauseForm, IssueTextForm
from governance.guards import may_issue
from governance.models import Clause, ClauseKind, Issue, Matter, ModelText
from governance.models.catalogue import in_force
from governance.procedures import model_clauses, model_text_on, rules_of
from governance.services import model_texts as services
from schools.permissions import Body


def found_text(request: SignedInRequest, pk: UUID) -> ModelText:
    """An issued version for everybody; a draft for those who write it."""
    text = get_object_or_404(ModelText.objects.select_related("based_on", "issued_by"), pk=pk)
    if text.status == Issue.DRAFT and not may_issue(request.user):
        raise Http404
    return text


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def model_text_list(request: SignedInRequest) -> HttpResponse:
    """Both texts with all their versions; 组织科 begins a draft here."""
    if request.method == "POST":
        return _start(request)
    return _show_list(request)


def _start(request: SignedInRequest) -> HttpResponse:
    body = request.POST.get("body", "")
    if body not in Body.values or not may_issue(request.user):
        raise Http404
    try:
        draft = services.draft_model_text(body=body, by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _show_list(request, refusal=str(refusal), status=409)
    messages.success(request, "已起草新版，条文与施行的版本相同，逐条修改")
    return redirect(draft)


def _show_list(request: SignedInRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    today, mine = local_day(timezone.now()), may_issue(request.user)
    rows = ModelText.objects.annotate(size=Count("clauses")).select_related("issued_by")
    found = list(rows.order_by("-effective_from", "-issued_at", "-pk"))
    texts = []
    for body in Body:
        current = model_text_on(body, today)
        versions = [text for text in found if text.body == body and text.status == Issue.ISSUED]
        versions.sort(key=lambda text: (text.effective_from is not None, text.effective_from), reverse=True)
        draft = next((text for text in found if text.body == body and text.status == Issue.DRAFT), None)
        texts.append({"body": body, "current": current, "versions": versions, "draft": draft if mine else None})
    context = {"texts": texts, "today": today, "may_issue": mine, "refusal": refusal}
    return render(request, "governance/model_text_list.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def model_text(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One version to read; of a draft each clause can be changed in its place."""
    text = found_text(request, pk)
    if request.method == "POST":
        return _edit(request, text)
    return _show(request, text)


def _show(
    request: SignedInRequest,
    text: ModelText,
    *,
    form: ClauseForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    clauses = model_clauses(text)
    writing = text.status == Issue.DRAFT
    against = bool(request.GET.get("changes")) and text.based_on_id is not None
    kind = request.GET.get("kind", "") if request.GET.get("kind") in ClauseKind.values else ""
    base = model_clauses(text.based_on_id) if text.based_on_id else []
    changes = pages.model_differences(base, clauses) if base else []
    rows = pages.chosen(changes, "changed") if against else pages.model_rows(clauses)
    shown = [row for row in rows if not kind or (row.clause is not None and row.clause.kind == kind)]
    opened = opened_clause(request, clauses) if writing else Opened()
    context = {
        "text": text,
        "writing": writing,
        "chapters": pages.by_chapter(shown),
        "size": len(clauses),
        "against": against,
        "change_counts": pages.counts_of(changes),
        "kinds": _kind_views(clauses, kind),
        "chosen_kind": kind,
        "unbound": [rule for rule in rules_of(text.body) if rule not in {r for c in clauses for r in c.rules}],
        "opened": opened,
        "form": form or _form_for(opened, clauses, text),
        "refusal": refusal,
        "today": local_day(timezone.now()),
        "current": model_text_on(text.body, local_day(timezone.now())),
        "may_issue": may_issue(request.user),
    }
    return render(request, "governance/model_text.html", context, status=status)


def _kind_views(clauses: list[Clause], chosen: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"label": "全部", "count": len(clauses), "url": "?", "current": not chosen}]
    for kind in ClauseKind:
        number = sum(clause.kind == kind for clause in clauses)
        made.append({"label": kind.label, "count": number, "url": f"?kind={kind.value}", "current": chosen == kind})
    return made


class Opened:
    """Which clause is open for writing: an existing one, or a new one behind another (None: in front of all)."""

    def __init__(self, edit: UUID | None = None, after: UUID | None = None, new: bool = False) -> None:
        self.edit, self.after, self.new = edit, after, new


def opened_clause(request: SignedInRequest, clauses: list[Any]) -> Opened:
    """From the address (`edit`, `after`) or from a form that came back."""
    given = request.POST if request.method == "POST" else request.GET
    known = {str(clause.pk): clause.pk for clause in clauses}
    if given.get("edit") in known:
        return Opened(edit=known[given["edit"]])
    if "after" in given:
        return Opened(after=known.get(given["after"]), new=True)
    return Opened()


def _form_for(opened: Opened, clauses: list[Clause], text: ModelText) -> ClauseForm | None:
    chapters = dict.fromkeys(clause.chapter for clause in clauses)
    initial: dict[str, Any] = {"version": text.version}
    if opened.edit:
        clause = next(c for c in clauses if c.pk == opened.edit)
        return ClauseForm(initial={**initial, **ClauseForm.of(clause)}, chapters=chapters)
    if opened.new:
        return ClauseForm(initial={**initial, "kind": ClauseKind.DECLARATORY}, chapters=chapters)
    return None


def _edit(request: SignedInRequest, text: ModelText) -> HttpResponse:
    """One change of a draft. What is refused comes back with all that was typed."""
    do, clauses = request.POST.get("do", ""), model_clauses(text)
    if do in ("up", "down", "remove"):
        return _move(request, text, do)
    opened = opened_clause(request, clauses)
    if do != "save" or not (opened.edit or opened.new):
        raise Http404
    form = ClauseForm(request.POST, chapters=dict.fromkeys(clause.chapter for clause in clauses))
    if not form.is_valid():
        return _show(request, text, form=form, status=422)
    given: dict[str, Any] = {
        "draft": text,
        "new": form.entry(),
        "version": form.seen(),
        "by": request.user,
        "at": timezone.now(),
    }
    try:
        if opened.edit:
            row = services.save_model_clause(clause=opened.edit, **given)
        else:
            row = services.add_model_clause(after=opened.after, **given)
    except InvalidInput as refusal:
        form.take(refusal)
        return _show(request, text, form=form, status=422)
    except DomainError as refusal:
        return _show(request, found_text(request, text.pk), form=form, refusal=str(refusal), status=409)
    return redirect(f"{text.get_absolute_url()}#c-{row.pk}")


def _move(request: SignedInRequest, text: ModelText, do: str) -> HttpResponse:
    clause = as_uuid(request.POST.get("clause", ""))
    given: dict[str, Any] = {
        "draft": text,
        "clause": clause,
        "version": version_of(request),
        "by": request.user,
        "at": timezone.now(),
    }
    try:
        if do == "remove":
            services.remove_model_clause(**given)
        else:
            services.move_model_clause(up=do == "up", **given)
    except DomainError as refusal:
        return _show(request, found_text(request, text.pk), refusal=str(refusal), status=409)
    return redirect(text.get_absolute_url() + ("" if do == "remove" else f"#c-{clause}"))


def as_uuid(raw: str) -> UUID:
    """The id in a form; one that is none is nowhere to be found."""
    try:
        return UUID(raw)
    except ValueError as fault:
        raise Http404 from fault


def version_of(request: SignedInRequest) -> int:
    """The version that was on the page; -1, which is never right, when there is none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def model_text_issue(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """发布 or 放弃 a draft: what it is issued with, and what differs from the version in force."""
    text = found_text(request, pk)
    if text.status != Issue.DRAFT or not may_issue(request.user):
        raise Http404
    at = timezone.now()
    matters = list(Matter.objects.filter(catalogue=in_force(local_day(at)), body=Body.PARTY).order_by("code"))
    if request.method != "POST":
        return _show_issue(request, text, IssueTextForm(initial=IssueTextForm.of(text), matters=matters))
    if request.POST.get("do") == "discard":
        return _discard(request, text, matters)
    form = IssueTextForm(request.POST, matters=matters)
    if not form.is_valid():
        return _show_issue(request, text, form, status=422)
    try:
        services.issue_model_text(draft=text, new=form.entry(), version=form.seen(), by=request.user, at=at)
    except InvalidInput as refusal:
        form.take(refusal)
        return _show_issue(request, text, form, status=422)
    except DomainError as refusal:
        return _show_issue(request, text, form, refusal=str(refusal), status=409)
    messages.success(request, "已发布，各校书记、校长和党政办会收到提醒")
    return redirect(text)


def _discard(request: SignedInRequest, text: ModelText, matters: list[Matter]) -> HttpResponse:
    try:
        services.discard_model_text(draft=text, version=version_of(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        form = IssueTextForm(initial=IssueTextForm.of(text), matters=matters)
        return _show_issue(request, text, form, refusal=str(refusal), status=409)
    messages.success(request, "已放弃草案，施行的版本没有变化")
    return redirect("governance:model-texts")


def _show_issue(
    request: SignedInRequest, text: ModelText, form: forms.Form, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    clauses = model_clauses(text)
    base = model_clauses(text.based_on_id) if text.based_on_id else []
    changes = pages.model_differences(base, clauses)
    context = {
        "text": text,
        "form": form,
        "refusal": refusal,
        "counts": pages.counts_of(changes),
        "changed": pages.chosen(changes, "changed"),
        "unbound": [rule for rule in rules_of(text.body) if rule not in {r for c in clauses for r in c.rules}],
    }
    return render(request, "governance/model_text_issue.html", context, status=status)
