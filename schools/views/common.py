"""What several pages of this app share."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import User
from common.errors import DomainError, InvalidInput
from common.keyset import BadCursor, Page, page_of
from schools.models import School

PAGE_SIZE = 50


def visible_school(user: User, code: str) -> School:
    """The school, or 404 for what does not exist and for what this account may not see."""
    rows = School.objects.visible_to(user).select_related("office", "party_organisation")
    return get_object_or_404(rows, code=code)


def require(allowed: bool) -> None:
    """Administration pages do not exist for those who have no business there."""
    if not allowed:
        raise Http404


def a_page(request: HttpRequest, rows: Any, order: str) -> Page:
    """One page of a list; a cursor that was not made for this order starts at the beginning."""
    try:
        return page_of(rows, order=order, size=PAGE_SIZE, cursor=request.GET.get("page", "")[:400])
    except BadCursor:
        return page_of(rows, order=order, size=PAGE_SIZE)


def refused(form: forms.Form, refusal: DomainError) -> int:
    """Put a refusal on the form in its own words; returns the status of the answer."""
    if isinstance(refusal, InvalidInput):
        for fault in refusal.faults:
            form.add_error(fault.path if fault.path in form.fields else None, fault.reason)
        return 422
    form.add_error(None, str(refusal))
    return 409


def refusal_page(request: HttpRequest, refusal: DomainError, back: str) -> HttpResponse:
    """The answer to an act without a form: the refusal in its own words, and the way back."""
    return render(request, "schools/refused.html", {"refusal": refusal, "back": back}, status=409)
