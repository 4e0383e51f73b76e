"""Blocking time and taking leave. Where visits stand, first it is said which."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Doctor
from booking import operations, schedule
from booking.availability import Span
from booking.models import Appointment, TimeOff
from booking.operations import BookingError
from booking.views.doctor.access import note_viewed, own_doctor_or_404
from booking.views.doctor.forms import TimeOffForm
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, local_day


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_time_off(request: HttpRequest) -> HttpResponse:
    """What is blocked already, and a form for more."""
    doctor = own_doctor_or_404(request)
    now = timezone.now()
    if request.method != "POST":
        today = local_day(now, doctor.clinic.zone)
        form = _form(doctor, now, initial={"first": today, "last": today})
        return _page(request, doctor, form, now=now)
    form = _form(doctor, now, data=request.POST)
    if not form.is_valid():
        return _page(request, doctor, form, now=now, status=400)
    span = form.cleaned_data["span"]
    standing = list(schedule.visits_in(doctor=doctor, span=Span(max(span.start, now), span.end)))
    if standing and form.cleaned_data["seen"] != digest_of(standing):
        return _confirm(request, doctor, form, standing)
    return _block(request, doctor, form, span, now=now)


def _block(
    request: HttpRequest, doctor: Doctor, form: TimeOffForm, span: Span, *, now: dt.datetime
) -> HttpResponse:
    """Close the time; if visits stand in it, on to the page that deals with each."""
    try:
        made = operations.add_time_off(
            clinic=doctor.clinic,
            doctor=doctor,
            kind=form.cleaned_data["kind"],
            start=span.start,
            end=span.end,
            note=form.cleaned_data["note"],
            by=Actor.from_request(request),
            now=now,
        )
    except BookingError as error:
        return _page(request, doctor, form, now=now, status=409, refused=str(error))
    messages.success(request, _("The time is blocked. Nobody can book it any more."))
    if made.affected.exists():
        return redirect("away", made.pk)
    return redirect("own_time_off")


@never_cache
@require_POST
@login_required
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the time again. The whole clinic's time off is not one doctor's to end."""
    doctor = own_doctor_or_404(request)
    some = get_object_or_404(TimeOff.objects.select_related("clinic"), pk=pk, doctor=doctor)
    now = timezone.now()
    try:
        operations.remove_time_off(time_off=some, by=Actor.from_request(request), now=now)
    except BookingError as error:
        form = _form(doctor, now)
        return _page(request, doctor, form, now=now, status=409, refused=str(error))
    messages.success(request, _("The time is open again."))
    return redirect("own_time_off")


def digest_of(visits: list[Appointment]) -> str:
    """Names a set of visits: if one more was booked meanwhile, it is shown before it is done."""
    names = sorted(f"{visit.pk}:{visit.version}" for visit in visits)
    return hashlib.sha256(" ".join(names).encode()).hexdigest()


def _form(doctor: Doctor, now: dt.datetime, **more: Any) -> TimeOffForm:
    return TimeOffForm(zone=doctor.clinic.zone, now=now, **more)


def _confirm(
    request: HttpRequest, doctor: Doctor, form: TimeOffForm, standing: list[Appointment]
) -> HttpResponse:
    note_viewed(request, doctor, standing, list="time-off")
    context = {
        "form": form,
        "zone": doctor.clinic.zone,
        "standing": standing,
        "seen": digest_of(standing),
        "sent": [(name, request.POST.get(name, "")) for name in form.fields if name != "seen"],
        "span": form.cleaned_data["span"],
    }
    return render(request, "booking/doctor/time_off_confirm.html", context)


def _page(
    request: HttpRequest,
    doctor: Doctor,
    form: TimeOffForm,
    *,
    now: dt.datetime,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    zone = doctor.clinic.zone
    rows = [
        {"off": some, "own": some.doctor_id == doctor.pk, **_days_of(some, zone)}
        for some in schedule.upcoming_time_off(doctor=doctor, now=now)
    ]
    context = {"form": form, "rows": rows, "zone": zone, "doctor": doctor}
    return render(request, "booking/doctor/time_off.html", context | more, status=status)


def _days_of(some: TimeOff, zone: Any) -> dict[str, Any]:
    """Whole days are said as days."""
    first = local_day(some.start, zone)
    last = local_day(some.end - dt.timedelta(microseconds=1), zone)
    whole = day_bounds(first, zone)[0] == some.start and day_bounds(last, zone)[1] == some.end
    return {"first": first, "last": last, "whole": whole}
