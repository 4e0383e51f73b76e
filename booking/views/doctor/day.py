"""The doctor's day: who is next, who comes, what was left open, what awaits an answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Doctor
from booking import asked as documents
from booking import schedule, unreached
from booking.views.doctor.access import note_viewed, own_doctor_or_404
from booking.views.doctor.forms import DELAYS, DayForm
from booking.views.doctor.rows import list_rows, next_row, visit_rows
from clinic.lib.times import local_day

ONE = dt.timedelta(days=1)


@never_cache
@require_safe
@login_required
def today(request: HttpRequest) -> HttpResponse:
    """Today; or, from the field that asks for a date, that day."""
    doctor = own_doctor_or_404(request)
    form = DayForm(request.GET)
    if form.is_valid() and form.cleaned_data["on"]:
        return redirect("day", day=form.cleaned_data["on"])
    return day_page(request, doctor, local_day(timezone.now(), doctor.clinic.zone))


@never_cache
@require_safe
@login_required
def day(request: HttpRequest, day: dt.date) -> HttpResponse:
    return day_page(request, own_doctor_or_404(request), day)


@never_cache
@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    return requests_page(request, own_doctor_or_404(request))


def day_page(
    request: HttpRequest, doctor: Doctor, day: dt.date, *, status: int = 200, **more: Any
) -> HttpResponse:
    now, zone = timezone.now(), doctor.clinic.zone
    found = schedule.days(doctor=doctor, first=day, last=day, now=now)
    is_today = day == local_day(now, zone)
    # What was left open, and what awaits an answer, is said where one looks each morning.
    left = (
        [*schedule.unclosed(doctor=doctor, now=now)[: schedule.MOST_UNCLOSED]] if is_today else []
    )
    asked = [*schedule.requests(doctor=doctor, now=now)] if is_today else []
    seen = [*found.visits, *found.cancelled, *left, *asked]
    documents.look_up(seen)
    missed = unreached.among(v.pk for v in found.visits if v.status in unreached.COMING)
    rows = list_rows(found, zone=zone, now=now, missed=missed)
    context = {
        "doctor": doctor,
        "zone": zone,
        "day": day,
        "now": now,
        "is_today": is_today,
        "previous": day - ONE,
        "following": day + ONE,
        "rows": rows,
        "next": next_row(rows),
        "counts": _counts(found),
        "cancelled": found.cancelled,
        "unclosed": visit_rows(left, zone=zone, now=now),
        "asked": visit_rows(asked, zone=zone, now=now),
        "next_day": _next_day(doctor, found, now=now),
        "late": schedule.delay_minutes(doctor=doctor, day=day) if is_today else 0,
        "delays": DELAYS,
        "page": day.isoformat(),
    }
    note_viewed(request, doctor, seen, day=day.isoformat())
    return render(request, "booking/doctor/day.html", context | more, status=status)


def requests_page(
    request: HttpRequest, doctor: Doctor, *, status: int = 200, **more: Any
) -> HttpResponse:
    now, zone = timezone.now(), doctor.clinic.zone
    asked = list(schedule.requests(doctor=doctor, now=now))
    documents.look_up(asked)
    context = {
        "doctor": doctor,
        "zone": zone,
        "now": now,
        "asked": visit_rows(asked, zone=zone, now=now),
        "page": "requests",
    }
    note_viewed(request, doctor, asked, list="requests")
    return render(request, "booking/doctor/requests.html", context | more, status=status)


def _next_day(doctor: Doctor, found: schedule.Days, *, now: dt.datetime) -> dt.date | None:
    """Where to go on from a day that has nothing more to do."""
    if any(visit.status in schedule.OPEN and visit.end > now for visit in found.visits):
        return None
    return schedule.next_day_with_visits(clinic=doctor.clinic, doctor=doctor, after=found.last)


def _counts(found: schedule.Days) -> dict[str, int]:
    """By status, for the line under the heading."""
    counts: dict[str, int] = {"all": len(found.visits)}
    for visit in found.visits:
        counts[visit.status] = counts.get(visit.status, 0) + 1
    return counts
