"""Booking for a caller or a walk-in: one page, in the order of the keyboard."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Clinic, Doctor, Patient
from accounts.portal import page, show
from accounts.queries import find_patients, likely_duplicates
from booking import operations, queries
from booking.desk.common import (
    MAY,
    RULES,
    clinic_or_404,
    day_url,
    not_offered_by,
    staff_sentence,
    wall_to_instant,
)
from booking.desk.finding import Found, note_found, with_visits
from booking.desk.forms import BookForm
from booking.desk.offers import Offer, next_offers, offer_of, soonest
from booking.models import Appointment, VisitType
from booking.wording import when_text
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds


@page("desk/book/", name="desk_book", permission=MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """GET asks; the buttons for finding and choosing ask again with what is typed; else books."""
    clinic, now = clinic_or_404(), timezone.now()
    if request.method != "POST":
        form = BookForm(initial=_initial(request, clinic, now=now), clinic=clinic)
        return _ask(request, form, now=now)
    if {"find", "times", "pick"} & request.POST.keys() or "chosen" in request.GET:
        return _ask(request, _again(request, clinic), now=now)
    form = BookForm(request.POST, clinic=clinic)
    if not form.is_valid():
        return _ask(request, form, now=now, status=400)
    alike = _duplicates(form)
    if alike:
        return _ask(request, form, now=now, alike=alike, status=409)
    return _book(request, form, now=now)


def _book(request: HttpRequest, form: BookForm, *, now: dt.datetime) -> HttpResponse:
    data = form.cleaned_data
    try:
        visit = operations.book_at_desk(
            patient=form.who(),
            visit_type=data["visit_type"],
            start=data["start"],
            doctor=data["doctor"],
            reason=data["reason"],
            note=data["note"],
            override=data["override"].strip(),
            by=Actor.from_request(request),
            now=now,
        )
    except operations.BookingError as refusal:
        return _ask(request, form, now=now, refused=refusal, status=409)
    zone = form.clinic.zone
    messages.success(
        request,
        _("Booked: %(name)s, %(when)s with %(doctor)s.")
        % {
            "name": visit.patient.name if visit.patient else "",
            "when": when_text(visit.start, zone),
            "doctor": visit.doctor.display_name,
        },
    )
    return redirect(f"{day_url(visit.start, zone)}#visit-{visit.pk}")


@page("desk/book/times/", name="desk_times", permission=MAY)
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """The next free times for a visit type and a doctor, for a script that sees one changed."""
    clinic, now = clinic_or_404(), timezone.now()
    visit_type = _pick(queries.visit_types(clinic=clinic), request.GET.get("visit_type"))
    doctor = _pick(Doctor.objects.filter(clinic=clinic), request.GET.get("doctor"))
    after = _moment(request.GET.get("after", ""), clinic) or now
    offers = next_offers(visit_type=visit_type, after=after, doctor=doctor, now=now)
    return show(request, "admin/desk/_times.html", offers=offers)


def _duplicates(form: BookForm) -> list[Patient]:
    data = form.cleaned_data
    if data["patient"] is not None or data["is_new"]:
        return []
    return likely_duplicates(
        name=data["name"],
        date_of_birth=data["date_of_birth"],
        phone=data["phone"],
        email=data["email"],
    )


def _ask(
    request: HttpRequest,
    form: BookForm,
    *,
    now: dt.datetime,
    alike: Iterable[Patient] = (),
    refused: operations.BookingError | None = None,
    status: int | None = None,
) -> HttpResponse:
    text = request.POST.get("q", "")
    is_search = "find" in request.POST
    found = with_visits(find_patients(text) if is_search else [], form.clinic, now=now)
    same = with_visits(list(alike), form.clinic, now=now)
    patient = _patient(form["patient"].value())
    shown = found + same + ([Found(patient, [])] if patient else [])
    note_found(request, form.clinic, shown, now=now)
    visit_type, doctor, start = _wish(form)
    does_not = not_offered_by(visit_type, doctor) if visit_type else None
    return show(
        request,
        "admin/desk/book.html",
        status=status,
        title=_("Book a visit"),
        form=form,
        patient=patient,
        q=text,
        asked=is_search,
        found=found,
        alike=same,
        refused=(does_not or staff_sentence(refused)) if refused else "",
        is_rule=isinstance(refused, RULES) and does_not is None,
        offers=_offers(visit_type, doctor, start, patient, refused, now=now),
    )


def _offers(
    visit_type: VisitType | None,
    doctor: Doctor | None,
    start: dt.datetime | None,
    patient: Patient | None,
    refused: operations.BookingError | None,
    *,
    now: dt.datetime,
) -> list[Offer]:
    """What to take instead of a time that is gone; else what is free next."""
    if isinstance(refused, operations.Taken) and visit_type is not None:
        doctors = {each.pk: each for each in queries.doctors_of(visit_type)}
        return [
            offer_of(free.start, doctors[free.doctors[0]], visit_type, now=now)
            for free in sorted(refused.alternatives)
            if free.doctors[0] in doctors
        ]
    return next_offers(
        visit_type=visit_type, after=start or now, doctor=doctor, patient=patient, now=now
    )


def _wish(form: BookForm) -> tuple[VisitType | None, Doctor | None, dt.datetime | None]:
    """What stands in the form, valid or not."""
    types: Any = form.fields["visit_type"]
    doctors: Any = form.fields["doctor"]
    return (
        _pick(types.queryset, form["visit_type"].value()),
        _pick(doctors.queryset, form["doctor"].value()),
        _moment(str(form["start"].value() or ""), form.clinic),
    )


def _again(request: HttpRequest, clinic: Clinic) -> BookForm:
    """The form as it was typed, without complaints about what is still missing."""
    typed = request.POST.dict()
    if pick := typed.get("pick"):
        typed["start"], _space, typed["doctor"] = pick.partition(" ")
    return BookForm(initial=typed, clinic=clinic)


def _initial(request: HttpRequest, clinic: Clinic, *, now: dt.datetime) -> dict[str, Any]:
    """From the address: a time and doctor of the day, somebody's time to fill, a patient."""
    asked = request.GET
    doctor = _pick(Doctor.objects.filter(clinic=clinic, active=True), asked.get("doctor"))
    start = _moment(asked.get("start", ""), clinic)
    missed = _pick(
        Appointment.objects.filter(clinic=clinic).select_related("doctor", "visit_type"),
        asked.get("fill"),
    )
    visit_type = _usual_type(clinic, doctor, asked.get("minutes", ""))
    if missed is not None:
        doctor, visit_type = missed.doctor, missed.visit_type
        visit_type.clinic = clinic
    if start is None and visit_type is not None:
        day = _day_start(asked.get("day", ""), clinic)
        after = max(now, missed.start if missed else now, day or now)
        start = soonest(
            visit_type=visit_type,
            after=after,
            doctor=doctor,
            patient=_patient(asked.get("patient")),
            now=now,
        )
    return {
        "patient": asked.get("patient", ""),
        "visit_type": visit_type.pk if visit_type else None,
        "doctor": doctor.pk if doctor else None,
        "start": start.astimezone(clinic.zone).strftime("%Y-%m-%dT%H:%M") if start else "",
    }


def _patient(key: object) -> Patient | None:
    return _pick(Patient.objects.present().filter(is_guest=False), key)


def _usual_type(clinic: Clinic, doctor: Doctor | None, minutes: str) -> VisitType | None:
    """Of what the doctor offers: what fills the time that was marked, or the first."""
    types = queries.visit_types(clinic=clinic).order_by("position", "name")
    offered = list(types.filter(doctors=doctor) if doctor else types)
    if not offered:
        return None
    if minutes.isdecimal():
        return min(offered, key=lambda each: abs(each.minutes - int(minutes[:4])))
    return offered[0]


def _pick(rows: Any, pk: object) -> Any:
    """The row, or None for whatever is none."""
    try:
        return rows.filter(pk=uuid.UUID(str(pk))).first()
    except ValueError:
        return None


def _moment(text: str, clinic: Clinic) -> dt.datetime | None:
    try:
        return wall_to_instant(text, clinic.zone)
    except (ValueError, OverflowError):
        return None


def _day_start(text: str, clinic: Clinic) -> dt.datetime | None:
    try:
        return day_bounds(dt.date.fromisoformat(text), clinic.zone)[0]
    except (ValueError, OverflowError):
        return None
