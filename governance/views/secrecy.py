"""知悉范围: who may read one item. Before and after the signature, through the same door."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.errors import DomainError, InvalidInput
from common.templatetags.bound_fields import problems_of
from governance import services
from governance.forms.secrecy import SecrecyForm
from governance.guards import is_head
from governance.models import AgendaItem, Meeting, Secrecy
from governance.secrecy import candidates, hidden_of, readers_of, why_not_set
from schools.permissions import HEAD_POST


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def secrecy(request: SignedInRequest, pk: UUID, item: UUID) -> HttpResponse:
    """GET asks, POST sets. For who may not set it the page does not exist."""
    rows = AgendaItem.objects.filter(meeting__in=Meeting.objects.visible_to(request.user).filter(pk=pk))
    found = get_object_or_404(rows.select_related("meeting__school", "meeting__chair", "meeting__recorder"), pk=item)
    if why_not_set(found, found.meeting, request.user):
        raise Http404
    named = readers_of(found)
    people = candidates(found.meeting, named)
    if request.method != "POST":
        initial = {"level": found.secrecy, "readers": [str(pk) for pk in named], "version": found.version}
        return _show(request, found, SecrecyForm(people, initial=initial))
    form = SecrecyForm(people, request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    try:
        services.set_secrecy(
            item=found,
            level=form.cleaned_data["level"],
            readers=form.named(),
            version=form.seen_version(),
            by=request.user,
            at=timezone.now(),
        )
    except InvalidInput as refusal:
        form.refuse(refusal)
        return _show(request, found, form, status=422)
    except DomainError as refusal:
        found.refresh_from_db(fields=["version", "secrecy"])
        form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict, since it was posted
        form.data["version"] = str(found.version)  # type: ignore[index]
        return _show(request, found, form, text=str(refusal), status=409)
    messages.success(request, f"第 {found.order} 项的知悉范围已改为{Secrecy(form.cleaned_data['level']).label}")
    return redirect(f"{found.meeting.get_absolute_url()}#item-{found.order}")


def _show(
    request: SignedInRequest, item: AgendaItem, form: SecrecyForm, *, text: str = "", status: int = 200
) -> HttpResponse:
    """The page; who sets it without being a reader (a new head) does not see the title."""
    head = is_head(item.meeting, request.user)
    context = {
        "meeting": item.meeting,
        "item": item,
        "withheld": bool(hidden_of(request.user, [item])),
        "form": form,
        "people": form.rows(),
        "head_post": HEAD_POST[item.meeting.body].label,
        "locked": item.secrecy == Secrecy.RESTRICTED and not head,
        "problems": problems_of([form]) if status == 422 else [],
        "text": text,
    }
    return render(request, "governance/secrecy.html", context, status=status)
