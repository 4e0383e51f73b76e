"""Workers that look for whom a freed time is, at the same moment; and those that are killed.

First it is shown that a time is offered twice when nothing guards it; then that each guard alone
prevents it. A worker is killed before each statement that it makes, one after the other.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import Patient
from booking import operations
from booking.invariants import prove
from booking.models import (
    AppointmentSlot,
    FreedTime,
    Offer,
    Slot,
    SlotStatus,
    Status,
    WaitlistEntry,
)
from booking.operations import cells, holding, offering, steps
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

WORKERS = 6
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
LATER = NOW + 31 * MINUTE
BY = {"by": SYSTEM, "now": NOW}


class Scene(World):
    """One time after the other becomes free, each on a day of its own, and people wait for it."""

    def freed(self, day: dt.date, *, waiting: int) -> list[WaitlistEntry]:
        """The time at 9:00, and who waits for that day: the first has waited longest."""
        factories.cells(self.bob, at("09:00", day), 1)
        entries = [self.wait(day, ago=waiting - number) for number in range(waiting)]
        visit = self.book(start=at("09:00", day))
        operations.cancel(appointment=visit, **BY)
        return entries

    def wait(self, day: dt.date, *, ago: int) -> WaitlistEntry:
        patient: Patient = factories.patient()
        return operations.join_waitlist(
            patient=patient,
            visit_type=self.checkup,
            wish=operations.Wishes(earliest=day, latest=day),
            by=SYSTEM,
            now=NOW - ago * MINUTE,
        )


def open_offers() -> list[Offer]:
    return list(Offer.objects.filter(status=Offer.Status.OPEN).select_related("entry", "hold"))


def broken() -> dict[str, Any]:
    return {result.name: result.rows for result in prove() if result.broken}


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned or raised; all begin together, each on a connection of its own."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


@pytest.fixture
def in_slow_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between looking and writing."""
    keep = holding.keep

    def keep_slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.1)
        return keep(*args, **kwargs)

    monkeypatch.setattr(holding, "keep", keep_slowly)


GUARDS = {
    "constraints": [
        ("booking_appointment", "appointment_doctor_once"),
        ("booking_appointment", "appointment_patient_once"),
    ],
    "indexes": ["slot_claimed_once", "one_open_offer_per_time", "one_open_offer_per_entry"],
}


@pytest.fixture
def without_constraints(transactional_db: None) -> Iterator[None]:
    """The database would take two offers of one time."""
    again = []
    with connection.cursor() as cursor:
        for table, name in GUARDS["constraints"]:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            )
            again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {cursor.fetchone()[0]}")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name in GUARDS["indexes"]:
            cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
            again.append(cursor.fetchone()[0])
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("offer", "appointmentslot", "appointment"):
            cursor.execute(f"DELETE FROM booking_{table}")
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in again:
            cursor.execute(statement)


def _read_cells(doctor_id: Any, span: Any, own: set[int], *, wait: bool) -> list[Slot]:
    return list(Slot.objects.filter(doctor_id=doctor_id).touching(*span).order_by("pk"))


def _claim_blindly(
    place: Any, appointment: Any, *, status: SlotStatus, now: dt.datetime, **_more: Any
) -> None:
    Slot.objects.filter(pk__in=place.cell_ids).update(
        status=status, held_until=appointment.held_until
    )
    AppointmentSlot.objects.bulk_create(
        AppointmentSlot(appointment=appointment, slot_id=pk, claimed_at=now)
        for pk in place.cell_ids
    )


EVERY = {"freed", "entry", "slots"}


def unguarded(monkeypatch: pytest.MonkeyPatch, guards: set[str]) -> None:
    """Take these guards out of the code."""
    if "entry" in guards:
        read = WaitlistEntry.objects.get
        monkeypatch.setattr(offering, "_lock_entry", lambda entry: read(pk=entry.pk))
        monkeypatch.setattr(steps, "lock_free_patient", lambda *_args, **_more: None)
    if "freed" in guards:
        monkeypatch.setattr(offering, "_lock_due", lambda *_args: None)
    if "slots" in guards:
        monkeypatch.setattr(cells, "lock_cells", _read_cells)
        monkeypatch.setattr(cells, "claim", _claim_blindly)


def look_at_once() -> None:
    Scene().freed(TOMORROW + DAY, waiting=WORKERS)
    at_once(*[lambda: operations.offer_freed_times(now=NOW)] * WORKERS)


