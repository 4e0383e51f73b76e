from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEvent
from booking import operations
from booking.models import FreedTime, Slot, SlotStatus, Status, TimeOff
from booking.operations import away, cells
from clinic.lib.times import day_bounds
from tests import factories
from tests.factories import SYSTEM, World, at


def off(world: World, start: str = "09:00", end: str = "12:00", **fields: Any) -> TimeOff:
    wanted = {
        "clinic": world.clinic,
        "doctor": world.ada,
        "start": at(start),
        "end": at(end),
        "by": SYSTEM,
        "now": world.now,
    }
    return operations.add_time_off(**wanted | fields)


def noted(time_off: TimeOff) -> set[Any]:
    return set(time_off.affected.values_list("appointment_id", flat=True))


def statuses(world: World, doctor: Any = None) -> list[str]:
    grid = Slot.objects.filter(doctor=doctor or world.ada).order_by("start")
    return list(grid.values_list("status", flat=True))


def test_time_off_closes_what_is_free_and_notes_who_stands_there(world: World) -> None:
    inside = world.book("10:00", doctor=world.ada)
    world.book("11:45", doctor=world.ada)
    world.book("10:00", doctor=world.bob)

    time_off = off(world, "09:30", "11:00")

    assert noted(time_off) == {inside.pk}
    assert statuses(world) == (
        ["free"] * 2 + ["blocked"] * 2 + ["booked"] + ["blocked"] * 3 + ["free"] * 3 + ["booked"]
    )
    inside.refresh_from_db()
    assert inside.status == Status.BOOKED


def test_a_holiday_of_the_clinic_is_everybodys(world: World) -> None:
    visits = {world.book("09:00", doctor=doctor).pk for doctor in (world.ada, world.bob)}

    assert noted(off(world, doctor=None, kind=TimeOff.Kind.HOLIDAY)) == visits
    assert statuses(world, world.bob)[1:] == ["holiday"] * 11


def test_requests_are_affected_and_what_has_begun_or_is_over_is_not(world: World) -> None:
    request = world.book("09:00", doctor=world.ada, patient=factories.patient(is_guest=True))
    gone = world.book("09:30", doctor=world.ada)
    operations.cancel(appointment=gone, by=SYSTEM, now=world.now)
    arrived = world.book("10:00", doctor=world.ada)
    arrived.status = Status.CHECKED_IN
    arrived.save()
    over = world.book("09:15", doctor=world.ada)

    assert noted(off(world, now=over.end)) == set()
    assert noted(off(world, "09:00", "11:30")) == {request.pk, over.pk}


def test_the_same_time_off_is_written_once(world: World) -> None:
    first, again = off(world), off(world)

    assert first == again
    assert AuditEvent.objects.filter(action="timeoff.created").count() == 1


def test_it_must_end_after_it_begins(world: World) -> None:
    with pytest.raises(operations.EmptyTime):
        off(world, "10:00", "10:00")


def test_a_hold_in_the_way_is_ended(world: World) -> None:
    hold = world.hold("10:00", doctor=world.ada)

    time_off = off(world)

    hold.refresh_from_db()
    assert (hold.status, noted(time_off)) == (Status.EXPIRED, set())
    assert statuses(world) == ["blocked"] * 12


def test_time_that_a_visit_gives_back_stays_closed(world: World) -> None:
    """Cancelled and moved visits free their cells: not into the doctor's leave."""
    cancelled = world.book("09:00", doctor=world.ada)
    moved = world.book("10:00", doctor=world.ada)
    off(world)

    operations.cancel(appointment=cancelled, by=SYSTEM, now=world.now)
    operations.reschedule(
        appointment=moved, start=at("10:00"), doctor=world.bob, by=SYSTEM, now=world.now
    )

    assert statuses(world) == ["blocked"] * 12


def test_taking_it_back_opens_the_time_but_for_other_time_off(world: World) -> None:
    stays = world.book("09:00", doctor=world.ada)
    time_off = off(world)
    off(world, "11:00", "12:00", doctor=None, kind=TimeOff.Kind.HOLIDAY)

    operations.remove_time_off(time_off=time_off, by=SYSTEM, now=world.now)

    assert statuses(world) == ["booked"] + ["free"] * 7 + ["holiday"] * 4
    freed = FreedTime.objects.get()
    assert (freed.start, freed.end) == (at("09:15"), at("11:00"))
    stays.refresh_from_db()
    assert stays.status == Status.BOOKED


