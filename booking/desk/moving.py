"""Moving a visit: by a drag on the day, or on a page with the free times of a day."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import Doctor
from accounts.portal import page, show
from booking import operations
from booking.desk.common import (
    MAY,
    RULES,
    day_url,
    not_offered_by,
    visit_or_404,
    wall_to_instant,
    way_back,
)
from booking.desk.offers import move_offers
from booking.desk.visit_pages import refused_text
from booking.desk.widget import Said, event_of
from booking.looks import note_visit
from booking.lookups import is_sensible
from booking.models import Appointment
from booking.wording import day_text, when_text
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

DAY = dt.timedelta(days=1)


class MoveForm(forms.Form):
    """`place` is one of the times shown, “2026-06-02T10:30 <doctor>”; or `start` and `doctor` are
    chosen freely. `version` is of the visit that the page showed."""

    place = forms.CharField(required=False, max_length=60)
    start = forms.CharField(required=False, max_length=30, label=gettext_lazy("Day and time"))
    doctor = forms.UUIDField(required=False, label=gettext_lazy("Doctor"))
    version = forms.IntegerField(min_value=1)
    override = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: Any, visit: Appointment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visit = visit

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, who = data.get("start", ""), data.get("doctor")
        if data.get("place"):
            start, _space, who = data["place"].partition(" ")
        try:
            data["start"] = wall_to_instant(start, self.visit.clinic.zone)
            doctors = Doctor.objects.filter(clinic=self.visit.clinic, active=True)
            data["doctor"] = doctors.get(pk=who) if who else self.visit.doctor
        except (ValueError, OverflowError, Doctor.DoesNotExist, forms.ValidationError):
            self.add_error(None, _("Choose a time, or enter day and time."))
        return data


@page("desk/visit/<uuid:pk>/move/", name="desk_move", permission=MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET shows where it could go. POST moves it; a script that asks for JSON gets JSON."""
    visit = visit_or_404(pk)
    if request.method != "POST":
        return _ask(request, visit)
    form = MoveForm(request.POST, visit=visit)
    if not form.is_valid():
        wrong = [*form.non_field_errors(), *(each for own in form.errors.values() for each in own)]
        return _refuse(request, visit, str(wrong[0]))
    try:
        moved = _move(visit, form.cleaned_data, by=Actor.from_request(request))
    except operations.BookingError as refusal:
        doctor: Doctor = form.cleaned_data["doctor"]
        if (does_not := not_offered_by(visit.visit_type, doctor)) is not None:
            return _refuse(request, visit, does_not)
        is_rule = isinstance(refusal, RULES)
        return _refuse(request, visit, refused_text(visit, refusal), is_rule=is_rule)
    return _moved(request, visit, moved)


def _move(visit: Appointment, data: dict[str, Any], *, by: Actor) -> Appointment:
    return operations.reschedule(
        appointment=visit,
        start=data["start"],
        doctor=data["doctor"],
        version=data["version"],
        override=data["override"],
        by=by,
        now=timezone.now(),
    )


def _moved(request: HttpRequest, before: Appointment, moved: Appointment) -> HttpResponse:
    zone = before.clinic.zone
    moved = visit_or_404(moved.pk)
    said = _("%(name)s: %(when)s with %(doctor)s. The patient is told.") % {
        "name": moved.patient.name if moved.patient else "",
        "when": when_text(moved.start, zone),
        "doctor": moved.doctor.display_name,
    }
    if _wants_json(request):
        event = event_of(moved, zone, Said(zone), now=timezone.now())
        return JsonResponse({"said": said, "event": event})
    messages.success(request, said)
    return redirect(way_back(request, day_url(moved.start, zone)))


def _refuse(
    request: HttpRequest, visit: Appointment, reason: str, *, is_rule: bool = False
) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"reason": reason, "is_rule": is_rule}, status=409)
    return _ask(request, visit_or_404(visit.pk), refused=reason, is_rule=is_rule, status=409)


def _ask(
    request: HttpRequest,
    visit: Appointment,
    *,
    refused: str = "",
    is_rule: bool = False,
    status: int | None = None,
) -> HttpResponse:
    now, zone = timezone.now(), visit.clinic.zone
    note_visit(request, visit, now=now)
    present = local_day(visit.start, zone)
    try:
        day = dt.date.fromisoformat(request.GET.get("day", "") or request.POST.get("day", ""))
        if not is_sensible(day):
            raise ValueError(day)
        offers = move_offers(appointment=visit, day=day, now=now)
    except (ValueError, OverflowError):
        day = present
        offers = move_offers(appointment=visit, day=day, now=now)
    return show(
        request,
        "admin/desk/move.html",
        status=status,
        title=_("Move the visit"),
        visit=visit,
        when=when_text(visit.start, zone, year=True),
        day=day,
        day_text=day_text(day, year=True),
        previous=day - DAY,
        next_day=day + DAY,
        offers=offers,
        doctors=Doctor.objects.filter(clinic=visit.clinic, active=True),
        start=request.POST.get("start") or visit.start.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        chosen=request.POST.get("doctor") or str(visit.doctor_id),
        override=request.POST.get("override", ""),
        refused=refused,
        is_rule=is_rule,
        next=way_back(request, reverse("admin:desk_visit", args=[visit.pk])),
    )


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
