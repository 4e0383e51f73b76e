from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role
from booking import operations
from booking.models import AppointmentSlot, Status
from clinic.lib.actor import Actor
from notifications.models import Message, MessageStatus
from tests import factories
from tests.factories import SYSTEM, World, at

PATIENT = Actor(kind="user", user_id="00000000-0000-4000-8000-000000000001")


def move(world: World, visit: object, clock: str, **fields: object) -> object:
    wanted = {"appointment": visit, "start": at(clock), "by": SYSTEM, "now": world.now}
    return operations.reschedule(**wanted | fields)


def test_cancelling_frees_the_time_and_takes_back_what_has_not_left(world: World) -> None:
    visit = world.book("09:00")

    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    assert world.free()[0] == "09:00×2"
    assert AppointmentSlot.objects.get().released_at == world.now
    told = dict(Message.objects.values_list("template", "status"))
    assert told == {"booked": MessageStatus.VOID, "cancelled": MessageStatus.QUEUED}


def test_a_visit_is_cancelled_once(world: World) -> None:
    visit = world.book("09:00")
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    with pytest.raises(operations.WrongState):
        operations.cancel(appointment=visit, by=SYSTEM, now=world.now)


def test_patients_are_bound_to_the_notice_and_the_clinic_is_not(world: World) -> None:
    visit = world.book("09:00", now=at("08:00", factories.NOW.date()))
    last_moment = at("09:00") - dt.timedelta(hours=24)
    too_late = last_moment + dt.timedelta(seconds=1)

    for change in (
        lambda: operations.cancel(appointment=visit, by=PATIENT, now=too_late),
        lambda: move(world, visit, "10:00", by=PATIENT, now=too_late),
    ):
        with pytest.raises(operations.ChangeTooLate):
            change()
    assert move(world, visit, "10:00", by=PATIENT, now=last_moment).version == 2
    assert operations.cancel(appointment=visit, by=SYSTEM, now=too_late).status == "cancelled"


def test_somebody_of_the_clinic_is_a_patient_like_others_for_own_visits(world: World) -> None:
    own = factories.patient(user=factories.user(Role.STAFF))
    visit = world.book("09:00", patient=own)
    staff = Actor(kind="user", user_id=str(own.user_id), roles=frozenset({"staff"}))

    with pytest.raises(operations.ChangeTooLate):
        operations.cancel(appointment=visit, by=staff, now=at("08:00"))


def test_moving_keeps_the_row_and_raises_its_version(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)

    moved = move(world, visit, "10:00")

    assert (moved.pk, moved.version, moved.start) == (visit.pk, 2, at("10:00"))
    assert moved.doctor == world.ada  # kept, though Bob is free too
    assert "09:00×2" in world.free()
    assert Message.objects.get(status="queued").dedupe_key.endswith(":v2:moved")
    assert AuditEvent.objects.filter(action="appointment.moved").count() == 1


def test_a_visit_moves_by_one_cell_without_blocking_itself(world: World) -> None:
    long = factories.visit_type(world.clinic, world.ada, minutes=45)
    visit = world.book("09:00", visit_type=long)
    shared = set(visit.cells.values_list("slot_id", flat=True))

    moved = move(world, visit, "09:15")

    held = moved.cells.filter(released_at__isnull=True)
    assert held.count() == 3
    assert len(shared & set(held.values_list("slot_id", flat=True))) == 2
    assert moved.cells.count() == 4  # the shared two stay the same rows


def test_a_refused_move_keeps_the_old_time(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    world.book("10:00", doctor=world.ada)

    with pytest.raises(operations.Taken):
        move(world, visit, "10:00", doctor=world.ada)

    visit.refresh_from_db()
    assert (visit.start, visit.version) == (at("09:00"), 1)
    assert visit.cells.get().released_at is None


def test_a_move_goes_to_another_doctor_when_the_own_is_taken(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    world.book("10:00", doctor=world.ada)

    assert move(world, visit, "10:00").doctor == world.bob


def test_a_move_onto_another_visit_of_the_patient_is_refused(world: World) -> None:
    world.book("10:00", patient=world.patient)
    visit = world.book("09:00", patient=world.patient)

    with pytest.raises(operations.PatientBusy):
        move(world, visit, "10:00")


def test_moving_what_needs_approval_asks_again(world: World) -> None:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    visit = world.book("09:00", visit_type=asked)
    operations.accept(appointment=visit, by=SYSTEM, now=world.now)

    moved = move(world, visit, "10:00")

    assert (moved.status, moved.decided_at) == (Status.PENDING, None)


def test_a_cancelled_visit_cannot_be_moved(world: World) -> None:
    visit = world.book("09:00")
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    with pytest.raises(operations.WrongState):
        move(world, visit, "10:00")


def test_a_visit_that_is_over_is_neither_cancelled_nor_moved_by_anybody(world: World) -> None:
    visit = world.book("09:00")

    with pytest.raises(operations.WrongState):
        operations.cancel(appointment=visit, by=SYSTEM, now=visit.end)
    with pytest.raises(operations.BookingError):
        move(world, visit, "11:00", now=visit.end)


def test_moving_to_where_it_is_changes_nothing_and_tells_nobody(world: World) -> None:
    visit = world.book("09:00")

    assert move(world, visit, "09:00").version == 1
    assert not Message.objects.filter(template="moved").exists()


def test_a_booked_hold_does_not_stand_in_its_own_way(world: World) -> None:
    """The second of two clicks finds no hold any more, and is not told of another visit."""
    hold = world.hold("09:00")
    wanted = {
        "hold": hold,
        "holder": hold.holder,
        "patient": world.patient,
        "by": SYSTEM,
        "now": world.now,
    }
    operations.book(**wanted)

    with pytest.raises(operations.HoldExpired):
        operations.book(**wanted)
