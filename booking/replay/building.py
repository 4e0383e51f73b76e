"""A clinic of its own for the replay, large enough for the file's busiest day."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import Clinic, Doctor, Patient
from booking import operations
from booking.models import VisitType, WorkingHours
from booking.replay.reading import Row

# Where the file comes from.
TIME_ZONE = "America/Sao_Paulo"
OPENS, CLOSES = dt.time(7), dt.time(22)
MINUTES = 15
CELLS_A_DAY = 15 * 60 // MINUTES
# Same-day wishes come while the morning is passing: not every cell of a day can still be used.
HEADROOM = 1.25
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Built:
    clinic: Clinic
    visit_type: VisitType
    doctors: int
    patients: int
    slots: int


def patient_id(clinic_id: uuid.UUID, number: int) -> uuid.UUID:
    """The same id in every process, without a table to look it up in."""
    return uuid.uuid5(clinic_id, str(number))


def doctors_needed(rows: Sequence[Row]) -> int:
    busiest = max(Counter(row.day for row in rows).values(), default=1)
    return math.ceil(busiest * HEADROOM / CELLS_A_DAY)


def build(
    rows: Sequence[Row], *, now: dt.datetime, progress: Callable[[], object] = lambda: None
) -> Built:
    """Clinic, doctors, hours, slots, visit type and patients, all or nothing.

    The clinic is not the current one: no page shows it, and another replay makes another.
    `progress` is called for each doctor whose slots are made.
    """
    days = sorted({row.day for row in rows})
    with transaction.atomic():
        clinic = Clinic.objects.create(
            name=f"Replay {now:%Y-%m-%d %H:%M:%S}", time_zone=TIME_ZONE, is_current=False
        )
        doctors = _doctors(clinic, doctors_needed(rows), {day.weekday() for day in days})
        visit_type = _visit_type(clinic, doctors, rows)
        patients = _patients(clinic, rows)
        report = operations.generate_slots(
            clinic=clinic,
            now=now,
            first=days[0],
            last=days[-1],
            doctors=doctors,
            progress=progress,
        )
    _analyze()
    return Built(clinic, visit_type, len(doctors), patients, report.created)


def _doctors(clinic: Clinic, number: int, weekdays: set[int]) -> list[Doctor]:
    doctors = Doctor.objects.bulk_create(
        Doctor(clinic=clinic, name=f"Replay {count + 1:03}", slot_minutes=MINUTES)
        for count in range(number)
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(doctor=doctor, weekday=weekday, opens=OPENS, closes=CLOSES)
        for doctor in doctors
        for weekday in sorted(weekdays)
    )
    return doctors


def _visit_type(clinic: Clinic, doctors: list[Doctor], rows: Sequence[Row]) -> VisitType:
    ahead = max((row.day - row.scheduled.date()).days for row in rows)
    visit_type = VisitType.objects.create(
        clinic=clinic,
        slug="replay",
        name="Replay",
        minutes=MINUTES,
        notice_minutes=0,
        change_notice_minutes=0,
        horizon_days=ahead + 2,
    )
    visit_type.doctors.set(doctors)
    return visit_type


def _patients(clinic: Clinic, rows: Sequence[Row]) -> int:
    numbers = sorted({row.patient for row in rows})
    Patient.objects.bulk_create(
        (
            Patient(id=patient_id(clinic.pk, number), name=f"Replay {number}", language="en")
            for number in numbers
        ),
        batch_size=BATCH,
    )
    return len(numbers)


def _analyze() -> None:
    """Let the planner know of the new rows; a role that may not is only warned."""
    with connection.cursor() as cursor:
        for model in (Patient, Doctor, WorkingHours, VisitType.doctors.through):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
        cursor.execute("ANALYZE booking_slot")
