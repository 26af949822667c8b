"""会前准备: the steps before the meeting, materials and the rest of what is prepared for one item."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import User
from attachments.selectors import files_of
from audit.services import subject_of
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from governance import drafts, services, shown
from governance.forms.preparation import Options, PreparationForms
from governance.models import AgendaItem, Decision, Meeting, Secrecy, Talk
from governance.models.preparation import TALK_STAGE
from governance.reference import reference_for
from governance.secrecy import SHORT, hidden_of, hidden_talks, opened_of, readers_of, why_not_set
from governance.selectors import for_agenda
from governance.services.agenda import agenda_is_open
from governance.services.preparation import closed_reason, sources_for
from governance.views.agenda import seen_version
from schools.models import LeadershipMode

REQUIREMENTS = {"required": "必经", "recommended": "建议", "conditional": "视情形"}
MOST_DECISIONS = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preparation(request: SignedInRequest, pk: UUID, item: UUID) -> HttpResponse:
    """GET shows what is prepared, POST saves it or takes a file off."""
    meeting = get_object_or_404(for_agenda(Meeting.objects.visible_to(request.user)), pk=pk)
    found = next((row for row in meeting.items.all() if row.pk == item), None)
    if found is None or hidden_of(request.user, [found]):
        raise Http404
    if request.method == "GET":
        opened = opened_of([found], ())
        services.note_opened(meeting=meeting, opened=opened, by=request.user, at=timezone.now())
    if why := closed_reason(meeting, request.user):
        messages.warning(request, why)
        return redirect(f"{meeting.get_absolute_url()}#item-{found.order}")
    if request.method != "POST":
        return show(request, meeting, found, PreparationForms(found, options_of(request.user, meeting, found)))
    act = request.POST.get("do", "")
    if act.startswith("remove-"):
        return remove(request, meeting, found, act.removeprefix("remove-"))
    return save(request, meeting, found)


def save(request: SignedInRequest, meeting: Meeting, item: AgendaItem) -> HttpResponse:
    """One POST, one service call. Whatever is refused stays as typed."""
    forms = PreparationForms(item, options_of(request.user, meeting, item), request.POST)
    files = request.FILES.getlist("materials")
    if not forms.is_valid():
        return show(request, meeting, item, forms, files_again=[f.name or "" for f in files], status=422)
    try:
        services.prepare_items(
            meeting=meeting,
            prepared=[services.Prepared(item.pk, forms.value(), tuple(files))],
            version=seen_version(request),
            by=request.user,
            at=timezone.now(),
        )
    except InvalidInput as error:
        said = forms.refuse(error)
        return show(request, meeting, item, forms, said=said, files_again=[f.name or "" for f in files], status=422)
    except DomainError as error:
        return show(request, meeting, item, forms, text=str(error), status=409)
    messages.success(request, "会前准备已保存")
    return redirect(f"{meeting.get_absolute_url()}#item-{item.order}")


def remove(request: SignedInRequest, meeting: Meeting, item: AgendaItem, raw: str) -> HttpResponse:
    """Take one file off; what was typed beside it is kept on the page."""
    forms = PreparationForms(item, options_of(request.user, meeting, item), request.POST)
    try:
        services.remove_material(
            meeting=meeting,
            item=item.pk,
            attachment=UUID(raw),
            version=seen_version(request),
            by=request.user,
            at=timezone.now(),
        )
    except ValueError:
        raise Http404 from None
    except DomainError as error:
        return show(request, meeting, item, forms, text=str(error), status=409)
    fresh = for_agenda(Meeting.objects.all()).get(pk=meeting.pk)
    return show(request, fresh, next(row for row in fresh.items.all() if row.pk == item.pk), forms, dirty=True)


def options_of(user: User, meeting: Meeting, item: AgendaItem) -> Options:
    """Stages of the meeting's catalogue, proposals of the principal's meeting, decisions of the school; those whose words the
    account may not read only when they are chosen already, and without a word.
    """
    stages = meeting.catalogue.stages if meeting.catalogue else {}
    decisions = Decision.objects.visible_to(user).filter(school=meeting.school_id).order_by("-decided_on", "-number")
    sources = sources_for(meeting)
    hidden = hidden_of(user, sources.values())
    chosen = {step.source_item_id for step in item.prior_steps.all()}
    shown_decisions = [
        (str(pk), f"{number} {title}")
        for pk, number, title in decisions.values_list("pk", "number", "title")[:MOST_DECISIONS]
    ]
    if item.reconsiders_id and str(item.reconsiders_id) not in dict(shown_decisions):
        shown_decisions.append((str(item.reconsiders_id), _decision_words(user, item.reconsiders_id)))
    return Options(
        stages=[(code, words) for code, words in stages.items() if code != TALK_STAGE],
        sources=[
            (
                str(pk),
                f"{source.meeting.year}年第{source.meeting.serial}次第{source.order}项 {SHORT if pk in hidden else source.title}",
            )
            for pk, source in sources.items()
            if pk not in hidden or pk in chosen
        ],
        decisions=shown_decisions,
    )


def _decision_words(user: User, pk: UUID) -> str:
    """A decision that is chosen already: older than those listed, or withheld."""
    decision = Decision.objects.visible_to(user).filter(pk=pk).first()
    return str(decision) if decision else SHORT


def show(
    request: SignedInRequest,
    meeting: Meeting,
    item: AgendaItem,
    forms: PreparationForms,
    *,
    text: str = "",
    said: list[str] | None = None,
    files_again: list[str] | None = None,
    dirty: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page."""
    due = drafts.roster_on(meeting.school, meeting.body, local_day(meeting.scheduled_at)).due
    judged = drafts.judge_agenda(meeting, drafts.stored_agenda(meeting), due, reference_for(meeting))
    problems = [*problems_of(forms.all()), *({"text": reason, "target": "materials"} for reason in said or [])]
    context: dict[str, Any] = {
        "meeting": meeting,
        "item": item,
        "forms": forms,
        "rows": [(row, REQUIREMENTS.get(row.requirement, row.requirement)) for row in forms.rows],
        "open": agenda_is_open(meeting),
        "files": files_of([item])[subject_of(item)],
        "talks": talks_of(request.user, item),
        "readers": len(readers_of(item)) if item.secrecy == Secrecy.RESTRICTED else 0,
        "may_set_secrecy": not why_not_set(item, meeting, request.user),
        "talk_asked": REQUIREMENTS.get(forms.asked.get(TALK_STAGE, ""), ""),
        "combined": meeting.school.leadership_mode == LeadershipMode.COMBINED,
        "results": [shown.named(result) for result in judged.items[item.order - 1]],
        "problems": problems if status == 422 else [],
        "text": text,
        "files_again": files_again or [],
        "dirty": dirty or status != 200,
    }
    return render(request, "governance/preparation.html", context, status=status)


def talks_of(user: User, item: AgendaItem) -> list[tuple[Talk, bool]]:
    """The talks about the item, latest first, each with whether its words are withheld because of another item."""
    talks = list(Talk.objects.filter(links__item=item).order_by("-held_on", "-pk"))
    hidden = hidden_talks(user, [talk.pk for talk in talks]) if talks else set()
    return [(talk, talk.pk in hidden) for talk in talks]
