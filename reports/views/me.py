"""我的: who I am here, and what I can set for myself. The fourth tab of a phone."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from reports.navigation import person_behind


@login_required
@require_safe
def me(request: SignedInRequest) -> HttpResponse:
    """Name, posts with their dates, password, text size, sign-out, the table of permissions."""
    person = person_behind(request.user)
    posts = [
        {
            "place": appointment.school or appointment.office or "",
            "post": appointment.get_post_display(),
            "starts_on": appointment.starts_on,
            "ends_on": appointment.ends_on,
        }
        for appointment in person.appointments
    ]
    return render(request, "reports/me.html", {"posts": posts, "back": request.get_full_path()})
