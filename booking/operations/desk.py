"""Booking for somebody who calls or stands at the desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Doctor, Patient
from accounts.operations import register_patient
from booking.models import Appointment, VisitType
from booking.operations.booking import book
from booking.operations.noting import set_note
from clinic.lib.actor import Actor


@dataclass(frozen=True, slots=True)
class NewPatient:
    """Who is not written down yet."""

    name: str
    date_of_birth: dt.date | None = None
    phone: str = ""
    email: str = ""


def book_at_desk(
    *,
    patient: Patient | NewPatient,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor | None = None,
    reason: str = "",
    note: str = "",
    override: str = "",
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Book, and register the patient in the same transaction: a refusal leaves nobody behind.

    Raises what `book` and `set_note` raise.
    """
    with transaction.atomic():
        if isinstance(patient, NewPatient):
            patient = register_patient(
                name=patient.name,
                date_of_birth=patient.date_of_birth,
                phone=patient.phone,
                email=patient.email,
                language=visit_type.clinic.language,
                by=by,
                now=now,
            )
        visit = book(
            patient=patient,
            visit_type=visit_type,
            start=start,
            doctor=doctor,
            reason=reason,
            source="desk",
            override=override,
            by=by,
            now=now,
        )
        if note:
            visit = set_note(appointment=visit, text=note, by=by, now=now)
        return visit
