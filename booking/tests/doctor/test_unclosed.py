from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent
from booking import operations
from booking.invariants import prove
from booking.models import Appointment, Status
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db

DAY_AFTER = at("08:00") + dt.timedelta(days=1)


@pytest.fixture
def left(world: World) -> Appointment:
    patient = factories.patient(name="Left Open")
    return world.book("09:00", doctor=world.ada, patient=patient, notify=False)


@pytest.fixture
def next_day(left: Appointment):
    with time_machine.travel(DAY_AFTER, tick=False):
        yield


def press(client: Client, visit: Appointment, verb: str, **data: str):
    return client.post(f"/day/visits/{visit.pk}/{verb}/", data)


def test_it_is_shown_until_somebody_says_what_became_of_it(
    ada: Client, left: Appointment, next_day: None
) -> None:
    for _ in range(2):
        text = ada.get("/day/").content.decode()
        assert "Left open on past days" in text and "Left Open" in text
    press(ada, left, "no-show")
    assert "Left open on past days" not in ada.get("/day/").content.decode()


def test_it_took_place_though_nobody_noted_the_arrival(
    ada: Client, left: Appointment, next_day: None
) -> None:
    assert press(ada, left, "took-place", page="2026-06-03").status_code == 302

    left.refresh_from_db()
    assert (left.status, left.arrived_at) == (Status.COMPLETED, None)
    told = AuditEvent.objects.filter(subject_id=str(left.pk)).values_list("action", flat=True)
    assert {"appointment.checked_in", "appointment.completed"} <= set(told)
    assert [result.name for result in prove() if result.broken] == []


def test_it_was_called_off_and_nobody_is_written_to(
    ada: Client, left: Appointment, next_day: None
) -> None:
    address = f"/day/visits/{left.pk}/cancel/"
    assert "nobody is written to" in ada.get(address).content.decode()
    assert ada.post(address, {"reason": "The heating failed"}).status_code == 302

    left.refresh_from_db()
    assert (left.status, left.cancel_reason) == (Status.CANCELLED, "The heating failed")
    assert not Message.objects.exists()


def test_what_is_not_over_cannot_be_closed_afterwards(ada: Client, left: Appointment) -> None:
    assert press(ada, left, "took-place").status_code == 409
    with pytest.raises(operations.WrongState):
        operations.close_as_cancelled(
            appointment=left, reason="No", by=SYSTEM, now=left.end - dt.timedelta(seconds=1)
        )
    with pytest.raises(operations.ReasonMissing):
        operations.close_as_cancelled(appointment=left, reason=" ", by=SYSTEM, now=left.end)


def test_a_visit_to_come_is_cancelled_with_a_message(ada: Client, left: Appointment) -> None:
    address = f"/day/visits/{left.pk}/cancel/"
    assert ada.post(address, {"reason": "I am ill"}).status_code == 302

    assert Message.objects.get().template == "cancelled"
    assert "1 visit was cancelled" in ada.get("/day/").content.decode()
