from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent
from booking import operations
from booking.invariants import prove
from booking.models import Appointment, AppointmentSlot, Slot, SlotStatus, Status
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

DAY = dt.timedelta(days=1)
THEN = {"by": SYSTEM, "now": at("09:10")}


def undo(visit: Appointment, **fields: object) -> Appointment:
    return operations.undo(**{"appointment": visit} | THEN | fields)


@pytest.fixture
def missed(world: World) -> Appointment:
    """A visit at 9:00 that nobody came to, marked at 9:10."""
    visit = world.book("09:00", doctor=world.ada, patient=world.patient)
    return operations.mark_no_show(appointment=visit, **THEN)


def holds() -> bool:
    return [result.name for result in prove() if result.broken] == []


def test_a_completed_visit_goes_back_step_by_step(world: World) -> None:
    visit = world.book("09:00")
    operations.check_in(appointment=visit, by=SYSTEM, now=at("08:55"))
    operations.complete(appointment=visit, **THEN)

    visit = undo(visit)
    assert (visit.status, visit.arrived_at) == (Status.CHECKED_IN, at("08:55"))
    assert (visit.ended_at, visit.ended_by) == (None, None)
    visit = undo(visit)
    assert (visit.status, visit.arrived_at) == (Status.BOOKED, None)
    assert holds()
    with pytest.raises(operations.WrongState):
        undo(visit)
    told = AuditEvent.objects.filter(action="appointment.undone").order_by("id")
    assert [(row.data["from"], row.data["to"]) for row in told] == [
        ("completed", "checked_in"),
        ("checked_in", "booked"),
    ]


def test_a_second_tap_takes_back_no_more(world: World) -> None:
    visit = world.book("09:00")
    operations.check_in(appointment=visit, **THEN)
    operations.complete(appointment=visit, **THEN)
    undo(visit, seen=Status.COMPLETED)

    with pytest.raises(operations.WrongState):
        undo(visit, seen=Status.COMPLETED)
    visit.refresh_from_db()
    assert visit.status == Status.CHECKED_IN


def test_who_comes_late_gets_the_time_again(world: World, missed: Appointment) -> None:
    visit = undo(missed)

    assert (visit.status, visit.ended_at) == (Status.BOOKED, None)
    assert Slot.objects.get(doctor=world.ada, start=at("09:00")).status == SlotStatus.BOOKED
    assert AppointmentSlot.objects.filter(appointment=visit, released_at=None).count() == 1
    assert holds()


def test_a_time_that_was_given_away_is_not_taken_back(world: World, missed: Appointment) -> None:
    world.book("09:00", doctor=world.ada, now=NOW)

    with pytest.raises(operations.Taken):
        undo(missed)
    missed.refresh_from_db()
    assert missed.status == Status.NO_SHOW
    assert holds()


def test_a_time_that_is_held_is_not_taken_back_until_the_hold_runs_out(
    world: World, missed: Appointment
) -> None:
    held = world.hold("09:00", doctor=world.ada, now=NOW)

    with pytest.raises(operations.Taken):
        undo(missed, now=held.held_until - dt.timedelta(seconds=1))
    assert undo(missed, now=held.held_until).status == Status.BOOKED
    assert holds()


def test_a_patient_who_went_elsewhere_does_not_get_it_back(
    world: World, missed: Appointment
) -> None:
    world.book("09:00", doctor=world.bob, patient=world.patient, now=NOW)

    with pytest.raises(operations.PatientBusy):
        undo(missed)


def test_a_time_that_was_closed_since_is_opened_for_the_visit_alone(world: World) -> None:
    factories.hours(world.ada, "09:00", "12:00")
    visit = world.book("09:00", doctor=world.ada)
    operations.mark_no_show(appointment=visit, **THEN)
    world.ada.time_off.create(clinic=world.clinic, start=at("09:00"), end=at("10:00"))
    operations.generate_slots(clinic=world.clinic, now=NOW, first=TOMORROW, last=TOMORROW)

    visit = undo(visit)
    assert visit.outside_hours
    operations.cancel(appointment=visit, by=SYSTEM, now=at("09:12"))

    assert Slot.objects.get(doctor=world.ada, start=at("09:00")).status == SlotStatus.BLOCKED
    assert holds()


def test_cells_that_are_no_more_are_made_again(world: World, missed: Appointment) -> None:
    Slot.objects.filter(doctor=world.ada).delete()

    assert undo(missed).outside_hours
    assert holds()


def test_a_step_can_be_taken_back_until_the_end_of_the_next_day(
    world: World, missed: Appointment
) -> None:
    end = at("00:00", TOMORROW + 2 * DAY)

    with pytest.raises(operations.UndoTooLate):
        undo(missed, now=end)
    assert undo(missed, now=end - dt.timedelta(seconds=1)).status == Status.BOOKED


def test_the_bound_is_of_the_clinics_day(world: World, missed: Appointment) -> None:
    world.clinic.time_zone = "America/New_York"
    world.clinic.save()

    assert undo(missed, now=at("03:59", TOMORROW + 2 * DAY)).status == Status.BOOKED


def test_what_has_not_begun_or_has_ended_for_good_cannot_be_undone(world: World) -> None:
    visit = world.book("09:00")
    with pytest.raises(operations.WrongState):
        undo(visit)
    operations.cancel(appointment=visit, by=SYSTEM, now=NOW)
    with pytest.raises(operations.WrongState):
        undo(visit)


def test_a_note_is_kept_and_the_trail_does_not_repeat_it(world: World) -> None:
    visit = world.book("09:00")

    visit = operations.set_note(appointment=visit, text=" Deaf in the left ear ", **THEN)
    operations.set_note(appointment=visit, text="Deaf in the left ear", **THEN)

    visit.refresh_from_db()
    assert visit.internal_note == "Deaf in the left ear"
    assert visit.version == 1
    row = AuditEvent.objects.get(action="appointment.noted")
    assert "Deaf" not in str(row.data)
    assert holds()


def test_a_note_that_is_too_long_is_refused_whole(world: World) -> None:
    visit = world.book("09:00")

    with pytest.raises(operations.TooLong):
        operations.set_note(appointment=visit, text="x" * 2001, **THEN)
    visit.refresh_from_db()
    assert visit.internal_note == ""
