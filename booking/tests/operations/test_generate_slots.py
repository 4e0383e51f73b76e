from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from booking import operations
from booking.models import AppointmentSlot, Slot, SlotStatus, TimeOff, WorkingHours
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

DAY = dt.timedelta(days=1)


@pytest.fixture
def clinic(db: None) -> factories.Clinic:
    return factories.clinic()


@pytest.fixture
def doctor(clinic: factories.Clinic) -> factories.Doctor:
    doctor = factories.doctor(clinic, slot_minutes=30)
    factories.hours(doctor, "09:00", "11:00")
    factories.hours(doctor, "13:00", "14:00")
    return doctor


def generate(clinic: factories.Clinic, **fields: object) -> object:
    wanted = {"clinic": clinic, "now": NOW, "first": TOMORROW, "last": TOMORROW}
    return operations.generate_slots(**wanted | fields)


def grid(doctor: factories.Doctor) -> list[str]:
    return [
        f"{slot.start:%H:%M} {slot.status}"
        for slot in Slot.objects.filter(doctor=doctor).order_by("start")
    ]


def test_hours_become_cells_and_again_nothing(
    clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    first, again = generate(clinic), generate(clinic)

    assert (first.created, again.created, again.removed) == (6, 0, 0)
    assert grid(doctor) == [f"{clock} free" for clock in
                            ("09:00", "09:30", "10:00", "10:30", "13:00", "13:30")]  # fmt: skip


def test_the_horizon_rolls_on(clinic: factories.Clinic, doctor: factories.Doctor) -> None:
    generate(clinic, last=TOMORROW + DAY)

    assert (
        generate(clinic, now=NOW + DAY, first=TOMORROW + DAY, last=TOMORROW + 2 * DAY).created == 6
    )


def test_hours_hold_within_their_validity(
    clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    WorkingHours.objects.update(valid_until=TOMORROW)

    assert generate(clinic, last=TOMORROW + 5 * DAY).created == 6


def test_time_off_blocks_free_cells_and_its_end_frees_them(
    clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    generate(clinic)
    off = TimeOff.objects.create(
        clinic=clinic, doctor=doctor, start=at("09:40"), end=at("10:10"), kind="leave"
    )
    TimeOff.objects.create(clinic=clinic, start=at("13:00"), end=at("14:00"), kind="holiday")

    generate(clinic)

    assert grid(doctor) == [
        "09:00 free", "09:30 blocked", "10:00 blocked", "10:30 free",
        "13:00 holiday", "13:30 holiday",
    ]  # fmt: skip
    off.delete()
    assert generate(clinic).changed == 2


def test_taken_cells_are_never_touched(world: World) -> None:
    """Hours vanish, the grid changes, the doctor goes on leave: the visit stands as it was."""
    visit = world.book("09:15", doctor=world.ada)
    before = Slot.objects.get(claims__appointment=visit)
    TimeOff.objects.create(
        clinic=world.clinic, doctor=world.ada, start=at("08:00"), end=at("10:00")
    )
    factories.hours(world.ada, "09:10", "10:10")
    world.ada.slot_minutes = 20
    world.ada.save()

    generate(world.clinic)

    after = Slot.objects.get(claims__appointment=visit)
    assert (after.pk, after.start, after.status) == (before.pk, before.start, SlotStatus.BOOKED)
    # 9:10 would overlap the visit's cell, so it is left out.
    assert grid(world.ada) == ["09:15 booked", "09:30 blocked", "09:50 blocked"]


def test_no_cell_is_made_under_a_buffer_that_passes_closing(world: World) -> None:
    scan = factories.visit_type(world.clinic, world.ada, buffer_after=30)
    world.book("11:45", visit_type=scan)
    factories.hours(world.ada, "09:00", "13:00")

    generate(world.clinic)

    later = Slot.objects.filter(doctor=world.ada, start__gte=at("12:00")).order_by("start")
    assert later.first().start == at("12:30")


def test_a_cell_that_was_once_booked_may_go_and_its_history_stays(world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    generate(world.clinic)  # no working hours: every free cell goes

    assert not Slot.objects.exists()
    claim = AppointmentSlot.objects.get(appointment=visit)
    assert (claim.slot, claim.released_at) == (None, world.now)


def test_the_day_of_a_change_of_the_clocks_has_its_real_cells(db: None) -> None:
    clinic = factories.clinic(time_zone="America/New_York")
    doctor = factories.doctor(clinic, slot_minutes=30)
    factories.hours(doctor, "00:30", "04:00")
    spring, autumn = dt.date(2026, 3, 8), dt.date(2026, 11, 1)

    counts = [generate(clinic, first=day, last=day).created for day in (spring, autumn)]

    assert counts == [5, 9]


def test_overlapping_hours_are_refused_by_the_database(doctor: factories.Doctor) -> None:
    with pytest.raises(IntegrityError, match="hours_no_overlap"), transaction.atomic():
        factories.hours(doctor, "10:30", "12:00", weekdays=[0])
    factories.hours(doctor, "11:00", "12:00", weekdays=[0])  # touching is fine


@pytest.mark.django_db(transaction=True)
def test_two_generators_at_once_make_each_cell_once() -> None:
    clinic = factories.clinic()
    for _ in range(4):
        factories.hours(factories.doctor(clinic), "09:00", "17:00")
    barrier = threading.Barrier(3)
    failures: list[Exception] = []

    def run() -> None:
        try:
            barrier.wait(60)
            generate(clinic, last=TOMORROW + 6 * DAY)
        except Exception as error:  # reported below, in the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert Slot.objects.count() == 4 * 7 * 32


def test_cells_reach_as_far_as_any_visit_type_may_be_booked(
    clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    factories.visit_type(clinic, doctor, horizon_days=90)

    operations.generate_slots(clinic=clinic, now=NOW)

    assert Slot.objects.latest("start").start.date() == NOW.date() + 90 * DAY
