"""书记校长沟通: the list with its quick form on top, and one talk to read, correct or delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import Difference, DomainError, InvalidInput, Stale
from common.exports import Export, download
from common.middleware import safe_next
from common.templatetags.bound_fields import problems_of
from governance import ledgers, lists, services
from governance.forms.talks import TalkForm
from governance.models import AgendaItem, Talk, TalkResult
from governance.secrecy import readable
from governance.services.exports import record_export
from governance.talks import CLOSED, COMBINED, SEALED, asks_for_talk, may_keep, open_items, refusal
from governance.views.meetings import neighbours
from schools import access
from schools.models import LeadershipMode, School
from schools.permissions import SchoolPerm

TAGS = {TalkResult.AGREED: "done", TalkResult.MOSTLY_AGREED: "done", TalkResult.DISAGREED: "warn"}
MANY_ITEMS = 200


@dataclass
class Entry:
    """The quick form for one school, or why there is none."""

    school: School
    schools: Sequence[School]
    form: TalkForm | None = None
    why: str = ""
    back: str = ""
    problems: Sequence[dict[str, str]] = ()


def tag_of(talk: Talk) -> tuple[str, str] | None:
    """Kind and words of the result's tag; nothing when it was not said."""
    return (TAGS[TalkResult(talk.result)], talk.get_result_display()) if talk.result else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def talk_list(request: SignedInRequest) -> HttpResponse:
    """GET lists, with the form on top for 书记、校长、党政办; POST records. `?item=` comes with that item chosen."""
    if not access.school_ids(request.user, SchoolPerm.VIEW_MEETINGS):
        raise Http404
    entry = _entry(request)
    if request.method != "POST":
        return _show_list(request, entry)
    if entry is None:
        raise Http404
    form = entry.form
    if form is None or not form.is_valid():
        entry.problems = problems_of([form]) if form else [{"text": entry.why, "target": ""}]
        return _show_list(request, entry, status=422 if form else 409)
    try:
        talk = services.record_talk(school=entry.school, talk=form.value(), by=request.user, at=timezone.now())
    except InvalidInput as error:
        form.refuse(error.faults)
        entry.problems = problems_of([form])
        return _show_list(request, entry, status=422)
    except DomainError as error:
        entry.problems = [{"text": str(error), "target": ""}]
        return _show_list(request, entry, status=409)
    messages.success(request, f"已登记 {talk.held_on.month} 月 {talk.held_on.day} 日的沟通")
    return redirect(entry.back or "governance:talks")


def _entry(request: SignedInRequest) -> Entry | None:
    """The form for the school in the address (or of the item), else the first of those the account keeps talks of."""
    ids = access.school_ids(request.user, SchoolPerm.RECORD_MINUTES).ids
    schools = list(School.objects.filter(pk__in=ids).order_by("py", "pk")) if ids else []
    if not schools:
        return None
    given = request.POST if request.method == "POST" else request.GET
    asked = _asked(request.user, given.get("item", ""), schools)
    code = asked.meeting.school.code if asked else given.get("school", "")
    school = next((school for school in schools if school.code == code), schools[0])
    back = reverse("governance:preparation", args=[asked.meeting_id, asked.pk]) if asked else ""
    entry = Entry(school, schools, back=safe_next(given.get("next", "")) or back)
    entry.why = refusal(request.user, school) or ""
    if not entry.why:
        today = local_day(timezone.now())
        initial = {"held_on": today, "items": [str(asked.pk)] if asked else []}
        if asked:
            initial["topics"] = asked.title
        data = request.POST if request.method == "POST" else None
        entry.form = TalkForm(_choices(request.user, school.pk), data, today=today, initial=initial)
    return entry


def _choices(user: User, school: UUID) -> list[AgendaItem]:
    """What a talk may be about, those first that ask for one."""
    return sorted(open_items(school).filter(readable(user))[:MANY_ITEMS], key=lambda item: not asks_for_talk(item))


def _asked(user: User, raw: str, schools: Sequence[School]) -> AgendaItem | None:
    """The item in the address, when it is one of an unsigned meeting of those schools."""
    try:
        pk = UUID(raw)
    except ValueError:
        return None
    for school in schools:
        rows = open_items(school.pk).filter(readable(user))
        if found := rows.select_related("meeting__school").filter(pk=pk).first():
            return found
    return None


