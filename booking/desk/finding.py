"""Finding a patient, by whatever is said at the desk or on the phone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Clinic, Patient
from accounts.portal import page, show
from accounts.queries import find_patients
from booking.desk.common import MAY, clinic_or_404
from booking.desk.widget import status_word
from booking.looks import note_patients
from booking.models import Appointment
from booking.wording import short_day_text, time_text
from clinic.lib.times import day_bounds, local_day

VISITS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class NextVisit:
    url: str
    when: str
    doctor: str
    status: str


@dataclass(frozen=True, slots=True)
class Found:
    patient: Patient
    visits: list[NextVisit]


@page("desk/find/", name="desk_find", permission=MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """What is looked for is sent in the body: an address would stay in the browser's history.

    A script gets the list alone.
    """
    text = request.POST.get("q", "")
    clinic, now = clinic_or_404(), timezone.now()
    found = with_visits(find_patients(text), clinic, now=now)
    note_found(request, clinic, found, now=now)
    template = "admin/desk/find.html"
    if request.headers.get("X-Requested-With") == "fetch":
        is_choice = request.POST.get("for") == "book"
        template = "admin/desk/_choose.html" if is_choice else "admin/desk/_found.html"
    return show(
        request, template, title=_("Find a patient"), found=found, q=text,
        asked=request.method == "POST",
    )  # fmt: skip


def note_found(
    request: HttpRequest, clinic: Clinic, found: list[Found], *, now: dt.datetime
) -> None:
    """Whose birthdays, phones and visits were shown; never what was looked for."""
    patients = [each.patient for each in found]
    note_patients(request, "desk.patients_found", patients, of=clinic, now=now)


def with_visits(patients: list[Patient], clinic: Clinic, *, now: dt.datetime) -> list[Found]:
    """Each with the visits of today and the next ones after."""
    zone = clinic.zone
    start, _end = day_bounds(local_day(now, zone), zone)
    rows = (
        Appointment.objects.filter(patient__in=patients, clinic=clinic, start__gte=start)
        .filter(status__in=["pending", "booked", "checked_in", "completed", "no_show"])
        .select_related("doctor")
        .order_by("start")
    )
    visits: dict[uuid.UUID, list[NextVisit]] = defaultdict(list)
    for row in rows[: 4 * VISITS_SHOWN * max(1, len(patients))]:
        if row.patient_id is None or len(visits[row.patient_id]) >= VISITS_SHOWN:
            continue
        day = local_day(row.start, zone)
        is_today = day == local_day(now, zone)
        when = f"{_('today') if is_today else short_day_text(day)}, {time_text(row.start, zone)}"
        url = reverse("admin:desk_visit", args=[row.pk])
        visits[row.patient_id].append(
            NextVisit(url, when, row.doctor.display_name, status_word(row))
        )
    return [Found(patient, visits.get(patient.pk, [])) for patient in patients]
