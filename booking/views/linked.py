"""The pages behind the link to a visit that mails and text messages carry.

Who has the link needs no sign-in: it shows what the message said, and lets its reader confirm, move
or cancel, by the rules that bind a patient. GET changes nothing (mail scanners follow links). A
page acts on the version of the visit that it showed and on no other, and the link ends with the
visit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.languages import speak_as_written
from booking import lookups, operations, visit_links
from booking.calendar_file import calendar_file
from booking.forms import AskForm, LinkedForm, StartForm
from booking.models import Appointment, ChangeRequest, Status
from booking.operations import BookingError
from booking.views.appointments import documents_of, facts_of, moved_text, usual_doctor
from booking.views.times import question_of, refusal_context, source_for_move, times_page
from booking.views.week import Question
from clinic.lib.actor import Actor
from clinic.lib.by_link import by_link
from clinic.lib.times import local_day

TEMPLATE = "booking/linked.html"
ENDED = (Status.CANCELLED, Status.DECLINED, Status.LAPSED)


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the visit as it stands, POST does what its buttons say."""
    now = timezone.now()
    found = _named(request, token)
    if found is None or request.method != "POST" or _state(found, now=now) != "open":
        return _page(request, token, found, now=now)
    form = LinkedForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, now=now, status=400)
    try:
        said = _answer(request, found, form, now=now)
    except BookingError as error:
        return _page(request, token, _named(request, token), now=now, refused=error, status=409)
    messages.success(request, said)
    return redirect("visit", token=token)


def _answer(request: HttpRequest, visit: Appointment, form: LinkedForm, *, now: dt.datetime) -> str:
    """Do it, and say so. Raises BookingError."""
    by = _actor(request)
    version = form.cleaned_data["version"]
    match form.cleaned_data["answer"]:
        case "coming":
            operations.confirm_attendance(appointment=visit, version=version, by=by, now=now)
            return _("Thank you for telling us.")
        case "cancel":
            operations.cancel(appointment=visit, version=version, by=by, now=now)
            return _("Your visit is cancelled.")
        case wish:
            kind = ChangeRequest.Kind.MOVE if wish == "ask-move" else ChangeRequest.Kind.CANCEL
            message = form.cleaned_data["message"]
            operations.ask_change(appointment=visit, kind=kind, message=message, by=by, now=now)
            return _("The clinic has your message and will answer it.")


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Choose another time. The present one stays until the new one stands."""
    now = timezone.now()
    found = _named(request, token)
    if found is None or _state(found, now=now) != "open" or not found.can_change(now=now):
        return _page(request, token, found, now=now, status=409 if found else 404)
    if request.method == "POST":
        return _move_to(request, token, found, now=now)
    return _times(request, token, found, {}, now=now)


def _move_to(
    request: HttpRequest, token: str, visit: Appointment, *, now: dt.datetime
) -> HttpResponse:
    form = StartForm(request.POST, visit_type=visit.visit_type)
    if not form.is_valid():
        context = {"not_a_time": True}
        return _times(request, token, visit, context, question=Question(), status=400, now=now)
    start, doctor = form.cleaned_data["start"], form.doctor
    try:
        moved = operations.reschedule(
            appointment=visit,
            start=start,
            doctor=doctor,
            version=visit.version,
            by=_actor(request),
            now=now,
        )
    except BookingError as error:
        context = refusal_context(error, source_for_move(visit, now=now))
        day = local_day(start, visit.visit_type.clinic.zone)
        question = Question(day=day, doctor=doctor)
        return _times(request, token, visit, context, question=question, status=409, now=now)
    messages.success(request, moved_text(moved))
    return redirect("visit", token=visit_links.token_of(moved.pk, moved.version))


def _times(
    request: HttpRequest,
    token: str,
    visit: Appointment,
    context: dict[str, Any],
    *,
    now: dt.datetime,
    question: Question | None = None,
    status: int = 200,
) -> HttpResponse:
    source = source_for_move(visit, now=now)
    usual = usual_doctor(visit, source)
    question = replace(question, usual_doctor=usual) if question else None
    leads = {
        "back": reverse("visit", args=[token]),
        "move": reverse("visit_move", args=[token]),
    }
    return times_page(
        request,
        visit.visit_type,
        source,
        {"moving": visit, "linked": True, "leads": leads, **context},
        question=question or question_of(request, visit.visit_type, usual=usual),
        status=status,
    )


@by_link
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    found = _named(request, token)
    if found is None or _state(found, now=now) not in ("open", "ended"):
        return _page(request, token, found, now=now)
    response = HttpResponse(
        calendar_file(found, now=now), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


def _actor(request: HttpRequest) -> Actor:
    """Whoever is signed in meanwhile: it is the link that lets them act."""
    return Actor.by_link(getattr(request, "client_address", ""))


def _named(request: HttpRequest, token: str) -> Appointment | None:
    """From here on, the answer is in the language in which the patient is written to."""
    named = visit_links.named_by(token)
    found = lookups.linked_visit(named.pk) if named else None
    if found is not None and found.patient is not None:
        speak_as_written(request, found.patient.language)
    return found


def _state(visit: Appointment, *, now: dt.datetime) -> str:
    if visit.end <= now or visit.status in (Status.COMPLETED, Status.NO_SHOW):
        return "over"
    return "ended" if visit.status in ENDED else "open"


def _page(
    request: HttpRequest,
    token: str,
    visit: Appointment | None,
    *,
    now: dt.datetime,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    if visit is None:
        return render(request, TEMPLATE, {"state": "unknown"}, status=404)
    state = _state(visit, now=now)
    if state == "over":
        return render(request, TEMPLATE, {"state": state}, status=410)
    named = visit_links.named_by(token)
    asked = visit.change_requests.order_by("asked_at").last()
    context = {
        **facts_of(visit, now=now),
        **documents_of(visit, now=now),
        "state": state,
        "token": token,
        "refused": refused,
        "has_changed": named is not None and named.version != visit.version,
        "confirmable": operations.confirmable(visit, now=now),
        "asked": asked if asked and asked.status != ChangeRequest.Status.VOID else None,
        "form": AskForm(),
    }
    return render(request, TEMPLATE, context, status=status)
