"""Choosing a time: for a new visit, or for one that moves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Doctor
from booking import answers, lookups, queries
from booking.forms import TimesForm
from booking.models import Appointment, VisitType
from booking.operations import BookingError, Taken
from booking.views.week import Question, Source, choices_of, week_of
from clinic.lib.times import local_day


def visit_type_or_404(slug: str) -> VisitType:
    if (found := lookups.visit_type(slug)) is None:
        raise Http404
    return found


@never_cache
@require_safe
def times(request: HttpRequest, slug: str) -> HttpResponse:
    """The free times of a visit type, a week at a time."""
    visit_type = visit_type_or_404(slug)
    source = source_of(visit_type, now=timezone.now())
    return times_page(request, visit_type, source, {})


def times_page(
    request: HttpRequest,
    visit_type: VisitType,
    source: Source,
    context: dict[str, Any],
    *,
    question: Question | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the page, or for htmx only the part that changes with the question."""
    question = question or question_of(request, visit_type)
    week = week_of(question, source)
    context = {
        "visit_type": visit_type,
        "zone": source.zone,
        "week": week,
        "doctors": week.doctor_choices(source.doctors.values()),
        **context,
    }
    part_only = bool(request.headers.get("HX-Request")) and status == 200
    template = "booking/_times_panel.html" if part_only else "booking/times.html"
    response = render(request, template, {**context, "swapped": part_only}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def question_of(
    request: HttpRequest, visit_type: VisitType, *, usual: Doctor | None = None
) -> Question:
    """Raises BadRequest for an address that was put together wrongly."""
    form = TimesForm(request.GET, visit_type=visit_type)
    if not form.is_valid():
        raise BadRequest
    asked = form.cleaned_data
    return Question(
        week=asked["week"],
        day=asked["day"],
        part=asked["part"],
        doctor=asked["doctor"] if request.GET.get("doctor") else usual,
        usual_doctor=usual,
    )


def source_of(visit_type: VisitType, *, now: dt.datetime) -> Source:
    def find(first: dt.date, last: dt.date, doctor: Doctor | None) -> list[queries.FreeTime]:
        return answers.times(visit_type=visit_type, first=first, last=last, doctor=doctor, now=now)

    def next_free(after: dt.datetime, question: Question) -> queries.FreeTime | None:
        return queries.next_free(
            visit_type=visit_type, after=after, doctor=question.doctor, now=now
        )

    zone = visit_type.clinic.zone
    return Source(
        find=find,
        next_free=next_free,
        doctors={doctor.pk: doctor for doctor in queries.doctors_of(visit_type)},
        zone=zone,
        today=local_day(now, zone),
        horizon=local_day(visit_type.latest(now), zone),
    )


def source_for_move(appointment: Appointment, *, now: dt.datetime) -> Source:
    """As for a new visit, but the visit's own time does not stand in its way."""

    def find(first: dt.date, last: dt.date, doctor: Doctor | None) -> list[queries.FreeTime]:
        return queries.free_times_for_move(
            appointment=appointment, first=first, last=last, doctor=doctor, now=now
        )

    return replace(source_of(appointment.visit_type, now=now), find=find)


def refusal_context(error: BookingError | None, source: Source) -> dict[str, Any]:
    """What the page says when a chosen time was not to be had. None: it was no time at all."""
    near = choices_of(error.alternatives, source, dated=True) if isinstance(error, Taken) else []
    return {"refused": error, "not_a_time": error is None, "near": near}
