from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role
from booking import operations
from booking.invariants import prove
from booking.models import Appointment, Override, Slot, SlotStatus, TimeOff
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

MINUTE = dt.timedelta(minutes=1)
WHY = "Fever, sent over by the school"


@pytest.fixture
def staff(db: None) -> Actor:
    return Actor.of_user(factories.user(Role.STAFF))


@pytest.fixture
def world(db: None) -> World:
    """With working hours behind the cells, so that what is outside of them is known."""
    made = World()
    for someone in (made.ada, made.bob):
        factories.hours(someone, "09:00", "12:00")
    return made


def grid(world: World) -> None:
    operations.generate_slots(clinic=world.clinic, now=NOW, first=TOMORROW, last=TOMORROW)


def cells(world: World) -> dict[str, str]:
    """Ada's cells of tomorrow outside of 9:15 to 12:00."""
    shown = Slot.objects.filter(doctor=world.ada).exclude(
        start__gte=at("09:15"), start__lt=at("12:00")
    )
    return {f"{slot.start:%H:%M}": slot.status for slot in shown.order_by("start")}


def close(world: World, opens: str, closes: str, **fields: object) -> None:
    TimeOff.objects.create(
        clinic=world.clinic, doctor=world.ada, start=at(opens), end=at(closes), **fields
    )
    grid(world)


def everything_holds() -> bool:
    return [(result.name, result.rows) for result in prove() if result.broken] == []


def test_notice_is_broken_with_a_reason_that_is_written_down(world: World, staff: Actor) -> None:
    now = at("08:30")

    visit = world.book("09:00", now=now, override=f" {WHY} ", by=staff)

    row = Override.objects.get()
    assert (row.appointment, row.version, row.rules) == (visit, 1, ["notice"])
    assert (row.reason, row.at, str(row.user_id)) == (WHY, now, staff.user_id)
    trail = AuditEvent.objects.get(action="appointment.booked")
    assert trail.data["overrode"] == ["notice"]
    assert Override.objects.get(pk=trail.data["override"]).reason
    assert WHY not in str(trail.data)


def test_a_reason_that_was_not_needed_leaves_no_row(world: World, staff: Actor) -> None:
    world.book("09:00", override=WHY, by=staff)

    assert not Override.objects.exists()
    assert "overrode" not in AuditEvent.objects.get(action="appointment.booked").data


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_every_rule_stands(world: World, staff: Actor, reason: str) -> None:
    with pytest.raises(operations.TooSoon):
        world.book("09:00", now=at("08:30"), override=reason, by=staff)
    with pytest.raises(operations.TooFar):
        world.book("09:00", now=NOW - dt.timedelta(days=100), override=reason, by=staff)
    with pytest.raises(operations.NotOffered):
        world.book("12:00", doctor=world.ada, override=reason, by=staff)


@pytest.mark.parametrize(
    "by",
    [SYSTEM, Actor.guest(), Actor(kind="user", user_id="00000000-0000-4000-8000-000000000001")],
    ids=["system", "guest", "patient"],
)
def test_only_people_of_the_clinic_break_rules(world: World, by: Actor) -> None:
    with pytest.raises(operations.OverrideNotAllowed):
        world.book("09:00", now=at("08:30"), override=WHY, by=by)


def test_nobody_of_the_clinic_makes_an_exception_for_himself(world: World) -> None:
    own = factories.patient(user=factories.user(Role.STAFF))

    with pytest.raises(operations.OverrideNotAllowed):
        world.book("09:00", patient=own, override=WHY, by=Actor.of_user(own.user))


def test_a_reason_longer_than_its_column_is_refused(world: World, staff: Actor) -> None:
    with pytest.raises(operations.TooLong):
        world.book("09:00", now=at("08:30"), override="x" * 501, by=staff)


def test_a_time_that_has_just_begun_can_be_filled_but_not_one_that_is_over(
    world: World, staff: Actor
) -> None:
    assert world.book("09:00", now=at("09:10"), override=WHY, by=staff).status == "booked"
    with pytest.raises(operations.TooSoon):
        world.book("09:30", now=at("09:45"), override=WHY, by=staff)


