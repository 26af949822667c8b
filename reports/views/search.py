"""搜索."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.text import clean_term
from governance.lists import sight_of
from reports.selectors.search import search as search_everything


@login_required
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Everything within sight that fits the words of `q`."""
    term = clean_term(request.GET.get("q", ""))
    context = {
        "term": term,
        "groups": search_everything(request.user, term, local_day(timezone.now())),
        "sees_meetings": bool(sight_of(request.user)),
    }
    return render(request, "reports/search.html", context)
