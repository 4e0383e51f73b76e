"""How a proposed visit travels through a form: who, when, with whom. Nothing is held meanwhile,
and nothing in it is believed: people and doctors are looked up among those who may be chosen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError

from accounts.models import Doctor, Patient
from booking.forms import InstantField
from booking.models import VisitType
from booking.operations import Part
from booking.together import Seat
from clinic.lib.times import iso_z


def value_of(seat: Seat) -> str:
    return f"{seat.patient.pk.hex}.{iso_z(seat.start)}.{seat.doctor.pk.hex}"


def seat_of(value: str, *, people: Iterable[Patient], doctors: Iterable[Doctor]) -> Seat | None:
    """None for what no page of ours has written."""
    try:
        patient_id, start, doctor_id = value.split(".")
        patient = {person.pk: person for person in people}[uuid.UUID(patient_id)]
        doctor = {each.pk: each for each in doctors}[uuid.UUID(doctor_id)]
        moment = InstantField().clean(start)
    except (ValueError, KeyError, ValidationError):
        return None
    return Seat(patient, moment, doctor)


def part_of(seat: Seat, visit_type: VisitType, reason: str = "") -> Part:
    return Part(seat.patient, visit_type, seat.start, seat.doctor, reason)
