"""One visit at the desk: what it is, what can be done with it now, and doing it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.portal import page, show
from booking import asked, operations, unreached
from booking.desk.common import MAY, staff_sentence, typed, visit_or_404, way_back
from booking.desk.forms import WaiveForm
from booking.desk.history import what_happened
from booking.desk.widget import SHAPES, rooms_of, status_word
from booking.looks import note_visit
from booking.models import Appointment, Status
from booking.models.appointment import MOVABLE
from booking.wording import time_text, when_text
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

Work = Callable[..., Any]


def _cancel(**asked: Any) -> Appointment:
    if not asked["reason"].strip():
        raise operations.ReasonMissing
    return operations.cancel(**asked)


# What a form may ask for: the operation, whether it takes the reason, and what is said then.
VERBS: dict[str, tuple[Work, bool, Any]] = {
    "check-in": (operations.check_in, False, gettext_lazy("%(name)s has arrived.")),
    "complete": (operations.complete, False, gettext_lazy("The visit of %(name)s is done.")),
    "no-show": (operations.mark_no_show, False, gettext_lazy("%(name)s did not come.")),
    "undo": (operations.undo, False, gettext_lazy("Taken back: %(name)s.")),
    "accept": (operations.accept, False, gettext_lazy("Accepted. %(name)s is told.")),
    "decline": (operations.decline, True, gettext_lazy("Declined. %(name)s is told.")),
    "cancel": (_cancel, True, gettext_lazy("Cancelled. %(name)s is told.")),
}


@page("desk/visit/<uuid:pk>/", name="desk_visit", permission=MAY)
@require_safe
def visit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """With `?panel` only what the day's dialog shows. To open somebody's visit is recorded."""
    found, now = visit_or_404(pk), timezone.now()
    note_visit(request, found, now=now)
    template = "admin/desk/_visit.html" if "panel" in request.GET else "admin/desk/visit.html"
    return show(request, template, **facts_of(request, found, now=now))


def facts_of(request: HttpRequest, found: Appointment, *, now: dt.datetime) -> dict[str, Any]:
    zone, status = found.clinic.zone, Status(found.status)
    own = reverse("admin:desk_visit", args=[found.pk])
    is_open = status == Status.PENDING and now < found.start
    return {
        "title": found.patient.name if found.patient else "",
        "day": local_day(found.start, zone),
        "visit": found,
        "patient": found.patient,
        "when": when_text(found.start, zone, year=True),
        "until": time_text(found.end, zone),
        "said": status_word(found),
        "shape": SHAPES.get(status, "–"),
        "room": rooms_of_visit(found),
        "wanted": asked.of_visit(found),
        "can_waive": found.is_upcoming(now=now),
        "missed": status in unreached.COMING and unreached.among([found.pk]),
        "history": what_happened(found),
        "overrides": found.overrides.all(),
        "wishes": found.change_requests.filter(status="open"),
        "next": way_back(request, own),
        "can": {
            "check_in": found.can_arrive(now=now),
            "complete": status == Status.CHECKED_IN,
            "no_show": status == Status.BOOKED and found.start <= now,
            "undo": status in (Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW),
            "answer": is_open,
            "move": status in MOVABLE and now < found.end,
            "cancel": status in operations.CANCELLABLE and now < found.end,
            "ask": status in (Status.PENDING, Status.BOOKED) and now < found.start,
            "fill": status == Status.NO_SHOW and now < found.end,
        },
    }


def rooms_of_visit(found: Appointment) -> str:
    found.rooms = found.uses.filter(released_at__isnull=True).select_related("resource")  # type: ignore[attr-defined]
    return rooms_of(found)


@page("desk/visit/<uuid:pk>/do/<slug:verb>/", name="desk_do", permission=MAY)
@require_POST
def do(request: HttpRequest, pk: uuid.UUID, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404
    found = visit_or_404(pk)
    work, takes_reason, said = VERBS[verb]
    asked: dict[str, Any] = {"by": Actor.from_request(request), "now": timezone.now()}
    if verb == "undo":
        asked["seen"] = request.POST.get("seen") or None  # a second tap takes back no more
    try:
        if takes_reason:
            asked["reason"] = typed(request, "reason", most=500)
        work(appointment=found, **asked)
    except operations.BookingError as refusal:
        messages.error(request, refused_text(found, refusal))
    else:
        name = found.patient.name if found.patient else ""
        messages.success(request, said % {"name": name})
    return redirect(way_back(request, reverse("admin:desk_visit", args=[pk])))


@page("desk/visit/<uuid:pk>/documents/", name="desk_documents", permission=MAY)
@require_POST
def documents(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = visit_or_404(pk)
    try:
        is_told = operations.ask_documents(
            appointment=found,
            text=typed(request, "documents", most=500),
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except operations.BookingError as refusal:
        messages.error(request, refused_text(found, refusal))
    else:
        name = found.patient.name if found.patient else ""
        told, call = _("%(name)s is told."), _("There is no address of %(name)s: please call.")
        messages.success(request, (told if is_told else call) % {"name": name})
    return redirect(way_back(request, reverse("admin:desk_visit", args=[pk])))


@page("desk/visit/<uuid:pk>/waive/", name="desk_waive", permission=MAY)
@require_POST
def waive(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One of the documents was brought on paper, or is not needed."""
    form = WaiveForm(request.POST)
    if not form.is_valid():
        raise Http404
    wanted = get_object_or_404(visit_or_404(pk).wanted_documents, pk=form.cleaned_data["wanted"])
    try:
        operations.waive(wanted_id=wanted.pk, by=Actor.from_request(request), now=timezone.now())
    except operations.BookingError as refusal:
        messages.error(request, staff_sentence(refusal))
    else:
        messages.success(request, _("It is not asked for any more."))
    return redirect(way_back(request, reverse("admin:desk_visit", args=[pk])))


@page("desk/visit/<uuid:pk>/note/", name="desk_note", permission=MAY)
@require_POST
def note(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = visit_or_404(pk)
    try:
        operations.set_note(
            appointment=found,
            text=typed(request, "note", most=2000),
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except operations.BookingError as refusal:
        messages.error(request, staff_sentence(refusal))
    else:
        messages.success(request, _("The note is saved."))
    return redirect(way_back(request, reverse("admin:desk_visit", args=[pk])))


def refused_text(found: Appointment, refusal: operations.BookingError) -> str:
    """The refusal; when somebody else was quicker, also who it was and what they did."""
    if not isinstance(refusal, operations.WrongState):
        return staff_sentence(refusal)
    past = what_happened(found)
    return f"{refusal} {past[-1].text}" if past else str(refusal)
