"""What the pages of the rollout share."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.exports import Cell, Export, download
from pilots.services.exports import record_export
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm


def sees_schools(user: User) -> None:
    """404 for accounts that see no school at all."""
    if not access.school_ids(user, SchoolPerm.VIEW_SCHOOL):
        raise Http404


def seen_school(user: User, code: str) -> School:
    """The school of that code within sight, or 404."""
    school = School.objects.visible_to(user).select_related("office").filter(code=code).first()
    if school is None:
        raise Http404
    return school


def version_in(request: HttpRequest) -> int:
    """The version that was on the page; -1, which is never current, when there was none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isdecimal() and len(raw) < 10 else -1


def key_in(raw: str) -> UUID:
    """An id in a form, or 404."""
    try:
        return UUID(raw)
    except ValueError:
        raise Http404 from None


def moved(request: HttpRequest, previous: str | None, following: str | None) -> dict[str, str]:
    """Addresses of the pages before and after, with the same filters."""

    def address(cursor: str | None) -> str:
        query = request.GET.copy()
        query["cursor"] = cursor or ""
        return f"?{query.urlencode()}" if cursor else ""

    return {"previous_url": address(previous), "next_url": address(following)}


def taken(
    request: SignedInRequest,
    kind: str,
    *,
    what: str,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    filters: dict[str, str],
) -> HttpResponse:
    """A list as a file; a fact says who took it and how many rows there were."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    at = timezone.now()
    number = record_export(what=what, rows=len(rows), filters=filters, kind=kind, by=request.user, at=at)
    return download(Export(title, columns, rows, request.user.name, at, number), kind)


def today() -> date:
    """The day of the request."""
    return local_day(timezone.now())


def said(error: Exception) -> list[dict[str, str]]:
    """A refusal as the line of an error summary."""
    return [{"text": str(error), "target": ""}]
