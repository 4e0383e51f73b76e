"""Breaking the glass: the record of somebody whom the doctor does not treat, for a reason and for
an hour. Nobody browses here: who is named exactly is found, and found is opened."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Doctor, EmergencyAccess, Patient, User
from accounts.operations import (
    end_emergency_access,
    find_in_emergency,
    open_emergency_access,
)
from accounts.operations.emergency import EmergencyError, TreatsAlready
from booking import records
from booking.views.doctor.access import own_doctor_or_404
from booking.views.doctor.forms import EmergencyForm, EmergencyReasonForm
from booking.views.doctor.records import closed_page
from clinic.lib.actor import Actor
from clinic.lib.throttles import RateThrottle


class EmergencyThrottle(RateThrottle):
    """Who asks for one name after the other is looking for something else."""

    scope = "emergency"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def emergency(request: HttpRequest) -> HttpResponse:
    """By name and day of birth, both exact."""
    doctor = own_doctor_or_404(request)
    if request.method != "POST":
        return _page(request, doctor, EmergencyForm())
    form = EmergencyForm(request.POST)
    if not form.is_valid():
        return _page(request, doctor, form, status=400)
    if not EmergencyThrottle().count(str(request.user.pk)):
        return _page(request, doctor, form, refused=_too_often(), status=429)
    try:
        patient = find_in_emergency(
            name=form.cleaned_data["name"],
            date_of_birth=form.cleaned_data["date_of_birth"],
            reason=form.cleaned_data["reason"],
            doctor=doctor,
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        if patient is None:
            refused = _(
                "No single record has exactly this name and date of birth. Check both, or ask the"
                " front desk."
            )
            return _page(request, doctor, form, refused=refused, status=404)
        return _open(request, doctor, patient, form.cleaned_data["reason"])
    except EmergencyError as error:
        return _page(request, doctor, form, refused=str(error), status=409)


@never_cache
@require_POST
@login_required
def open_known(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Of a patient whom the doctor knows from a visit of their own."""
    doctor = own_doctor_or_404(request)
    patient = get_object_or_404(Patient, pk=pk, is_guest=False)
    if records.own_visit_of(doctor, patient.pk) is None:
        raise Http404
    form = EmergencyReasonForm(request.POST)
    if not form.is_valid():
        return closed_page(request, doctor, patient, form=form, status=400)
    if not EmergencyThrottle().count(str(request.user.pk)):
        return closed_page(request, doctor, patient, form=form, refused=_too_often(), status=429)
    try:
        return _open(request, doctor, patient, form.cleaned_data["reason"])
    except EmergencyError as error:
        return closed_page(request, doctor, patient, form=form, refused=str(error), status=409)


def _open(request: HttpRequest, doctor: Doctor, patient: Patient, reason: str) -> HttpResponse:
    by = Actor.from_request(request)
    try:
        open_emergency_access(
            doctor=doctor, patient=patient, reason=reason, by=by, now=timezone.now()
        )
    except TreatsAlready as error:
        messages.info(request, str(error))
    else:
        messages.success(request, _("The record is open. The operators have been told."))
    return redirect("patient_documents", pk=patient.pk)


@never_cache
@require_POST
@login_required
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Close it again before the hour is over."""
    own_doctor_or_404(request)
    access = get_object_or_404(EmergencyAccess, pk=pk, user_id=request.user.pk)
    end_emergency_access(access=access, by=Actor.from_request(request), now=timezone.now())
    messages.success(request, _("The record is closed again."))
    return redirect("emergency")


def _page(
    request: HttpRequest, doctor: Doctor, form: EmergencyForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    assert isinstance(request.user, User)
    context = {
        "form": form,
        "zone": doctor.clinic.zone,
        "open": records.emergencies_now(
            request.user, by=Actor.from_request(request), now=timezone.now()
        ),
        "minutes": settings.EMERGENCY_ACCESS_MINUTES,
    }
    return render(request, "booking/doctor/emergency.html", context | more, status=status)


def _too_often() -> str:
    return _(
        "You have opened, or looked for, many records within an hour. Please call an operator."
    )
