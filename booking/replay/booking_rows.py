"""What a worker does with one row: find the first time that fits, book it, later its outcome."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import Patient
from booking import operations, queries
from booking.availability import Span
from booking.models import Appointment, VisitType
from booking.operations import BookingError, Busy, PatientBusy, Taken
from booking.replay.building import CLOSES, MINUTES, OPENS, patient_id
from booking.replay.reading import Row
from clinic.lib.actor import Actor
from clinic.lib.times import instant

BY = Actor.system("replay")
AFTER_CLOSING = "after closing on the same day"
DAY_FULL = "no free time left that day"
# Each try lost a race that somebody else won, so it ends; the bound is against a mistake of ours.
TRIES = 200


class Booked(NamedTuple):
    """A visit that was booked, and how long it took to find and book it."""

    appointment_id: uuid.UUID
    start: dt.datetime
    seconds: float
    tries: int


class NotBooked(NamedTuple):
    reason: str


@dataclass(frozen=True, slots=True)
class BookRow:
    """Books one row. Sent to other processes, so it is a class and not a closure."""

    visit_type: VisitType

    def __call__(self, row: Row) -> Booked | NotBooked:
        zone = self.visit_type.clinic.zone
        now = instant(row.scheduled.date(), row.scheduled.time(), zone)
        opens, closes = instant(row.day, OPENS, zone), instant(row.day, CLOSES, zone)
        if now > closes - dt.timedelta(minutes=MINUTES):
            return NotBooked(AFTER_CLOSING)
        return self._book(row, Span(max(opens, now), closes), now=now)

    def _book(self, row: Row, window: Span, *, now: dt.datetime) -> Booked | NotBooked:
        patient = Patient(id=patient_id(self.visit_type.clinic_id, row.patient))
        began = time.perf_counter()
        for attempt in range(1, TRIES + 1):
            start = queries.first_free_start(
                visit_type=self.visit_type, window=window, patient_id=patient.pk, now=now
            )
            if start is None:
                return NotBooked(DAY_FULL)
            try:
                visit = operations.book(
                    patient=patient,
                    visit_type=self.visit_type,
                    start=start,
                    source="replay",
                    notify=False,
                    by=BY,
                    now=now,
                )
            except (Taken, PatientBusy, Busy):
                continue  # somebody was quicker, or booked for the same patient: look again
            except BookingError as refused:
                return NotBooked(f"refused: {refused.code}")
            return Booked(visit.pk, visit.start, time.perf_counter() - began, attempt)
        return NotBooked(f"refused: lost {TRIES} races")


class Attended(NamedTuple):
    """A visit whose outcome is to be recorded."""

    appointment_id: uuid.UUID
    start: dt.datetime
    came: bool
    reminded: bool = False


# The file says that a reminder was sent, not when; of a visit booked later, at its booking.
REMINDED_BEFORE = dt.timedelta(days=1)


def record_outcome(visit: Attended) -> bool:
    """Completed or no-show, and before it the reminder, as the file says; returns whether came."""
    appointment = Appointment(id=visit.appointment_id)
    if visit.reminded:
        Appointment.objects.filter(pk=visit.appointment_id).update(
            reminded_at=Greatest(F("booked_at"), visit.start - REMINDED_BEFORE)
        )
    end = visit.start + dt.timedelta(minutes=MINUTES)
    if visit.came:
        _insist(operations.check_in, appointment, now=visit.start)
        _insist(operations.complete, appointment, now=end)
    else:
        _insist(operations.mark_no_show, appointment, now=end)
    return visit.came


def _insist(
    verb: Callable[..., Appointment], appointment: Appointment, *, now: dt.datetime
) -> None:
    """Again while others hold the rows; that ends."""
    for left in reversed(range(TRIES)):
        try:
            verb(appointment=appointment, by=BY, now=now)
            return
        except Busy:
            if not left:
                raise