def _show_list(request: SignedInRequest, entry: Entry | None, status: int = 200) -> HttpResponse:
    sight = lists.sight_of(request.user)
    rows = lists.school_rows(request.user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = ledgers.filters_from(request.GET, schools)
    page = ledgers.talks_page(request.user, filters, schools, request.GET.get("cursor", ""))
    withheld = ledgers.talks_withheld(request.user, page.rows)
    context = {
        "sight": sight,
        "filters": filters,
        "talks": [(talk, tag_of(talk), talk.pk in withheld) for talk in page.rows],
        "entry": entry,
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "results": [lists.Option(value, label, value == filters.result) for value, label in TalkResult.choices],
        "export_query": lists.address(request.GET, item=None, next=None),
        **neighbours(request, page.previous, page.next),
    }
    return render(request, "governance/talk_list.html", context, status=status)


@login_required
@require_GET
def talks_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    if not access.school_ids(request.user, SchoolPerm.VIEW_MEETINGS) or kind not in ("csv", "xlsx"):
        raise Http404
    schools = {code: pk for pk, code, _, _ in lists.school_rows(request.user)}
    filters = ledgers.filters_from(request.GET, schools)
    found = list(ledgers.talks_found(request.user, filters, schools).order_by("-held_on", "-pk"))
    withheld = ledgers.talks_withheld(request.user, found)
    lines = [ledgers.exported_talk(talk, withheld) for talk in found]
    at = timezone.now()
    number = record_export(
        rows=len(lines), filters=filters.in_address(), kind=kind, what="talks", by=request.user, at=at
    )
    return download(Export("书记校长沟通", ledgers.TALK_COLUMNS, lines, request.user.name, at, number), kind)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def talk_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One talk: to be corrected by those who keep it until a meeting it was about is signed, else to be read."""
    talk = _find(request.user, pk)
    if request.method == "POST":
        return _delete(request, talk) if request.POST.get("do") == "delete" else _save(request, talk)
    return _show(request, talk, _form(request.user, talk))


def _find(user: User, pk: UUID) -> Talk:
    """The talk within sight; one about an item whose words are withheld is not shown."""
    talk = get_object_or_404(ledgers.talks_found(user, ledgers.Filters(), {}), pk=pk)
    if ledgers.talks_withheld(user, [talk]):
        raise Http404
    return talk


def _form(user: User, talk: Talk, data: Any = None) -> TalkForm:
    linked = [link.item for link in talk.links.all()]
    known = {item.pk for item in linked}
    items = [*linked, *(item for item in _choices(user, talk.school_id) if item.pk not in known)]
    initial = {
        "held_on": talk.held_on,
        "topics": talk.topics,
        "result": talk.result,
        "note": talk.note,
        "items": [str(item.pk) for item in linked],
        "version": talk.version,
    }
    return TalkForm(items, data, today=local_day(timezone.now()), initial=initial)


def _save(request: SignedInRequest, talk: Talk) -> HttpResponse:
    form = _form(request.user, talk, request.POST)
    if not form.is_valid():
        return _show(request, talk, form, problems=problems_of([form]), status=422)
    try:
        services.edit_talk(talk=talk, new=form.value(), version=form.seen_version(), by=request.user, at=timezone.now())
    except InvalidInput as error:
        form.refuse(error.faults)
        return _show(request, talk, form, problems=problems_of([form]), status=422)
    except DomainError as error:
        return _refused(request, form, error, talk.pk)
    messages.success(request, "沟通记录已更正")
    return redirect(talk)


def _delete(request: SignedInRequest, talk: Talk) -> HttpResponse:
    raw = request.POST.get("version", "")
    version = int(raw) if raw.isdecimal() and len(raw) < 10 else -1
    try:
        services.delete_talk(talk=talk, version=version, by=request.user, at=timezone.now())
    except DomainError as error:
        return _refused(request, _form(request.user, _find(request.user, talk.pk)), error, talk.pk)
    messages.success(request, "沟通记录已删去")
    return redirect("governance:talks")


def _refused(request: SignedInRequest, form: TalkForm, error: DomainError, pk: UUID) -> HttpResponse:
    """The talk as it is now, with what was typed and, when somebody was quicker, what differs."""
    talk = _find(request.user, pk)
    found: Sequence[Difference] = error.differences if isinstance(error, Stale) else ()
    if form.is_bound:
        form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
        form.data["version"] = str(talk.version)  # type: ignore[index]
    problems = [{"text": str(error), "target": ""}]
    return _show(request, talk, form, problems=problems, differences=found, status=409)


def _show(
    request: SignedInRequest,
    talk: Talk,
    form: TalkForm,
    *,
    problems: Sequence[dict[str, str]] = (),
    differences: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    closed = any(link.item.meeting.status in SEALED for link in talk.links.all())
    keeps = may_keep(request.user, talk.school_id)
    context = {
        "talk": talk,
        "tag": tag_of(talk),
        "form": form if keeps and not closed else None,
        "closed": CLOSED if closed else "",
        "combined": COMBINED if keeps and talk.school.leadership_mode == LeadershipMode.COMBINED else "",
        "many": lists.sight_of(request.user).many,
        "problems": problems,
        "differences": differences,
    }
    return render(request, "governance/talk_detail.html", context, status=status)
