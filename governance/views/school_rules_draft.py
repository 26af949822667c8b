"""The draft of a school's rules of procedure: its clauses, what it tightens, the meeting that adopted it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from governance import procedure_pages as pages
from governance.forms.procedures import AdoptForm, StricterForm, TextForm
from governance.models import SchoolClause, SchoolRules, SchoolRulesStatus
from governance.procedures import (
    adopting_decisions,
    clauses_of,
    is_of_school,
    may_adopt,
    may_edit,
    model_clauses,
    open_settings,
    tightened_rows,
)
from governance.services import school_rules as services
from governance.views.model_texts import Opened, as_uuid, opened_clause, version_of
from governance.views.school_rules import found_school
from schools.models import School
from schools.permissions import Body

MOVES = ("up", "down", "remove", "restore")


def found_draft(request: SignedInRequest, code: str, body: str) -> tuple[School, SchoolRules | None]:
    """The school and its draft; drafts are the school's own, so for everybody else there is none."""
    school = found_school(request, code, body)
    if not is_of_school(request.user, school.pk):
        raise Http404
    rows = SchoolRules.objects.filter(school=school, body=body, status=SchoolRulesStatus.DRAFT)
    return school, rows.select_related("model_text", "school").first()


def _nothing_to_write(school: School, body: str) -> HttpResponse:
    return redirect("governance:school-rules", code=school.code, body=body)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: SignedInRequest, code: str, body: str) -> HttpResponse:
    """The draft clause by clause beside the model text; each clause is changed in its place."""
    school, found = found_draft(request, code, body)
    if found is None:
        return _nothing_to_write(school, body)
    if request.method != "POST":
        return _show(request, school, found)
    do = request.POST.get("do", "")
    if do == "discard":
        return _discard(request, school, found)
    return _move(request, school, found, do) if do in MOVES else _save(request, school, found)


