"""规则草案: 组织科 starts it, edits rule by rule, sees the difference, replays, issues or discards it. Nobody else finds these pages."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput, Stale
from governance import replays, rule_words
from governance.forms.rulebook import DiscardForm, IssueForm, RuleForm, shown_settings
from governance.guards import may_issue
from governance.models import RuleBook
from governance.models.replay import replay_url
from governance.rule_books import rules_draft
from governance.rules.book import STATUTORY
from governance.services.rulebook import discard_rules, issue_rules, save_rule, start_rules_draft
from governance.views.rules import rows_of


def require_issuer(request: SignedInRequest) -> None:
    """Pages of drafts do not exist for those who do not write them."""
    if not may_issue(request.user):
        raise Http404


@login_required
@require_safe
def draft_page(request: SignedInRequest) -> HttpResponse:
    """The draft: what differs from the version before, all rules with a way to edit each, replay, issue and discard."""
    require_issuer(request)
    return render(request, "governance/rules_draft.html", _context(rules_draft()))


def _context(draft: RuleBook | None, **more: Any) -> dict[str, Any]:
    if draft is None:
        return {"draft": None, "base": RuleBook.objects.issued().latest_first().first(), **more}
    base = RuleBook.objects.get(pk=draft.based_on_id) if draft.based_on_id else draft
    changes = rule_words.differences(base.content, draft.content)
    changed = {change.rule for change in changes}
    rows = rows_of(draft)
    return {
        "draft": draft,
        "base": base,
        "changes": changes,
        "changed": len(changed),
        "rows": [{**row, "changed": row["id"] in changed} for row in rows],
        "fresh": replays.replay_is_fresh(draft),
        "live": replays.live_runs(None, draft).exists(),
        "replay_url": replay_url(None, draft.pk),
        **more,
    }


@login_required
@require_POST
def start_draft(request: SignedInRequest) -> HttpResponse:
    """起草新版."""
    require_issuer(request)
    try:
        start_rules_draft(by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("governance:rules-draft")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rule(request: SignedInRequest, rule: str) -> HttpResponse:
    """The settings of one rule of the draft. What somebody else saved meanwhile is shown beside what was typed."""
    require_issuer(request)
    draft = rules_draft()
    if draft is None:
        return redirect("governance:rules-draft")
    stored = next((entry for entry in draft.content["rules"] if entry["id"] == rule), None)
    if stored is None:
        raise Http404
    if request.method != "POST":
        return _edit(request, draft, rule, RuleForm(stored, initial=shown_settings(stored, draft.version)))
    form = RuleForm(stored, request.POST)
    if not form.is_valid():
        return _edit(request, draft, rule, form, status=422)
    try:
        saved = save_rule(
            book=draft, rule_id=rule, settings=form.settings(), version=form.cleaned_data["version"],
            by=request.user, at=timezone.now(),
        )  # fmt: skip
    except Stale as refusal:
        form.data = {**request.POST.dict(), "version": str(draft.version)}
        return _edit(request, draft, rule, form, status=412, stale=refusal)
    except DomainError as refusal:
        return _edit(request, draft, rule, form, status=refused(form, refusal))
    messages.success(request, f"{rule} 已保存" if saved.version != draft.version else f"{rule} 没有改动")
    return redirect("governance:rules-draft")


def _edit(
    request: SignedInRequest,
    draft: RuleBook,
    rule: str,
    form: RuleForm,
    *,
    status: int = 200,
    stale: Stale | None = None,
) -> HttpResponse:
    row = next(row for row in rows_of(draft) if row["id"] == rule)
    context = {
        "draft": draft,
        "rule": row,
        "form": form,
        "stale": stale,
        "how": rule_words.judged(row["stored"]),
        "fixed": [entry for entry in rule_words.parameters_of(row["stored"]) if entry["name"] not in form.kinds],
        "statutory": rule in STATUTORY,
    }
    return render(request, "governance/rules_draft_rule.html", context, status=status)


def refused(form: Any, refusal: DomainError) -> int:
    """Put a refusal on the form in its own words; returns the status of the answer."""
    if isinstance(refusal, InvalidInput):
        for fault in refusal.faults:
            form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
        return 422
    form.add_error(None, str(refusal))
    return refusal.status


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: SignedInRequest) -> HttpResponse:
    """发布: number, first day in force and what is new; the differences are on the same page."""
    require_issuer(request)
    draft = rules_draft()
    if draft is None:
        return redirect("governance:rules-draft")
    if request.method != "POST":
        return _issue(request, draft, IssueForm(initial={"version": draft.version}))
    form = IssueForm(request.POST)
    if not form.is_valid():
        return _issue(request, draft, form, 422)
    try:
        issued = issue_rules(
            book=draft, said=form.said(), version=form.cleaned_data["version"], by=request.user, at=timezone.now()
        )
    except DomainError as refusal:
        status = refused(form, refusal)
        form.data = {**request.POST.dict(), "version": str(draft.version)}
        return _issue(request, draft, form, status)
    messages.success(request, f"已发布程序规则 {issued.number}，{issued.effective_from} 起施行")
    return redirect("governance:rules")


def _issue(request: SignedInRequest, draft: RuleBook, form: IssueForm, status: int = 200) -> HttpResponse:
    return render(request, "governance/rules_issue.html", _context(draft, form=form), status=status)


@login_required
@require_POST
def discard(request: SignedInRequest) -> HttpResponse:
    """放弃草案."""
    require_issuer(request)
    draft = rules_draft()
    form = DiscardForm(request.POST)
    if draft is not None and form.is_valid():
        try:
            discard_rules(book=draft, version=form.cleaned_data["version"], by=request.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("governance:rules-draft")
        messages.success(request, "已放弃规则草案")
    return redirect("governance:rules")
