"""What the pages of one community share: finding it, its head and tabs, refusals on forms."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from communities.forms.common import VersionedForm
from communities.guards import is_bureau, may_prepare, own_members
from communities.models import Community, CommunityStatus
from communities.showing import tag_of
from schools.models import School
from schools.permissions import SchoolPerm

TABS = (
    ("community", "协议"),
    ("community-members", "成员"),
    ("community-lists", "三张清单"),
    ("community-matching", "匹配"),
    ("community-activities", "活动"),
    ("community-help", "城乡互助"),
)


def find_community(request: SignedInRequest, pk: UUID) -> Community:
    """The community within sight of this account, or 404."""
    rows = Community.objects.visible_to(request.user).select_related("lead_school", "founder", "ended_by")
    return get_object_or_404(rows, pk=pk)


def writes_for(community: Community, user: User) -> list[School]:
    """Members the account enters things for; 组织科 for all. None once the agreement has ended."""
    if community.status == CommunityStatus.ENDED:
        return []
    today = local_day(timezone.now())
    rows = School.objects.filter(memberships__in=community.memberships.staying(today))
    if not is_bureau(user, community):
        rows = rows.filter(pk__in=own_members(community, user, SchoolPerm.EDIT_PLAN))
    return list(rows.order_by("code"))


def members_of(community: Community) -> list[School]:
    """Schools that have not left."""
    today = local_day(timezone.now())
    staying = community.memberships.staying(today)
    return list(School.objects.filter(memberships__in=staying).select_related("office").order_by("code"))


def show_tab(
    request: SignedInRequest, community: Community, tab: str, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the community with its head and tabs."""
    today, user = local_day(timezone.now()), request.user
    shown = {
        "community": community,
        "today": today,
        "tag": tag_of(community, today),
        "tabs": [
            {
                "label": label,
                "url": reverse(f"communities:{name}", args=[community.pk]),
                "current": name == tab,
                "count": "",
            }
            for name, label in TABS
        ],
        "may_prepare": may_prepare(user, community) and community.status != CommunityStatus.ENDED,
        **context,
    }
    return render(request, f"communities/{template}.html", shown, status=status)


def problems_of_error(error: DomainError) -> list[dict[str, str]]:
    """A refusal of a service as lines of the summary."""
    if isinstance(error, InvalidInput):
        return [{"text": fault.reason, "target": ""} for fault in error.faults]
    return [{"text": str(error), "target": ""}]


def attempt(call: Callable[[], Any], form: VersionedForm | None = None) -> tuple[Any, int, Sequence[dict[str, str]]]:
    """What the service answered, else the status and what it said; faults stand on the fields of the form."""
    try:
        return call(), 0, ()
    except InvalidInput as error:
        if form is not None:
            form.refuse(error.faults)
        return None, 422, problems_of_error(error)
    except DomainError as error:
        if form is not None:
            form.add_error(None, str(error))
        return None, 409, problems_of_error(error)


def seen(request: SignedInRequest) -> int:
    """The version that was on the page; -1, which is never right, when there is none."""
    raw = request.POST.get("version", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