def _show(
    request: SignedInRequest,
    school: School,
    found: SchoolRules,
    *,
    form: TextForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    own, model = clauses_of(found), model_clauses(found.model_text_id)
    rows = pages.school_rows(own, model)
    mine = may_edit(request.user, school.pk)
    opened = opened_clause(request, own) if mine else Opened()
    show = request.GET.get("show", "")
    context = {
        "school": school,
        "body": Body(found.body),
        "draft": found,
        "chapters": pages.by_chapter(pages.chosen(rows, show)),
        "views": pages.views_of(rows, pages.WORDS, show),
        "show": show,
        "counts": pages.counts_of(rows),
        "stricter": tightened_rows(found, local_day(timezone.now())),
        "writing": mine,
        "may_adopt": may_adopt(request.user, school.pk),
        "opened": opened,
        "form": form or _form_for(opened, own, found),
        "refusal": refusal,
    }
    return render(request, "governance/school_rules_draft.html", context, status=status)


def _form_for(opened: Opened, own: list[SchoolClause], found: SchoolRules) -> TextForm | None:
    if opened.edit:
        text = next(clause.text for clause in own if clause.pk == opened.edit)
        return TextForm(initial={"version": found.version, "text": text})
    return TextForm(initial={"version": found.version}) if opened.new else None


def _save(request: SignedInRequest, school: School, found: SchoolRules) -> HttpResponse:
    """Words of a clause, or a clause of the school's own. What is refused comes back with all that was typed."""
    opened = opened_clause(request, clauses_of(found))
    if not (opened.edit or opened.new):
        raise Http404
    form = TextForm(request.POST)
    if not form.is_valid():
        return _show(request, school, found, form=form, status=422)
    given: dict[str, Any] = {
        "draft": found,
        "text": form.cleaned_data["text"],
        "version": form.seen(),
        "by": request.user,
        "at": timezone.now(),
    }
    try:
        if opened.edit:
            row = services.save_school_clause(clause=opened.edit, **given)
        else:
            row = services.add_school_clause(after=opened.after, **given)
    except InvalidInput as refusal:
        form.take(refusal)
        return _show(request, school, found, form=form, status=422)
    except DomainError as refusal:
        return _refused(request, school, found, refusal, form)
    return redirect(f"{found.get_absolute_url()}#c-{row.pk}")


def _move(request: SignedInRequest, school: School, found: SchoolRules, do: str) -> HttpResponse:
    clause = as_uuid(request.POST.get("clause", ""))
    given: dict[str, Any] = {"draft": found, "version": version_of(request), "by": request.user, "at": timezone.now()}
    try:
        if do == "remove":
            services.remove_school_clause(clause=clause, **given)
        elif do == "restore":
            clause = services.restore_school_clause(model_clause=clause, **given).pk
        else:
            services.move_school_clause(clause=clause, up=do == "up", **given)
    except DomainError as refusal:
        return _refused(request, school, found, refusal)
    return redirect(found.get_absolute_url() + ("" if do == "remove" else f"#c-{clause}"))


def _refused(
    request: SignedInRequest, school: School, found: SchoolRules, refusal: DomainError, form: TextForm | None = None
) -> HttpResponse:
    """The page again with the refusal at its head; when the draft is gone, the school's page."""
    again = SchoolRules.objects.filter(pk=found.pk, status=SchoolRulesStatus.DRAFT)
    now = again.select_related("model_text", "school").first()
    if now is None:
        messages.warning(request, str(refusal))
        return _nothing_to_write(school, found.body)
    status = 403 if refusal.status == 403 else 409
    return _show(request, school, now, form=form, refusal=str(refusal), status=status)


def _discard(request: SignedInRequest, school: School, found: SchoolRules) -> HttpResponse:
    try:
        services.discard_school_rules(draft=found, version=version_of(request), by=request.user, at=timezone.now())
    except DomainError as refusal:
        return _refused(request, school, found, refusal)
    messages.success(request, f"已放弃第 {found.number} 版草稿")
    return _nothing_to_write(school, found.body)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stricter(request: SignedInRequest, code: str, body: str) -> HttpResponse:
    """从严要求: what the school asks for beyond the bureau, never less."""
    school, found = found_draft(request, code, body)
    if found is None:
        return _nothing_to_write(school, body)
    settings = open_settings(body, local_day(timezone.now()))
    if request.method != "POST":
        form = StricterForm(settings=settings, own=found.tightened, version=found.version)
        return _show_stricter(request, school, found, form)
    form = StricterForm(request.POST, settings=settings, own=found.tightened, version=found.version)
    if not form.is_valid():
        return _show_stricter(request, school, found, form, status=422)
    try:
        services.set_stricter(
            draft=found, wanted=form.wanted(), version=form.seen(), by=request.user, at=timezone.now()
        )
    except InvalidInput as refusal:
        form.take(refusal)
        return _show_stricter(request, school, found, form, status=422)
    except DomainError as refusal:
        return _show_stricter(request, school, found, form, refusal=str(refusal), status=409)
    messages.success(request, "已保存从严要求，这一版施行后的会议按它核查")
    return redirect(found.get_absolute_url())


def _show_stricter(
    request: SignedInRequest,
    school: School,
    found: SchoolRules,
    form: StricterForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "school": school,
        "body": Body(found.body),
        "draft": found,
        "form": form,
        "numbers": form.rows(severities=False),
        "severities": form.rows(severities=True),
        "writing": may_edit(request.user, school.pk),
        "refusal": refusal,
    }
    return render(request, "governance/school_rules_stricter.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request: SignedInRequest, code: str, body: str) -> HttpResponse:
    """登记通过: 书记 names the signed Party meeting that adopted the draft, and the day from which it is in force."""
    school, found = found_draft(request, code, body)
    if found is None:
        return _nothing_to_write(school, body)
    decisions = adopting_decisions(request.user, school, found)
    if request.method != "POST":
        form = AdoptForm(initial={"version": found.version}, decisions=decisions)
        return _show_adopt(request, school, found, form, decisions)
    form = AdoptForm(request.POST, decisions=decisions)
    if not form.is_valid():
        return _show_adopt(request, school, found, form, decisions, status=422)
    try:
        services.adopt_school_rules(
            draft=found,
            meeting=as_uuid(form.cleaned_data["meeting"]),
            effective_from=form.cleaned_data["effective_from"],
            version=form.seen(),
            by=request.user,
            at=timezone.now(),
        )
    except InvalidInput as refusal:
        form.take(refusal)
        return _show_adopt(request, school, found, form, decisions, status=422)
    except DomainError as refusal:
        status = 403 if refusal.status == 403 else 409
        return _show_adopt(request, school, found, form, decisions, refusal=str(refusal), status=status)
    messages.success(request, f"第 {found.number} 版已登记通过，不能再改")
    return redirect("governance:school-rules-version", code=school.code, body=body, number=found.number)


def _show_adopt(
    request: SignedInRequest,
    school: School,
    found: SchoolRules,
    form: AdoptForm,
    decisions: list[Any],
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = pages.school_rows(clauses_of(found), model_clauses(found.model_text_id))
    context = {
        "school": school,
        "body": Body(found.body),
        "draft": found,
        "form": form,
        "decisions": decisions,
        "counts": pages.counts_of(rows),
        "stricter": tightened_rows(found, local_day(timezone.now())),
        "may_adopt": may_adopt(request.user, school.pk),
        "refusal": refusal,
        "back": reverse("governance:school-rules-draft", args=[school.code, found.body]),
    }
    return render(request, "governance/school_rules_adopt.html", context, status=status)
