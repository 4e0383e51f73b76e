"""What patients have asked and nobody has answered: requests, and wishes for a change."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Clinic
from accounts.portal import page, show
from booking import operations
from booking.desk.common import MAY, clinic_or_404, typed, way_back
from booking.desk.visit_pages import refused_text
from booking.looks import note_visits
from booking.models import Appointment, ChangeRequest, Status
from booking.wording import when_text
from clinic.lib.actor import Actor

# Of the oldest so many are shown; the others follow as these are answered.
MOST = 100


def open_requests(clinic: Clinic, *, now: dt.datetime) -> QuerySet[Appointment]:
    """Oldest first. What has lapsed, though nobody has written it down yet, is none."""
    return (
        Appointment.objects.filter(clinic=clinic, status=Status.PENDING, start__gt=now)
        .filter(Q(confirm_by__isnull=True) | Q(confirm_by__gt=now))
        .order_by("booked_at", "pk")
    )


def open_wishes(clinic: Clinic) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.filter(
        status=ChangeRequest.Status.OPEN, appointment__clinic=clinic
    ).order_by("asked_at")


@page("desk/requests/", name="desk_requests", permission=MAY)
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    clinic, now = clinic_or_404(), timezone.now()
    asked = open_requests(clinic, now=now).select_related("patient", "doctor", "visit_type")
    wishes = open_wishes(clinic).select_related(
        "appointment__patient", "appointment__doctor", "appointment__visit_type"
    )
    rows = [_row(visit, clinic, now=now) for visit in asked[:MOST]]
    changes = [_change(wish, clinic, now=now) for wish in wishes[:MOST]]
    seen = [row["visit"] for row in rows + changes]
    note_visits(request, "desk.requests_viewed", seen, of=clinic, now=now)
    return show(
        request,
        "admin/desk/requests.html",
        title=_("Open requests"),
        rows=rows,
        more=asked.count() - len(rows) if len(rows) == MOST else 0,
        changes=changes,
        next=request.path,
    )


def _row(visit: Appointment, clinic: Clinic, *, now: dt.datetime) -> dict[str, Any]:
    return {
        "visit": visit,
        "when": when_text(visit.start, clinic.zone),
        "ago": timesince(visit.booked_at or visit.created_at, now, depth=1),
        "left": timesince(now, visit.start, depth=1),
        "url": reverse("admin:desk_visit", args=[visit.pk]),
    }


def _change(wish: ChangeRequest, clinic: Clinic, *, now: dt.datetime) -> dict[str, Any]:
    visit = wish.appointment
    return {
        "wish": wish,
        "visit": visit,
        "when": when_text(visit.start, clinic.zone),
        "ago": timesince(wish.asked_at, now, depth=1),
        "url": reverse("admin:desk_visit", args=[visit.pk]),
    }


@page("desk/change/<uuid:pk>/", name="desk_change", permission=MAY)
@require_POST
def answer_change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Answer a late wish. One to move is granted by moving the visit."""
    wish = get_object_or_404(
        ChangeRequest.objects.select_related("appointment__clinic"),
        pk=pk,
        appointment__clinic=clinic_or_404(),
    )
    outcome = request.POST.get("outcome")
    if outcome not in (ChangeRequest.Status.DONE, ChangeRequest.Status.REFUSED):
        raise Http404
    try:
        operations.answer_change_request(
            request=wish,
            outcome=ChangeRequest.Status(outcome),
            answer=typed(request, "answer", most=500),
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except operations.BookingError as refusal:
        messages.error(request, refused_text(wish.appointment, refusal))
    else:
        messages.success(request, _("Answered. The patient is told."))
    return redirect(way_back(request, reverse("admin:desk_requests")))
