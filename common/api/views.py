"""The two shapes of reading: a keyset list, and one object with its ETag."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api.problems import Problem
from common.errors import Fault
from common.keyset import BadCursor, page_of

MOST = 200
MANNERS = ("cursor", "page_size", "ordering", "updated_since", "include_deleted")
Filter = Callable[[QuerySet[Any], str], QuerySet[Any]]


def json_answer(content: Any, *, status: int = 200, etag: str = "") -> HttpResponse:
    """A JSON answer; ids, dates and times become text."""
    text = json.dumps(content, ensure_ascii=False, default=_plain, separators=(",", ":"))
    response = HttpResponse(text.encode("utf-8"), status=status, content_type="application/json")
    if etag:
        response["ETag"] = etag
    return response


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def absolute(request: HttpRequest | Request, name: str, key: object) -> str:
    """The address of an object."""
    return str(request.build_absolute_uri(reverse(name, args=[key])))


def one_of(field: str, allowed: dict[str, str] | set[str]) -> Filter:
    """A filter on a field with fixed values."""

    def apply(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value not in allowed:
            raise ValueError(f"可用的值：{'、'.join(sorted(allowed))}")
        return rows.filter(**{field: value})

    return apply


def text(field: str) -> Filter:
    """A filter by an exact code."""

    def apply(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{field: value})

    return apply


def flag(value: str) -> bool:
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise ValueError("用 true 或 false")
    return value == "true"


def moment(value: str) -> datetime:
    """An ISO 8601 time with offset. A `+` that arrived as a blank is understood."""
    parsed = parse_datetime(value.replace(" ", "+"))
    if parsed is None or parsed.tzinfo is None:
        raise ValueError("写成带时区的 ISO 8601 时间，如 2026-09-10T14:00:00+08:00")
    return parsed


class PortalAPIView(APIView):
    """Base of all resources. `read_scope` and `write_scope` are what a token needs."""

    read_scope: ClassVar[str] = ""
    write_scope: ClassVar[str] = ""
    parameters: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After sign-in and scope: unknown query parameters are refused."""
        super().initial(request, *args, **kwargs)
        unknown = [name for name in request.query_params if name not in self.known_parameters()]
        if unknown:
            raise Problem(400, "地址里有不认识的参数。", [Fault(name, "不认识的参数") for name in unknown])

    def known_parameters(self) -> set[str]:
        """Names that may stand behind the `?`."""
        return set(self.parameters)


class ListView(PortalAPIView):
    """GET of a collection: `results`, `next`, `previous`."""

    orderings: ClassVar[tuple[str, ...]] = ("updated_at",)
    filters: ClassVar[dict[str, Filter]] = {}

    def queryset(self, request: Request) -> QuerySet[Any]:
        """The rows this caller may see."""
        raise NotImplementedError  # pragma: no cover  abstract

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """The rows of one page as the contract writes them, in a constant number of queries."""
        raise NotImplementedError  # pragma: no cover  abstract

    def known_parameters(self) -> set[str]:
        """The common manners and this list's own filters."""
        return {*MANNERS, *self.filters, *self.parameters}

    def get(self, request: Request) -> HttpResponse:
        """One page."""
        params = request.query_params
        rows = self._filtered(request, self.queryset(request))
        order = params.get("ordering", self.orderings[0])
        if order.lstrip("-") not in self.orderings or order.startswith("--"):
            raise _bad("ordering", f"可用：{'、'.join(self.orderings)}，前面加 - 为倒序")
        try:
            page = page_of(
                rows, order=order, size=_page_size(params.get("page_size", "50")), cursor=params.get("cursor", "")
            )
        except BadCursor as fault:
            raise _bad("cursor", "翻页标记不对，从第一页重新取") from fault
        content = {
            "results": self.documents(request, page.rows),
            "next": _link(request, page.next),
            "previous": _link(request, page.previous),
        }
        return json_answer(content)

    def _filtered(self, request: Request, rows: QuerySet[Any]) -> QuerySet[Any]:
        params = request.query_params
        for name, apply in self.filters.items():
            if name in params:
                try:
                    rows = apply(rows, params[name])
                except ValueError as fault:
                    raise _bad(name, str(fault)) from fault
        try:
            if "updated_since" in params:
                rows = rows.filter(updated_at__gte=moment(params["updated_since"]))
        except ValueError as fault:
            raise _bad("updated_since", str(fault)) from fault
        try:
            flag(params.get("include_deleted", "false"))
        except ValueError as fault:
            raise _bad("include_deleted", str(fault)) from fault
        return rows


class DetailView(PortalAPIView):
    """GET of one object with its ETag; an unchanged object answers 304 after one tiny query."""

    key: ClassVar[str] = "pk"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """The rows this caller may see."""
        raise NotImplementedError  # pragma: no cover  abstract

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """The object as the contract writes it."""
        raise NotImplementedError  # pragma: no cover  abstract

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """The entity tag: id and version, and what else the answer depends on."""
        return f'"{found["pk"].hex}-{found["version"]}"'

    def version_fields(self) -> tuple[str, ...]:
        """Columns that `etag_of` needs."""
        return ("pk", "version")

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The object, or 304."""
        found = self.queryset(request).filter(**{self.key: kwargs[self.key]}).values(*self.version_fields()).first()
        if found is None:
            raise Http404
        etag = self.etag_of(request, found)
        if etag in _listed(request.headers.get("If-None-Match", "")):
            unchanged = HttpResponseNotModified()
            unchanged["ETag"] = etag
            return unchanged
        return json_answer(self.document(request, found["pk"]), etag=etag)


def _listed(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",") if part.strip()}


def version_asked(request: Request, etag: str) -> None:
    """`If-Match` of an action is optional; a stale one is 412.

    A tag may carry more than id and version (the day, for what follows from dates); a step asks for the version alone.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    versions = {tag.strip('"').partition(".")[0] for tag in _listed(header)}
    if etag.strip('"') not in versions:
        raise Problem(412, "对象已有新版本，重新读取后再试。")


def version_required(request: Request, etag: str) -> None:
    """Updates and deletions need `If-Match`: 428 without, 412 when stale."""
    if "If-Match" not in request.headers:
        raise Problem(428, "更新和删除要带 If-Match，写读取时得到的 ETag。")
    version_asked(request, etag)


def _bad(path: str, reason: str) -> Problem:
    return Problem(400, reason, [Fault(path, reason)])


def _page_size(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or len(raw) > 4 or not 1 <= int(raw) <= MOST:
        raise _bad("page_size", f"1 至 {MOST} 的整数")
    return int(raw)


def _link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))
