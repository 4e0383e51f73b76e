"""Whom no message reached: a list to call by, and to tick off."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.portal import page, show
from booking import silenced, unreached
from booking.desk.common import MAY, clinic_or_404, visit_or_404
from booking.looks import note_visits
from booking.models import Appointment
from booking.wording import when_text
from clinic.lib.actor import Actor
from notifications.operations import mark_called
from notifications.queries import NotReached

# Of the next visits so many are shown; the others follow as these are called.
MOST = 100
BOUNCED = "bounced"


@page("desk/not-reached/", name="desk_not_reached", permission=MAY)
@require_safe
def not_reached(request: HttpRequest) -> HttpResponse:
    clinic, now = clinic_or_404(), timezone.now()
    found = unreached.coming(clinic, now=now)
    rows = [_row(visit, missed) for visit, missed in found[:MOST]]
    # Of nobody twice: who is called for a message is asked for the address too.
    named = {row["visit"].patient_id for row in rows}
    closed = [_closed(visit) for visit in silenced.coming(clinic, now=now)[:MOST]]
    closed = [row for row in closed if row["visit"].patient_id not in named]
    seen = [row["visit"] for row in rows + closed]
    note_visits(request, "desk.not_reached_viewed", seen, of=clinic, now=now)
    return show(
        request,
        "admin/desk/not_reached.html",
        title=_("Not reached"),
        rows=rows,
        closed=closed,
        more=len(found) - len(rows),
        next=request.path,
    )


@page("desk/not-reached/<uuid:pk>/called/", name="desk_called", permission=MAY)
@require_POST
def called(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    visit = visit_or_404(pk)
    mark_called(
        about=unreached.about(visit.pk),
        subject=visit,
        patient_id=visit.patient_id,
        by=Actor.from_request(request),
        now=timezone.now(),
    )
    name = visit.patient.name if visit.patient else ""
    messages.success(request, _("%(name)s was called.") % {"name": name})
    return redirect("admin:desk_not_reached")


def _closed(visit: Appointment) -> dict[str, Any]:
    return {
        "visit": visit,
        "when": when_text(visit.start, visit.clinic.zone),
        "url": reverse("admin:desk_visit", args=[visit.pk]),
    }


def _row(visit: Appointment, missed: NotReached) -> dict[str, Any]:
    by = _("text message") if missed.channel == "sms" else _("email")
    why = _("did not arrive") if missed.status == BOUNCED else _("could not be sent")
    return {
        "visit": visit,
        "when": when_text(visit.start, visit.clinic.zone),
        "why": _("The last %(by)s %(why)s.") % {"by": by, "why": why},
        "url": reverse("admin:desk_visit", args=[visit.pk]),
        "message": reverse("admin:notifications_message_change", args=[missed.message_id]),
    }
