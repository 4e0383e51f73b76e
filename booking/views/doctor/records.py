"""Patients' documents for a doctor: of one patient, on a ground; and what was shared."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Doctor, Patient, User
from booking import records
from booking.views.doctor.access import note_viewed, own_doctor_or_404
from booking.views.doctor.forms import EmergencyReasonForm
from clinic.lib.actor import Actor
from documents.operations.reading import list_documents
from documents.queries import ground_on_record


@never_cache
@require_safe
@login_required
def patient_documents(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Of a patient whom the doctor treats, or whose record is open in an emergency; or what the
    patient shared. Of one who came, and is no longer treated: that the record is closed."""
    doctor, user, now = own_doctor_or_404(request), _user(request), timezone.now()
    patient = Patient.objects.present().filter(pk=pk, is_guest=False).first()
    if patient is None:
        raise Http404
    ground = ground_on_record(user=user, patient=patient, now=now)
    if ground is not None and ground.is_family:
        return redirect(f"{reverse('documents')}?for={patient.pk}")
    found = list_documents(patient=patient, user=user, by=Actor.from_request(request), now=now)
    if ground is None and not found:
        return closed_page(request, doctor, patient)
    context = {
        "patient": patient,
        "zone": doctor.clinic.zone,
        "documents": found,
        "is_shared": ground is None,
        "asked": records.asked_of(doctor, patient, now=now) if ground else [],
        "emergency": records.emergency_now(user, patient, now=now),
    }
    return render(request, "booking/doctor/documents.html", context)


@never_cache
@require_safe
@login_required
def shared_with_me(request: HttpRequest) -> HttpResponse:
    doctor = own_doctor_or_404(request)
    found = records.shared_with(doctor, by=Actor.from_request(request), now=timezone.now())
    context = {"shares": found, "zone": doctor.clinic.zone}
    return render(request, "booking/doctor/shared.html", context)


def closed_page(
    request: HttpRequest,
    doctor: Doctor,
    patient: Patient,
    *,
    form: EmergencyReasonForm | None = None,
    refused: str = "",
    status: int = 403,
) -> HttpResponse:
    """For whom the doctor knows from a visit of their own; others' patients do not exist."""
    visit = records.own_visit_of(doctor, patient.pk)
    if visit is None:
        raise Http404
    note_viewed(request, doctor, [visit], page="closed")
    context = {
        "patient": patient,
        "visit": visit,
        "zone": doctor.clinic.zone,
        "form": form or EmergencyReasonForm(),
        "refused": refused,
    }
    return render(request, "booking/doctor/closed.html", context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
