"""Several visits, all of them or none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import AuditEvent, Care, Patient
from booking import operations
from booking.models import Appointment, AppointmentSlot, Slot, SlotStatus, Status
from booking.operations import Part, together
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World, at


def part(world: World, clock: str, patient: Patient | None = None, **fields: Any) -> Part:
    wanted = {
        "patient": patient or factories.patient(),
        "visit_type": world.checkup,
        "start": at(clock),
        "doctor": world.ada,
    }
    return Part(**wanted | fields)


def book(world: World, *parts: Part) -> list[Appointment]:
    return operations.book_together(bookings=parts, by=SYSTEM, now=world.now)


def nothing_but(count: int) -> None:
    """Not a row, a cell, a message or a line of the trail more than `count` visits make."""
    assert Appointment.objects.count() == count
    assert AppointmentSlot.objects.count() == count
    assert Slot.objects.filter(status=SlotStatus.BOOKED).count() == count
    assert Message.objects.count() == count
    assert AuditEvent.objects.filter(action="appointment.booked").count() == count


def test_all_are_booked_in_one_group_and_in_the_order_asked_for(world: World) -> None:
    visits = book(world, part(world, "09:15"), part(world, "09:00", reason="Cough"))

    assert [f"{visit.start:%H:%M}" for visit in visits] == ["09:15", "09:00"]
    assert [visit.reason for visit in visits] == ["", "Cough"]
    assert len({visit.group for visit in visits}) == 1 and visits[0].group
    assert Slot.objects.filter(status=SlotStatus.BOOKED, doctor=world.ada).count() == 2


def test_one_that_is_taken_lets_none_be_booked_and_is_named(world: World) -> None:
    world.book("09:15", doctor=world.ada)

    with pytest.raises(operations.NotTogether) as refused:
        book(world, *(part(world, clock) for clock in ("09:00", "09:15", "09:30")))

    assert refused.value.index == 1
    assert isinstance(refused.value.cause, operations.Taken)
    assert refused.value.cause.alternatives
    assert str(refused.value) == "Tuesday 2 June, 9:15 am: This time has just been taken."
    nothing_but(1)


def test_a_patient_who_is_busy_or_named_twice_lets_none_be_booked(world: World) -> None:
    busy = factories.patient()
    world.book("09:30", patient=busy, doctor=world.bob)
    with pytest.raises(operations.NotTogether) as refused:
        book(world, part(world, "09:00"), part(world, "09:30", busy))
    assert isinstance(refused.value.cause, operations.PatientBusy)

    twice = factories.patient()
    with pytest.raises(operations.NotTogether) as refused:
        book(world, part(world, "09:00", twice), part(world, "09:00", twice, doctor=world.bob))
    assert refused.value.index == 1
    nothing_but(1)


def test_two_parts_that_want_the_same_cell_are_refused(world: World) -> None:
    with pytest.raises(operations.NotTogether) as refused:
        book(world, part(world, "09:00"), part(world, "09:00"))
    assert isinstance(refused.value.cause, operations.Taken)
    nothing_but(0)


@pytest.mark.parametrize("days", [61, 0])
def test_the_clinics_rules_hold_for_each(world: World, days: int) -> None:
    wrong = part(world, "09:00", start=world.now + dt.timedelta(days=days))
    with pytest.raises(operations.NotTogether) as refused:
        book(world, part(world, "09:00"), wrong)
    assert refused.value.index == 1
    assert isinstance(refused.value.cause, operations.TooFar if days else operations.TooSoon)
    nothing_but(0)


@pytest.mark.parametrize("fails", [1, 2, 3])
def test_a_failure_at_any_of_them_leaves_nothing(
    world: World, fails: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    real = together.book

    def breaking(**fields: Any) -> Appointment:
        nonlocal calls
        calls += 1
        visit = real(**fields)
        if calls == fails:
            raise RuntimeError("the power fails")
        return visit

    monkeypatch.setattr(together, "book", breaking)
    with pytest.raises(RuntimeError):
        book(world, *(part(world, clock) for clock in ("09:00", "09:15", "09:30")))
    nothing_but(0)


def test_a_stale_hold_in_the_way_is_ended(world: World) -> None:
    world.hold("09:15", doctor=world.ada, now=world.now - dt.timedelta(minutes=11))
    assert len(book(world, part(world, "09:00"), part(world, "09:15"))) == 2


def test_a_carer_reads_of_all_in_one_message_and_others_only_of_their_own(world: World) -> None:
    carer = factories.patient(with_login=True, name="Sam Reed")
    mia, leo = (factories.patient(name=name, email="") for name in ("Mia Reed", "Leo Reed"))
    for child in (mia, leo):
        Care.objects.create(user=carer.user, patient=child, opened_at=world.now, opened_by="test")
    grandma = factories.patient(name="Eva Reed", email="eva@example.org")

    book(
        world,
        part(world, "09:00", mia),
        part(world, "09:15", leo),
        part(world, "09:30", grandma),
        part(world, "09:45", carer),
    )

    told = {message.recipient: message for message in Message.objects.all()}
    assert set(told) == {carer.email, "eva@example.org"}
    context = told[carer.email].context
    assert [line["for_name"] for line in context["visits"]] == ["Mia", "Leo", "Sam"]
    assert context["calendar"].count("BEGIN:VEVENT") == 3
    assert [line["for_name"] for line in told["eva@example.org"].context["visits"]] == [""]


def test_the_group_is_cancelled_together_each_by_its_own_notice_or_not_at_all(world: World) -> None:
    soon, later = book(world, part(world, "09:00"), part(world, "11:00"))
    person = Actor.of_user(factories.user())
    with pytest.raises(operations.NotTogether) as refused:
        operations.cancel_together(
            appointments=[later, soon], by=person, now=at("10:00") - dt.timedelta(days=1)
        )
    assert refused.value.index == 1
    assert isinstance(refused.value.cause, operations.ChangeTooLate)
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 2
    assert not Message.objects.filter(template="cancelled").exists()

    in_time = at("08:00") - dt.timedelta(days=1)
    operations.cancel_together(appointments=[later, soon], by=person, now=in_time)
    assert Appointment.objects.filter(status=Status.CANCELLED).count() == 2
    assert world.free()[0] == "09:00×2"


def test_cancelling_one_leaves_the_others(world: World) -> None:
    one, other = book(world, part(world, "09:00"), part(world, "09:15"))
    operations.cancel(appointment=one, by=SYSTEM, now=world.now)
    other.refresh_from_db()
    assert other.status == Status.BOOKED
