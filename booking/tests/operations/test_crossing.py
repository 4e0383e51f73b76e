"""Two who change one visit at the same moment: the second sees what the first has made of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Patient
from booking import operations
from booking.models import (
    AffectedVisit,
    Appointment,
    Proposal,
    Slot,
    Status,
    TimeOff,
    WantedDocument,
)
from booking.operations import Part
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

pytestmark = pytest.mark.django_db(transaction=True)

Meanwhile = Callable[..., None]


@pytest.fixture
def meanwhile() -> Iterator[Meanwhile]:
    """`meanwhile(act, then)`: another connection has done it and, as soon as somebody waits, does
    the second thing and commits."""
    threads: list[threading.Thread] = []

    def start(act: Callable[[], Any], then: Callable[[], Any] = lambda: None) -> None:
        done = threading.Event()

        def run() -> None:
            with transaction.atomic():
                act()
                done.set()
                _until_somebody_waits()
                then()
            connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        assert done.wait(60)

    yield start
    for thread in threads:
        thread.join(60)


def _until_somebody_waits() -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)


def test_a_visit_that_goes_to_a_colleague_at_that_moment_is_found_with_its_new_doctor(
    meanwhile: Meanwhile,
) -> None:
    world = World()
    visit = world.book("09:00", doctor=world.ada)
    meanwhile(
        lambda: operations.reschedule(
            appointment=visit, start=at("10:00"), doctor=world.bob, by=SYSTEM, now=world.now
        )
    )

    cancelled = operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    assert (cancelled.status, cancelled.doctor) == (Status.CANCELLED, world.bob)
    assert not Slot.objects.taken().exists()


def test_a_visit_whose_patient_is_merged_at_that_moment_is_still_written_about(
    meanwhile: Meanwhile,
) -> None:
    world = World()
    keep, duplicate = factories.patient(), factories.patient()
    visit = world.book("09:00", patient=duplicate)
    meanwhile(
        lambda: operations.merge_patients(keep=keep, duplicate=duplicate, by=SYSTEM, now=world.now)
    )

    cancelled = operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    assert cancelled.patient == keep
    assert Message.objects.filter(template="cancelled", recipient=keep.email).exists()


def affected_visit(world: World) -> AffectedVisit:
    world.book("09:00", doctor=world.ada)
    time_off = operations.add_time_off(
        clinic=world.clinic,
        doctor=world.ada,
        start=at("09:00"),
        end=at("12:00"),
        by=SYSTEM,
        now=world.now,
    )
    return time_off.affected.select_related("time_off", "appointment").get()


@pytest.mark.parametrize("verb", ["keep", "move", "propose"])
def test_time_off_that_is_taken_back_at_that_moment_leaves_nothing_to_deal_with(
    verb: str, meanwhile: Meanwhile
) -> None:
    world = World()
    affected = affected_visit(world)
    acts = {
        "keep": lambda: operations.keep(
            affected=affected, reason="only a check", by=SYSTEM, now=world.now
        ),
        "move": lambda: operations.move_affected(
            affected=affected, start=at("09:00"), doctor=world.bob, by=SYSTEM, now=world.now
        ),
        "propose": lambda: operations.propose(
            affected=affected, options=[(at("10:00"), world.bob)], by=SYSTEM, now=world.now
        ),
    }
    meanwhile(
        lambda: operations.remove_time_off(time_off=TimeOff.objects.get(), by=SYSTEM, now=world.now)
    )

    with pytest.raises(operations.WrongState):
        acts[verb]()

    visit = Appointment.objects.get()
    assert (visit.status, visit.doctor, visit.version) == (Status.BOOKED, world.ada, 1)
    assert not Proposal.objects.exists()


def test_who_joins_the_waiting_list_while_the_record_is_merged_is_told_so(
    meanwhile: Meanwhile,
) -> None:
    world = World()
    keep, duplicate = factories.patient(), factories.patient()
    meanwhile(
        lambda: operations.merge_patients(
            keep=keep, duplicate=Patient.objects.get(pk=duplicate.pk), by=SYSTEM, now=world.now
        )
    )

    with pytest.raises(operations.PatientGone):
        operations.join_waitlist(
            patient=duplicate,
            visit_type=world.checkup,
            wish=operations.Wishes(earliest=TOMORROW, latest=TOMORROW),
            by=SYSTEM,
            now=world.now,
        )


def test_two_who_send_for_two_visits_of_a_course_do_not_lock_each_other(
    meanwhile: Meanwhile,
) -> None:
    world = World()
    world.checkup.documents_asked = "A letter"
    world.checkup.save()
    parts = [
        Part(world.patient, world.checkup, at(clock), world.ada) for clock in ("09:00", "10:00")
    ]
    operations.book_together(bookings=parts, by=SYSTEM, now=world.now)
    lower, higher = WantedDocument.objects.order_by("pk")
    document = factories.document(world.patient)
    free: list[bool] = []

    def other(wanted: WantedDocument, **how: bool) -> bool:
        rows = WantedDocument.objects.filter(pk=wanted.pk).select_for_update(**how)
        return rows.first() is not None

    meanwhile(lambda: other(lower), lambda: free.append(other(higher, skip_locked=True)))

    assert operations.fulfil(wanted_id=higher.pk, document_id=document.pk, by=SYSTEM, now=world.now)
    assert free == [True]
    assert not WantedDocument.objects.filter(document=None).exists()