def test_without_any_guard_one_time_is_offered_to_several(
    in_slow_motion: None, without_constraints: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded(monkeypatch, EVERY)
    look_at_once()
    assert len(open_offers()) > 1


@pytest.mark.parametrize("guard", sorted(EVERY))
def test_each_guard_of_the_code_alone_prevents_it(
    in_slow_motion: None,
    without_constraints: None,
    monkeypatch: pytest.MonkeyPatch,
    guard: str,
) -> None:
    unguarded(monkeypatch, EVERY - {guard})
    look_at_once()
    assert len(open_offers()) == 1


def test_the_constraints_alone_prevent_it(
    in_slow_motion: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded(monkeypatch, EVERY)
    look_at_once()
    assert len(open_offers()) == 1


def test_with_all_of_them_one_is_asked_and_one_mail_is_written(in_slow_motion: None) -> None:
    look_at_once()
    (offer,) = open_offers()
    assert offer.entry == WaitlistEntry.objects.order_by("created_at").first()
    assert Message.objects.filter(template="waitlist_offer").count() == 1
    assert broken() == {}


def test_a_yes_against_the_sweep_ends_in_one_of_the_two() -> None:
    scene = Scene()
    for number in range(8):
        first, second = scene.freed(TOMORROW + (number + 1) * DAY, waiting=2)
        operations.offer_freed_times(now=NOW)
        (offer,) = open_offers()
        answer, _swept = at_once(
            lambda offer=offer: operations.accept_offer(
                offer=offer, by=Actor.guest(), now=NOW + 29 * MINUTE
            ),
            lambda: operations.offer_freed_times(now=LATER),
        )
        offer.refresh_from_db()
        if offer.status == Offer.Status.ACCEPTED:
            assert answer.status == Status.BOOKED
            assert open_offers() == []
        else:
            assert isinstance(answer, operations.OfferOver | operations.Busy)
            operations.offer_freed_times(now=LATER)
            assert [some.entry for some in open_offers()] == [second]
        assert broken() == {}
        for entry in (first, second):
            with_end = WaitlistEntry.objects.get(pk=entry.pk)
            if with_end.is_open:
                operations.leave_waitlist(entry=entry, by=SYSTEM, now=LATER)


def killed_at(statement: int, now: dt.datetime) -> bool:
    """Run the sweep in a process that is killed before that statement of it; False if it ended."""
    pid = os.fork()
    if pid == 0:
        _parents = connection.connection  # not ours: kept, so that nobody closes it
        connection.connection = None
        left = statement

        def die(execute: Any, *args: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*args)

        try:
            with connection.execute_wrapper(die):
                operations.offer_freed_times(now=now)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def sweep(now: dt.datetime, *, until: Callable[[], bool]) -> None:
    """Sweeps, as by the clock: the server needs a moment to let go of a dead worker's locks."""
    for _ in range(50):
        operations.offer_freed_times(now=now)
        if until():
            return
        time.sleep(0.05)
    raise AssertionError("no sweep has put it right")


def test_a_worker_that_is_killed_anywhere_loses_nothing() -> None:
    """While it offers: afterwards there is one offer, to who has waited longest, and one mail."""
    scene = Scene()
    for statement in range(1, 55):
        first, second = scene.freed(TOMORROW + statement * DAY, waiting=2)
        mails = Message.objects.count()
        if not killed_at(statement, NOW):
            break
        sweep(NOW, until=lambda: len(open_offers()) == 1)
        assert open_offers()[0].entry == first
        assert Message.objects.count() == mails + 1
        assert broken() == {}
        clear(first, second)
    assert statement > 20, "it was killed at each of its statements"


def test_a_worker_that_is_killed_anywhere_while_it_passes_on_loses_nothing() -> None:
    """Nobody answered: afterwards the next one has the offer, and the first one waits on."""
    scene = Scene()
    for statement in range(1, 55):
        first, second = scene.freed(TOMORROW + statement * DAY, waiting=2)
        operations.offer_freed_times(now=NOW)
        if not killed_at(statement, LATER):
            break
        sweep(LATER, until=lambda second=second: [o.entry for o in open_offers()] == [second])
        first.refresh_from_db()
        assert first.status == WaitlistEntry.Status.WAITING
        assert [offer.status for offer in first.offers.all()] == [Offer.Status.EXPIRED]
        assert broken() == {}
        clear(first, second)
    assert statement > 30


def clear(*entries: WaitlistEntry) -> None:
    for entry in entries:
        operations.leave_waitlist(entry=entry, by=SYSTEM, now=LATER)
    FreedTime.objects.filter(done_at=None).update(done_at=LATER)
