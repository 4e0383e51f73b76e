"""What a patient tells the clinic about a visit: a wish for a change, and that he will come."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from booking import operations
from booking.forms import AskForm
from booking.models import ChangeRequest
from booking.operations import BookingError
from booking.views.appointments import facts_of, own_appointment_or_404
from clinic.lib.actor import Actor


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the clinic for a change that it is too late to make alone. GET asks how, POST does."""
    visit = own_appointment_or_404(request, pk)
    now = timezone.now()
    wish = request.GET.get("kind", ChangeRequest.Kind.CANCEL)
    form = AskForm(request.POST or None, initial={"kind": wish})
    refused, status = None, 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                operations.ask_change(
                    appointment=visit, by=Actor.from_request(request), now=now, **form.cleaned_data
                )
            except BookingError as error:
                refused, status = error, 409
            else:
                messages.success(request, _("The clinic has your message and will answer it."))
                return redirect("appointment", pk=visit.pk)
    context = {**facts_of(visit, now=now), "form": form, "refused": refused}
    return render(request, "booking/ask.html", context, status=status)


@never_cache
@require_POST
@login_required
def coming(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The patient, or the carer, says that the visit will be kept."""
    visit = own_appointment_or_404(request, pk)
    try:
        operations.confirm_attendance(
            appointment=visit, by=Actor.from_request(request), now=timezone.now()
        )
    except BookingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you for telling us."))
    return redirect("appointment", pk=visit.pk)
