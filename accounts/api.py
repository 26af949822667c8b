"""`POST <object>/actions/<name>/`: one step of a machine, through the same services as the pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from rest_framework.request import Request

from accounts.callers import caller
from accounts.idempotency import Answer, once
from accounts.models import User
from common.api.views import PortalAPIView, json_answer, version_asked
from common.errors import Fault, InvalidInput
from common.models import Tracked
from common.transitions import Machine


class Fields:
    """The fields of an action's JSON body, read strictly; all faults are told at once."""

    def __init__(self, data: Any, allowed: tuple[str, ...]) -> None:
        self.faults: list[Fault] = []
        if not isinstance(data, Mapping):
            raise InvalidInput([Fault("$", "正文要是一个 JSON 对象")])
        self.data = data
        self.faults += [Fault(str(name), "不认识的字段") for name in data if name not in allowed]

    def text(self, name: str, limit: int = 2000) -> str:
        """A text, blank when absent."""
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > limit or not _storable(value):
            self.faults.append(Fault(name, f"写一段文字，{limit} 字以内"))
            return ""
        return value

    def day(self, name: str) -> date:
        """A date; required."""
        value = self.data.get(name)
        try:
            parsed = parse_date(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            parsed = None
        if parsed is None:
            self.faults.append(Fault(name, "写日期，格式 YYYY-MM-DD"))
            return date.min
        return parsed

    def key(self, name: str) -> UUID | None:
        """An id, None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        found = _id(value)
        if found is None:
            self.faults.append(Fault(name, "写对象的标识（UUID），没有就写 null"))
        return found

    def keys(self, name: str, most: int) -> tuple[UUID, ...]:
        """A list of ids, empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ()
        found = [_id(entry) for entry in value] if isinstance(value, list) and len(value) <= most else [None]
        if None in found:
            self.faults.append(Fault(name, f"写标识（UUID）的列表，最多 {most} 个"))
        return tuple(key for key in found if key is not None)

    def done(self) -> None:
        """Raise `InvalidInput` when anything was wrong."""
        if self.faults:
            raise InvalidInput(self.faults)


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _storable(value: str) -> bool:
    """No NUL (PostgreSQL) and no lone surrogates (UTF-8)."""
    return "\x00" not in value and not any(0xD800 <= ord(char) <= 0xDFFF for char in value)


def answered_once(request: Request, fields: Fields, answer: Answer) -> HttpResponse:
    """Run `answer` once for the caller's `Idempotency-Key` and body; without a key, run it."""
    said = repr(sorted((str(k), repr(v)) for k, v in fields.data.items()))
    return once(
        account=caller(request),
        key=request.headers.get("Idempotency-Key", ""),
        request=f"{request.method} {request.path}",
        body=said.encode("utf-8", "surrogatepass"),
        at=timezone.now(),
        answer=answer,
    )


class ActionView(PortalAPIView):
    """Base: find within sight, check `If-Match`, run once per `Idempotency-Key`, answer with the object."""

    machine: ClassVar[Machine]
    fields: ClassVar[dict[str, tuple[str, ...]]]

    def visible(self, request: Request) -> QuerySet[Any]:
        """Objects this caller may see."""
        raise NotImplementedError  # pragma: no cover  abstract

    def act(self, found: Any, name: str, fields: Fields, *, by: User, at: datetime) -> Tracked:
        """Call the service of that step."""
        raise NotImplementedError  # pragma: no cover  abstract

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """The object after the step."""
        raise NotImplementedError  # pragma: no cover  abstract

    def perform(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        step = self.machine.get(name)
        found = self.visible(request).filter(pk=pk).first()
        if step is None or found is None:
            raise Http404
        version_asked(request, found.etag)
        fields = Fields(request.data or {}, self.fields.get(name, ("reason",) if step.needs_reason else ()))

        def answer() -> HttpResponse:
            changed = self.act(found, name, fields, by=caller(request), at=timezone.now())
            return json_answer(self.document(request, changed.pk), etag=changed.etag)

        return answered_once(request, fields, answer)
