"""A patient's visits: to come and past, one of them, cancel, move, into the calendar."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Doctor
from booking import asked, lookups, operations, queries, schedule, waitlist
from booking.calendar_file import calendar_file
from booking.forms import CancelForm, StartForm
from booking.looks import note_visit, note_visits
from booking.messages import told_at
from booking.models import Appointment, ChangeRequest, Status
from booking.operations import BookingError
from booking.views.times import question_of, refusal_context, source_for_move, times_page
from booking.views.week import Question, Source
from booking.wording import when_text
from clinic.lib.actor import Actor
from clinic.lib.times import local_day


def own_appointment_or_404(request: HttpRequest, pk: uuid.UUID) -> Appointment:
    if (own := lookups.own_visit(request.user.pk, pk)) is None:
        raise Http404
    if request.method in ("GET", "HEAD"):  # else the change itself is written down
        note_visit(request, own)
    return own


def facts_of(visit: Appointment, *, now: dt.datetime) -> dict[str, Any]:
    """What a page says about a visit, and what the patient can still do with it."""
    changes_close = visit.visit_type.changes_close_at(visit.start)
    return {
        "visit": visit,
        "zone": visit.visit_type.clinic.zone,
        "is_upcoming": visit.is_upcoming(now=now),
        "can_change": visit.can_change(now=now),
        "late_minutes": schedule.late_minutes(visit, now=now),
        "changes_close": changes_close if changes_close > now else None,
        "can_ask": visit.status == Status.BOOKED and visit.start > now,
    }


def documents_of(visit: Appointment, *, now: dt.datetime) -> dict[str, Any]:
    """What is still to be sent, with what has come; of a visit that is over, what was asked for."""
    wanted = asked.of_visit(visit) if visit.is_upcoming(now=now) else None
    return {"wanted": wanted, "documents": [] if wanted else visit.documents}


@never_cache
@require_safe
@login_required
def appointments(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    visits = queries.appointments_of(request.user, now=now)  # type: ignore[arg-type]
    visits = list(visits)
    upcoming = [facts_of(visit, now=now) for visit in visits if visit.is_upcoming(now=now)]
    past = [facts_of(visit, now=now) for visit in visits if not visit.is_upcoming(now=now)]
    waiting = waitlist.waiting_of(request.user, now=now)  # type: ignore[arg-type]
    waits = [each.entry.patient_id for each in waiting]
    note_visits(request, "appointments.listed", visits, of=Appointment, also=waits, now=now)
    context = {"next": upcoming[:1], "later": upcoming[1:], "past": past, "waiting": waiting}
    return render(request, "booking/appointments.html", context)


@never_cache
@require_safe
@login_required
def appointment(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    visit = own_appointment_or_404(request, pk)
    now = timezone.now()
    wish = visit.change_requests.order_by("asked_at").last()
    context = {
        **facts_of(visit, now=now),
        **documents_of(visit, now=now),
        "asked": wish if wish and wish.status != ChangeRequest.Status.VOID else None,
        "confirmable": operations.confirmable(visit, now=now),
        # What somebody with a login wrote to the doctor is not for who books in their stead.
        "reason": visit.reason if visit.patient.user_id in (None, request.user.pk) else "",  # type: ignore[union-attr]
    }
    return render(request, "booking/appointment.html", context)


@never_cache
@require_safe
@login_required
def booked(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Done: what, when, where, with whom, what to bring, how to change it."""
    visit = own_appointment_or_404(request, pk)
    now = timezone.now()
    if not visit.is_upcoming(now=now):
        return redirect("appointment", pk=visit.pk)
    template = "request_received" if visit.status == Status.PENDING else "booked"
    context = {
        **facts_of(visit, now=now),
        **documents_of(visit, now=now),
        "still_waiting": waitlist.waits_for(visit),
        "told_at": told_at(visit, template=template, user_id=request.user.pk),
    }
    return render(request, "booking/booked.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET asks, POST does."""
    visit = own_appointment_or_404(request, pk)
    now = timezone.now()
    rest = queries.rest_of_group(visit, user_id=request.user.pk)
    facts = {**facts_of(visit, now=now), "rest": rest[1:]}
    if request.method != "POST":
        return render(request, "booking/cancel.html", {**facts, "form": CancelForm()})
    form = CancelForm(request.POST)
    if not form.is_valid():
        return render(request, "booking/cancel.html", {**facts, "form": form}, status=400)
    try:
        cancelled = _cancel(request, [visit, *rest[1:]], form.cleaned_data["reason"], now=now)
    except BookingError as error:
        context = {**facts, "form": form, "refused": error}
        return render(request, "booking/cancel.html", context, status=409)
    times = "; ".join(when_text(each.start, facts["zone"]) for each in cancelled)
    messages.success(request, _("Cancelled: %(when)s.") % {"when": times})
    return redirect("appointments")


def _cancel(
    request: HttpRequest, visits: list[Appointment], reason: str, *, now: dt.datetime
) -> list[Appointment]:
    """The first of them, or all when the button for that was pressed."""
    by = Actor.from_request(request)
    if "rest" in request.POST:
        return operations.cancel_together(appointments=visits, reason=reason, by=by, now=now)
    return [operations.cancel(appointment=visits[0], reason=reason, by=by, now=now)]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def move(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Choose another time. The present one stays until the new one stands."""
    visit = own_appointment_or_404(request, pk)
    now = timezone.now()
    if not visit.can_change(now=now):
        return render(request, "booking/move_closed.html", facts_of(visit, now=now), status=409)
    if request.method == "POST":
        return _move_to(request, visit, now=now)
    source = source_for_move(visit, now=now)
    question = question_of(request, visit.visit_type, usual=usual_doctor(visit, source))
    context = {"moving": visit, "leads": _leads(visit)}
    return times_page(request, visit.visit_type, source, context, question=question)


def _move_to(request: HttpRequest, visit: Appointment, *, now: dt.datetime) -> HttpResponse:
    form = StartForm(request.POST, visit_type=visit.visit_type)
    if not form.is_valid():
        return _move_refused(request, visit, None, Question(), now=now)
    start, doctor = form.cleaned_data["start"], form.doctor
    try:
        moved = operations.reschedule(
            appointment=visit,
            start=start,
            doctor=doctor,
            by=Actor.from_request(request),
            now=now,
        )
    except BookingError as error:
        day = local_day(start, visit.visit_type.clinic.zone)
        question = Question(day=day, doctor=doctor)
        return _move_refused(request, visit, error, question, now=now)
    messages.success(request, moved_text(moved))
    return redirect("appointment", pk=visit.pk)


def _move_refused(
    request: HttpRequest,
    visit: Appointment,
    error: BookingError | None,
    question: Question,
    *,
    now: dt.datetime,
) -> HttpResponse:
    source = source_for_move(visit, now=now)
    question = replace(question, usual_doctor=usual_doctor(visit, source))
    context = {"moving": visit, "leads": _leads(visit), **refusal_context(error, source)}
    status = 409 if error else 400
    return times_page(request, visit.visit_type, source, context, question=question, status=status)


def _leads(visit: Appointment) -> dict[str, str]:
    """Where the page of free times leads back to, and where it sends a choice."""
    return {
        "back": reverse("appointment", args=[visit.pk]),
        "move": reverse("move", args=[visit.pk]),
    }


def usual_doctor(visit: Appointment, source: Source) -> Doctor | None:
    """A visit stays with its doctor unless the patient says otherwise or the doctor has left."""
    return source.doctors.get(visit.doctor_id)


def moved_text(visit: Appointment) -> str:
    when = when_text(visit.start, visit.visit_type.clinic.zone)
    if visit.status == Status.PENDING:
        return _("Moved to %(when)s. The clinic will answer your request.") % {"when": when}
    return _("Moved to %(when)s.") % {"when": when}


@never_cache
@require_safe
@login_required
def calendar(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    visit = own_appointment_or_404(request, pk)
    response = HttpResponse(
        calendar_file(visit, now=timezone.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
