"""Two families want overlapping runs of one doctor's time at the same moment."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Patient
from booking import operations
from booking.models import Appointment, AppointmentSlot, Slot, SlotStatus
from booking.operations import NotTogether, Part
from tests import factories
from tests.factories import SYSTEM

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS, SIZE = 5, 3


def test_one_family_gets_its_run_and_the_other_a_reason_and_nothing_is_half_booked():
    now = timezone.now()
    clinic = factories.clinic()
    doctor = factories.doctor(clinic)
    kind = factories.visit_type(clinic, doctor)
    first = (now + dt.timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
    cell = dt.timedelta(minutes=15)
    for number in range(ROUNDS):
        start = first + number * 8 * cell
        factories.cells(doctor, start, 4)
        families = [[factories.patient() for _ in range(SIZE)] for _ in range(2)]
        barrier = threading.Barrier(2)

        def book(who: int, start=start, families=families, barrier=barrier) -> object:
            people: list[Patient] = families[who]
            # Cells 0 1 2 against 3 2 1: asked for in opposite orders, to tempt a deadlock.
            cells = [0, 1, 2] if who == 0 else [3, 2, 1]
            parts = [
                Part(person, kind, start + at * cell, doctor)
                for person, at in zip(people, cells, strict=True)
            ]
            try:
                barrier.wait(60)
                return operations.book_together(bookings=parts, by=SYSTEM, now=now)
            except NotTogether as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(book, range(2)))

        refused = [outcome for outcome in outcomes if isinstance(outcome, NotTogether)]
        assert len(refused) == 1
        assert isinstance(refused[0].cause, operations.Taken)
    assert Appointment.objects.count() == ROUNDS * SIZE
    assert AppointmentSlot.objects.count() == ROUNDS * SIZE
    assert Slot.objects.filter(status=SlotStatus.BOOKED).count() == ROUNDS * SIZE