def test_a_visit_is_kept_for_a_reason(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    (affected,) = off(world).affected.all()

    with pytest.raises(operations.ReasonMissing):
        operations.keep(affected=affected, reason=" ", by=SYSTEM, now=world.now)
    operations.keep(affected=affected, reason="Comes in for it", by=SYSTEM, now=world.now)

    affected.refresh_from_db()
    assert (affected.kept_reason, affected.kept_by) == ("Comes in for it", SYSTEM.label)
    event = AuditEvent.objects.get(action="appointment.kept")
    assert event.subject_id == str(visit.pk)
    assert "Comes" not in str(event.data)


def test_what_was_moved_away_cannot_be_kept(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    (affected,) = off(world).affected.all()
    operations.reschedule(
        appointment=visit, start=at("09:15"), doctor=world.bob, by=SYSTEM, now=world.now
    )
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    with pytest.raises(operations.WrongState):
        operations.keep(affected=affected, reason="Why not", by=SYSTEM, now=world.now)


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Runs on a connection of its own; what it returned or raised is put into the list."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(work())
        except Exception as error:  # judged in the test's own thread
            came.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


@pytest.mark.django_db(transaction=True)
def test_who_is_booking_at_that_moment_is_waited_for_and_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    claiming, go_on = threading.Event(), threading.Event()
    claim = cells.claim

    def slowly(*args: Any, **fields: Any) -> None:
        claiming.set()
        go_on.wait(60)
        claim(*args, **fields)

    monkeypatch.setattr(cells, "claim", slowly)
    booking, booked = in_thread(lambda: world.book("10:00", doctor=world.ada))
    claiming.wait(60)
    leaving, time_off = in_thread(lambda: off(world))
    leaving.join(0.5)
    assert leaving.is_alive()  # it waits for the cells
    go_on.set()
    booking.join(60)
    leaving.join(60)

    assert noted(time_off[0]) == {booked[0].pk}


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_the_time_is_being_closed_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    looked, go_on = threading.Event(), threading.Event()
    standing_in = away._standing_in

    def slowly(*args: Any, **fields: Any) -> Any:
        found = standing_in(*args, **fields)
        looked.set()
        go_on.wait(60)
        return found

    monkeypatch.setattr(away, "_standing_in", slowly)
    leaving, time_off = in_thread(lambda: off(world))
    looked.wait(60)
    booking, booked = in_thread(lambda: world.book("10:00", doctor=world.ada))
    booking.join(0.5)
    assert booking.is_alive()
    go_on.set()
    leaving.join(60)
    booking.join(60)

    assert isinstance(booked[0], operations.BookingError)
    assert noted(time_off[0]) == set()


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_is_confirmed_while_the_time_is_being_closed_is_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    hold = world.hold("10:00", doctor=world.ada)
    monkeypatch.setattr(away.sweeping, "end_holds", confirm_first(world, hold))

    time_off = off(world)

    hold.refresh_from_db()
    assert (hold.status, noted(time_off)) == (Status.BOOKED, {hold.pk})
    assert SlotStatus.BOOKED in statuses(world)


def confirm_first(world: World, hold: Any) -> Callable[..., Any]:
    end_holds = away.sweeping.end_holds

    def confirmed_meanwhile(*args: Any, **fields: Any) -> Any:
        thread, came = in_thread(
            lambda: operations.book(
                hold=hold, holder=hold.holder, patient=world.patient, by=SYSTEM, now=world.now
            )
        )
        thread.join(60)
        assert came[0].status == Status.BOOKED
        return end_holds(*args, **fields)

    return confirmed_meanwhile


def test_days_of_the_clinic_are_as_long_as_they_are(db: None) -> None:
    """A day off on which the clocks change closes all of that day and none of the next."""
    clinic = factories.clinic(time_zone="America/Chicago")
    doctor = factories.doctor(clinic, slot_minutes=30)
    factories.hours(doctor, "00:00", "23:59")
    day = dt.date(2026, 11, 1)
    now = dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
    operations.generate_slots(clinic=clinic, now=now, first=day, last=day + dt.timedelta(days=1))
    start, end = day_bounds(day, clinic.zone)

    operations.add_time_off(clinic=clinic, doctor=doctor, start=start, end=end, by=SYSTEM, now=now)

    assert end - start == dt.timedelta(hours=25)
    assert Slot.objects.filter(status="blocked").count() == 49
    assert Slot.objects.filter(status="free").count() == 47