def test_beyond_the_horizon_the_cells_of_the_grid_are_made(world: World, staff: Actor) -> None:
    far = dt.date(2026, 11, 10)

    visit = world.book(start=at("09:15", far), doctor=world.ada, override=WHY, by=staff)

    assert Override.objects.get().rules == ["horizon"]
    assert not visit.outside_hours
    operations.cancel(appointment=visit, by=staff, now=NOW)
    left = Slot.objects.get(start__date=far)
    assert (left.start, left.status) == (at("09:15", far), SlotStatus.FREE)
    assert everything_holds()


def test_after_closing_cells_are_made_for_the_visit_and_go_with_it(
    world: World, staff: Actor
) -> None:
    visit = world.book("12:00", doctor=world.ada, override=WHY, by=staff)

    assert Override.objects.get().rules == ["hours"]
    assert cells(world) == {"09:00": "free", "12:00": "booked"}
    grid(world)
    assert cells(world)["12:00"] == "booked"
    assert everything_holds()
    operations.cancel(appointment=visit, by=staff, now=NOW)
    assert cells(world) == {"09:00": "free"}
    assert everything_holds()


def test_a_visit_that_begins_in_the_hours_may_pass_closing(world: World, staff: Actor) -> None:
    long = factories.visit_type(world.clinic, world.ada, minutes=40)

    visit = world.book("11:45", visit_type=long, doctor=world.ada, override=WHY, by=staff)

    assert cells(world) == {"09:00": "free", "12:00": "booked", "12:15": "booked"}
    assert (visit.busy_start, visit.busy_end) == (at("11:45"), at("12:30"))
    operations.cancel(appointment=visit, by=staff, now=NOW)
    assert cells(world) == {"09:00": "free"}
    assert Slot.objects.get(doctor=world.ada, start=at("11:45")).status == SlotStatus.FREE


@pytest.mark.parametrize(
    ("kind", "closed"), [("leave", SlotStatus.BLOCKED), ("holiday", SlotStatus.HOLIDAY)]
)
def test_closed_time_is_opened_for_one_visit_and_closed_behind_it(
    world: World, staff: Actor, kind: str, closed: str
) -> None:
    close(world, "09:00", "10:00", kind=kind)

    visit = world.book("09:00", doctor=world.ada, override=WHY, by=staff)

    assert Override.objects.get().rules == ["hours"]
    operations.cancel(appointment=visit, by=staff, now=NOW)
    assert cells(world) == {"09:00": closed}
    assert "09:00×2" not in world.free()


def test_time_off_that_came_after_the_booking_closes_what_is_given_back_at_once(
    world: World,
) -> None:
    visit = world.book("09:00", doctor=world.ada)
    held = world.hold("09:15", doctor=world.ada)
    close(world, "09:00", "10:00")

    operations.cancel(appointment=visit, by=SYSTEM, now=NOW)
    operations.expire_holds(now=held.held_until)

    assert {"09:00×1", "09:15×1"} <= set(world.free())
    closed = Slot.objects.filter(doctor=world.ada, start__lt=at("10:00"))
    assert {slot.status for slot in closed} == {SlotStatus.BLOCKED}


def test_hours_that_moved_away_take_the_cells_of_a_visit_with_it(world: World) -> None:
    visit = world.book("11:30", doctor=world.ada)
    world.ada.working_hours.update(closes=dt.time(11))
    grid(world)

    visit.refresh_from_db()
    assert visit.outside_hours
    operations.cancel(appointment=visit, by=SYSTEM, now=NOW)

    assert not Slot.objects.filter(doctor=world.ada, start__gte=at("11:00")).exists()


def test_off_the_grid_the_cells_under_the_visit_are_taken_whole(world: World, staff: Actor) -> None:
    visit = world.book("09:05", doctor=world.ada, override=WHY, by=staff)

    assert (visit.busy_start, visit.busy_end) == (at("09:00"), at("09:30"))
    assert Override.objects.get().rules == ["hours"]
    assert everything_holds()
    operations.cancel(appointment=visit, by=staff, now=NOW)
    assert {"09:00×2", "09:15×2"} <= set(world.free())


def test_new_cells_fit_between_those_that_are_there(world: World, staff: Actor) -> None:
    factories.hours(world.ada, "12:20", "13:00")
    factories.cells(world.ada, at("12:20"), 2)

    world.book("12:10", doctor=world.ada, override=WHY, by=staff)

    assert cells(world)["12:10"] == "booked"
    assert Slot.objects.get(doctor=world.ada, start=at("12:10")).end == at("12:20")
    assert cells(world)["12:20"] == "booked"
    assert everything_holds()


