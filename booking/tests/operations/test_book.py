from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent, TreatingRelationship
from booking import operations
from booking.models import Appointment, Slot, SlotStatus, Status
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World, at


def test_a_booking_takes_its_cell_and_writes_audit_message_and_relationship(world: World) -> None:
    visit = world.book("09:00", patient=world.patient)

    assert visit.status == Status.BOOKED
    assert [claim.slot.status for claim in visit.cells.all()] == [SlotStatus.BOOKED]
    assert AuditEvent.objects.get(action="appointment.booked").subject_id == str(visit.pk)
    assert Message.objects.get().dedupe_key == f"appointment:{visit.pk}:v1:booked"
    assert TreatingRelationship.objects.get().patient == world.patient
    assert "09:00×1" in world.free()


def test_a_time_that_everybody_has_given_away_is_refused_with_the_nearest(world: World) -> None:
    world.book("09:00")
    world.book("09:00")

    with pytest.raises(operations.Taken) as refused:
        world.book("09:00")

    near = [f"{free.start:%H:%M}" for free in refused.value.alternatives]
    assert near == ["09:15", "09:30", "09:45"]


def test_a_patient_cannot_be_in_two_places(world: World) -> None:
    world.book("09:00", patient=world.patient)

    with pytest.raises(operations.PatientBusy):
        world.book("09:00", patient=world.patient)


@pytest.mark.parametrize(
    ("clock", "day", "refusal"),
    [
        ("12:59", factories.NOW.date(), operations.TooSoon),
        ("09:00", dt.date(2026, 9, 1), operations.TooFar),
        ("09:05", factories.TOMORROW, operations.NotOffered),
        ("20:00", factories.TOMORROW, operations.NotOffered),
    ],
)
def test_times_outside_the_rules_are_refused(
    world: World, clock: str, day: dt.date, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        world.book(start=at(clock, day))


def test_a_start_exactly_at_the_notice_is_booked(world: World) -> None:
    assert world.book("09:00", now=at("08:00")).start == at("09:00")
    with pytest.raises(operations.TooSoon):
        world.book("09:00", now=at("08:00") + dt.timedelta(seconds=1))


def test_a_longer_visit_takes_consecutive_cells_and_never_passes_closing(world: World) -> None:
    surgery = factories.visit_type(world.clinic, world.ada, minutes=40)

    visit = world.book("11:15", visit_type=surgery)

    assert visit.cells.count() == 3
    assert (visit.end, visit.busy_end) == (at("11:55"), at("12:00"))
    with pytest.raises(operations.NotOffered):
        world.book("11:30", visit_type=surgery)


def test_buffers_keep_others_away_and_may_pass_closing(world: World) -> None:
    scan = factories.visit_type(
        world.clinic, world.ada, minutes=15, buffer_before=15, buffer_after=20
    )
    world.book("09:30", visit_type=scan)

    assert world.book("11:45", visit_type=scan).busy_end == at("12:30")
    assert [f"{slot.start:%H:%M}" for slot in _taken(world.ada)] == [
        "09:15", "09:30", "09:45", "10:00", "11:30", "11:45",
    ]  # fmt: skip
    # 10:15 is free, but its buffer before would stand on the first visit's buffer after.
    assert world.free(visit_type=scan, doctor=world.ada)[0] == "10:30×1"
    with pytest.raises(operations.Taken):
        world.book("10:15", visit_type=scan)


def _taken(doctor: factories.Doctor) -> list[Slot]:
    return list(Slot.objects.filter(doctor=doctor).taken().order_by("start"))


def test_any_doctor_keeps_the_one_free_who_is_scarce_elsewhere(world: World) -> None:
    factories.visit_type(world.clinic, world.ada)  # only Ada offers this

    assert world.book("09:00").doctor == world.bob


def test_any_doctor_shares_the_day_evenly(world: World) -> None:
    doctors = [world.book(clock).doctor_id for clock in ("09:00", "09:15", "09:30", "09:45")]

    assert sorted(doctors.count(some.pk) for some in (world.ada, world.bob)) == [2, 2]


def test_a_chosen_doctor_is_kept_to(world: World) -> None:
    world.book("09:00", doctor=world.ada)

    with pytest.raises(operations.Taken):
        world.book("09:00", doctor=world.ada)


def test_a_doctor_of_another_visit_type_cannot_be_chosen(world: World) -> None:
    stranger = factories.doctor(world.clinic)
    factories.cells(stranger, at("09:00"), 4)

    with pytest.raises(operations.NotOffered):
        world.book("09:00", doctor=stranger)


def test_a_visit_that_needs_approval_is_a_request_that_holds_its_time(world: World) -> None:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)

    visit = world.book("09:00", visit_type=asked)

    assert visit.status == Status.PENDING
    assert not TreatingRelationship.objects.exists()
    assert Message.objects.get().template == "request_received"
    with pytest.raises(operations.Taken):
        world.book("09:00", visit_type=asked)


def test_a_failure_in_the_middle_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.messages.booked", lambda *a, **k: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        world.book("09:00")

    assert not Appointment.objects.exists()
    assert not Slot.objects.taken().exists()
    assert not AuditEvent.objects.exists()


def test_a_patient_without_an_address_is_booked_and_not_written_to(world: World) -> None:
    visit = world.book("09:00", patient=factories.patient(email=""))

    assert visit.status == Status.BOOKED
    assert not Message.objects.exists()


def test_messages_say_nothing_of_what_the_visit_is_for(world: World) -> None:
    secret = factories.visit_type(world.clinic, world.ada, name="Canary-oncology", slug="canary")
    world.book("09:00", visit_type=secret, reason="canary-reason", by=Actor.guest())

    message = Message.objects.get()
    assert "canary" not in str(message.context).lower()
    event = AuditEvent.objects.get(action="appointment.booked")
    assert "canary" not in str(event.data).lower()


def test_booking_stays_within_its_number_of_statements(
    world: World, django_assert_max_num_queries: object
) -> None:
    world.book("09:00", patient=world.patient)  # opens the relationship
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        operations.book(
            visit_type=world.checkup,
            start=at("10:00"),
            patient=world.patient,
            by=SYSTEM,
            now=world.now,
        )


def test_a_buffer_that_ends_inside_a_cell_takes_it_whole(world: World) -> None:
    """Split hours off the grid: 9:00–10:00 and 10:10–11:00, and 15 minutes kept free before."""
    carl = factories.doctor(world.clinic)
    factories.cells(carl, at("09:00"), 4)
    factories.cells(carl, at("10:10"), 3)
    scan = factories.visit_type(world.clinic, carl, buffer_before=15)
    short = factories.visit_type(world.clinic, carl)

    visit = world.book("10:10", visit_type=scan)

    assert visit.busy_start == at("09:45")  # 9:55 would leave ten minutes that nobody can use
    assert "09:45×1" not in world.free(visit_type=short)
    assert [slot.start for slot in _taken(carl)] == [at("09:45"), at("10:10")]
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
    assert "09:45×1" in world.free(visit_type=short)


def test_a_patient_whose_address_cannot_be_is_booked_all_the_same(world: World) -> None:
    assert (
        world.book("09:00", patient=factories.patient(email="no address")).status == Status.BOOKED
    )
    assert not Message.objects.exists()
