"""取消预约."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from common.templatetags.bound_fields import problems_of
from communities import services
from communities.forms.entries import ReasonForm
from communities.models import Booking
from communities.views.common import attempt


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def booking_cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """GET asks for the reason, POST cancels."""
    rows = Booking.objects.visible_to(request.user).select_related("school", "period__resource__community", "demand")
    booking = get_object_or_404(rows, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None, initial={"version": booking.version})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            done, status, _ = attempt(
                lambda: services.cancel_booking(
                    booking=booking, reason=form.cleaned_data["reason"], version=form.seen(), by=request.user,
                    at=timezone.now(),
                ),
                form,
            )  # fmt: skip
            if done is not None:
                messages.success(request, "预约已取消")
                return redirect(booking.period.resource)
    context = {"booking": booking, "form": form, "problems": problems_of([form]) if form.is_bound else []}
    return render(request, "communities/booking_cancel.html", context, status=status)