def test_outside_of_the_hours_a_doctor_must_be_chosen(world: World, staff: Actor) -> None:
    with pytest.raises(operations.NotOffered):
        world.book("12:00", override=WHY, by=staff)


def test_a_doctor_who_does_not_offer_the_visit_is_refused(world: World, staff: Actor) -> None:
    only_bob = factories.visit_type(world.clinic, world.bob)

    with pytest.raises(operations.NotOffered):
        world.book("12:00", visit_type=only_bob, doctor=world.ada, override=WHY, by=staff)


@pytest.mark.parametrize("clock", ["09:00", "08:50", "09:05"])
def test_nobodys_time_is_overridden(world: World, staff: Actor, clock: str) -> None:
    world.book("09:00", doctor=world.ada)

    with pytest.raises(operations.Taken):
        world.book(clock, doctor=world.ada, override=WHY, by=staff)
    assert Appointment.objects.count() == 1
    assert cells(world) == {"09:00": "booked"}


def test_a_held_time_is_not_overridden_until_the_hold_runs_out(world: World, staff: Actor) -> None:
    held = world.hold("09:00", doctor=world.ada)

    with pytest.raises(operations.Taken):
        world.book("08:50", doctor=world.ada, override=WHY, by=staff)
    later = held.held_until
    assert world.book("08:50", doctor=world.ada, override=WHY, by=staff, now=later)


def test_somebodys_buffer_is_not_overridden(world: World, staff: Actor) -> None:
    tidy = factories.visit_type(world.clinic, world.ada, buffer_after=15)
    world.book("11:45", visit_type=tidy, doctor=world.ada)

    with pytest.raises(operations.Taken):
        world.book("12:00", doctor=world.ada, override=WHY, by=staff)
    assert world.book("12:15", doctor=world.ada, override=WHY, by=staff)


def test_the_patients_other_visit_is_not_overridden(world: World, staff: Actor) -> None:
    world.book("09:00", doctor=world.bob, patient=world.patient)

    with pytest.raises(operations.PatientBusy):
        world.book("09:00", doctor=world.ada, patient=world.patient, override=WHY, by=staff)


def move(visit: Appointment, clock: str, **fields: object) -> Appointment:
    wanted = {"appointment": visit, "start": at(clock), "by": SYSTEM, "now": NOW}
    return operations.reschedule(**wanted | fields)


def test_a_visit_is_moved_past_closing_with_a_reason_and_back_without(
    world: World, staff: Actor
) -> None:
    visit = world.book("11:45", doctor=world.ada)

    visit = move(visit, "12:00", by=staff, override=WHY)

    assert (visit.doctor, visit.outside_hours) == (world.ada, True)
    row = Override.objects.get()
    assert (row.version, row.rules) == (2, ["hours"])
    assert AuditEvent.objects.get(action="appointment.moved").data["overrode"] == ["hours"]
    visit = move(visit, "11:45")
    assert not visit.outside_hours
    assert cells(world) == {"09:00": "free"}
    assert everything_holds()


def test_time_outside_of_the_hours_is_not_the_visits_own_to_move_about_in(
    world: World, staff: Actor
) -> None:
    long = factories.visit_type(world.clinic, world.ada, minutes=30)
    visit = world.book("12:00", visit_type=long, doctor=world.ada, override=WHY, by=staff)

    with pytest.raises(operations.BookingError):
        move(visit, "11:45")
    moved = move(visit, "11:45", by=staff, override=WHY)

    assert moved.outside_hours
    assert Override.objects.filter(version=2, rules=["hours"]).exists()
    assert cells(world) == {"09:00": "free", "12:00": "booked"}
    assert everything_holds()


def test_a_refused_override_leaves_the_visit_where_it_was(world: World, staff: Actor) -> None:
    visit = world.book("11:30", doctor=world.ada)
    world.book("11:45", doctor=world.ada)

    with pytest.raises(operations.Taken):
        move(visit, "11:50", by=staff, override=WHY)
    visit.refresh_from_db()
    assert (visit.start, visit.version) == (at("11:30"), 1)
    assert everything_holds()


def test_what_was_said_of_the_former_time_is_forgotten_when_a_visit_moves(world: World) -> None:
    visit = world.book("09:00")
    Appointment.objects.update(confirmed_at=NOW, reminded_at=NOW)

    move(visit, "09:30")

    visit.refresh_from_db()
    assert (visit.confirmed_at, visit.reminded_at) == (None, None)
