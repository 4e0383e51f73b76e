"""Somebody else holds a lock and does not let go: everybody else gets an answer in time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Patient
from booking import operations
from booking.models import Appointment, Slot, Status
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lock() -> Iterator[Callable[[Any], None]]:
    """`lock(rows)`: another connection locks them until the test is over."""
    done = threading.Event()
    threads: list[threading.Thread] = []

    def start(rows: Any) -> None:
        locked = threading.Event()

        def hold() -> None:
            with transaction.atomic():
                list(rows.select_for_update())
                locked.set()
                done.wait(60)
            connection.close()

        threads.append(threading.Thread(target=hold))
        threads[-1].start()
        assert locked.wait(60)

    yield start
    done.set()
    for thread in threads:
        thread.join(60)


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """As the connection's own setting, but a test should not wait for three seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def test_a_locked_patient_is_told_to_try_again(lock: Callable[[Any], None]) -> None:
    world = World()
    lock(Patient.objects.filter(pk=world.patient.pk))

    with pytest.raises(operations.Busy):
        world.book("09:00", patient=world.patient)

    assert not Slot.objects.taken().exists()


@pytest.mark.parametrize("verb", ["cancel", "reschedule", "check_in"])
def test_a_locked_visit_is_told_to_try_again(lock: Callable[[Any], None], verb: str) -> None:
    world = World()
    visit = world.book("09:00")
    lock(Appointment.objects.filter(pk=visit.pk))
    more = {"start": at("10:00")} if verb == "reschedule" else {}

    with pytest.raises(operations.Busy):
        getattr(operations, verb)(appointment=visit, by=SYSTEM, now=world.now, **more)


def test_locked_cells_are_given_up_in_the_end(
    lock: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.operations.cells.PATIENCE_SECONDS", 0.3)
    world = World()
    lock(Slot.objects.filter(start=at("09:00")))

    with pytest.raises(operations.Taken) as refused:
        world.book("09:00")

    assert next(f"{free.start:%H:%M}" for free in refused.value.alternatives) == "09:15"


def test_one_locked_doctor_makes_room_for_another(lock: Callable[[Any], None]) -> None:
    world = World()
    lock(Slot.objects.filter(doctor=world.ada))

    assert world.book("09:00", patient=factories.patient()).doctor == world.bob


def test_a_hold_that_has_run_out_in_cells_that_are_locked_is_left_to_the_next_sweep(
    lock: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.operations.cells.PATIENCE_SECONDS", 0.3)
    world = World()
    hold = world.hold("09:00", doctor=world.ada)
    lock(Slot.objects.filter(start=at("09:00"), doctor=world.ada))
    later = world.now + dt.timedelta(hours=1)

    assert operations.expire_holds(now=later) == 0
    with pytest.raises(operations.Taken):
        world.book("09:00", doctor=world.ada, now=later)

    hold.refresh_from_db()
    assert hold.status == Status.HELD
