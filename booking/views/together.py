"""Booking for several people at once: who comes, when, check, and one button."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Doctor, Patient
from accounts.queries import people_of
from booking import operations, queries
from booking.forms import StartForm, plain_text
from booking.looks import note_visits
from booking.models import Appointment
from booking.operations import BookingError
from booking.queries import FreeTime
from booking.together import Family, Seat
from booking.views.seats import part_of, seat_of, value_of
from booking.views.times import question_of, source_of, times_page, visit_type_or_404
from booking.views.week import Question, Source, choices_of
from clinic.lib.actor import Actor

FEWEST, MOST = 2, 6


@never_cache
@require_safe
@login_required
def together(request: HttpRequest, slug: str) -> HttpResponse:
    """Who comes; then the starts at which all of them can be seen."""
    visit_type = visit_type_or_404(slug)
    people = people_of(request.user)
    if not people:
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.path})}")
    chosen = _chosen(request, people)
    if not FEWEST <= len(chosen) <= MOST:
        context = {
            "visit_type": visit_type,
            "people": people,
            "chosen": chosen,
            "asked": "who" in request.GET,
            "fewest": FEWEST,
            "most": MOST,
        }
        return render(request, "booking/together_who.html", context)
    family = Family(visit_type, tuple(chosen), timezone.now())
    question = replace(question_of(request, visit_type), extra=_who(chosen))
    context = {
        "choosing": {
            "action": reverse("together_check", args=[slug]),
            "hidden": _who(chosen),
        },
        "together": chosen,
    }
    return times_page(request, visit_type, source_for(family), context, question=question)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """All of it on one card, and one button that books all or nothing."""
    visit_type = visit_type_or_404(slug)
    people = people_of(request.user)
    asked = request.POST if request.method == "POST" else request.GET
    form = StartForm(asked, visit_type=visit_type)
    chosen = _chosen(request, people)
    if not form.is_valid() or not FEWEST <= len(chosen) <= MOST:
        return redirect("together", slug=slug)
    family = Family(visit_type, tuple(chosen), timezone.now())
    start, doctor = form.cleaned_data["start"], form.doctor
    if request.method != "POST":
        return _check_page(request, family, start, doctor)
    seats = _seats(request, family)
    if seats is None:
        return _check_page(request, family, start, doctor, status=400)
    reasons = dict(zip(chosen, request.POST.getlist("reason"), strict=False))
    try:
        visits = operations.book_together(
            bookings=[
                part_of(seat, visit_type, plain_text(reasons.get(seat.patient, ""), most=2000))
                for seat in seats
            ],
            by=Actor.from_request(request),
            now=family.now,
        )
    except BookingError as error:
        return _check_page(request, family, start, doctor, refused=error, status=409)
    return redirect("group", group=visits[0].group)


@never_cache
@require_safe
@login_required
def group(request: HttpRequest, group: uuid.UUID) -> HttpResponse:
    """Visits that were booked together, once they are."""
    visits = Appointment.objects.of_patient_user(request.user.pk).filter(group=group)
    visits = visits.select_related("doctor", "visit_type__clinic", "patient").order_by("start")
    if not visits:
        raise Http404
    zone = visits[0].visit_type.clinic.zone
    note_visits(request, "appointments.listed", visits, of=Appointment)
    return render(request, "booking/group.html", {"visits": visits, "zone": zone})


def source_for(family: Family) -> Source:
    def next_free(after: dt.datetime, question: Question) -> FreeTime | None:
        return family.next_free(after, question.doctor)

    source = source_of(family.visit_type, now=family.now)
    return replace(source, find=family.times, next_free=next_free)


def _chosen(request: HttpRequest, people: list[Patient]) -> list[Patient]:
    """Of those one may book for, in the order of the list."""
    asked = request.POST if request.method == "POST" else request.GET
    names = set(asked.getlist("who"))
    return [person for person in people if str(person.pk) in names]


def _who(chosen: list[Patient]) -> tuple[tuple[str, str], ...]:
    return tuple(("who", str(person.pk)) for person in chosen)


def _seats(request: HttpRequest, family: Family) -> list[Seat] | None:
    """What the chosen plan says, if it is a plan for exactly these people."""
    doctors = queries.doctors_of(family.visit_type)
    values = request.POST.get("plan", "").split(",")
    seats = [seat_of(value, people=family.people, doctors=doctors) for value in values]
    good = [seat for seat in seats if seat is not None]
    if len(good) != len(seats) or {seat.patient for seat in good} != set(family.people):
        return None
    return good if len(good) == len(family.people) else None


def _check_page(
    request: HttpRequest,
    family: Family,
    start: dt.datetime,
    doctor: Doctor | None,
    *,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    plans = family.plans(start, doctor)
    near: list[FreeTime] = []
    if not plans or refused:
        near = _near(family, start, doctor)
        status = 409 if status == 200 else status
    source = source_for(family)
    context: dict[str, Any] = {
        "visit_type": family.visit_type,
        "zone": source.zone,
        "start": start,
        "doctor": doctor,
        "people": family.people,
        "plans": [{"value": ",".join(map(value_of, plan)), "seats": plan} for plan in plans],
        "refused": refused,
        "near": choices_of(near, source, dated=True),
        "who": _who(list(family.people)),
        "back": f"{reverse('together', args=[family.visit_type.slug])}?"
        + urlencode(_who(list(family.people))),
    }
    return render(request, "booking/together_check.html", context, status=status)


def _near(family: Family, start: dt.datetime, doctor: Doctor | None) -> list[FreeTime]:
    zone = family.visit_type.clinic.zone
    day = start.astimezone(zone).date()
    found = family.times(day - dt.timedelta(days=3), day + dt.timedelta(days=7), doctor)
    others = [free for free in found if free.start != start]
    return sorted(others, key=lambda free: abs(free.start - start))[:3]
