from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from booking import operations
from booking.models import Appointment, Delay
from booking.operations import DelayNotToday, DelayTooLong
from notifications.models import Message, MessageStatus
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(world: World) -> Appointment:
    return world.book("10:00", doctor=world.ada, patient=factories.patient(with_login=True))


def late(world: World, minutes: int, *, now: dt.datetime | None = None, **fields) -> Delay:
    wanted = {"doctor": world.ada, "day": TOMORROW, "by": SYSTEM, "now": now or at("09:20")}
    return operations.record_delay(minutes=minutes, **wanted | fields)


def told() -> list[str]:
    """What is on its way about lateness, oldest first."""
    messages = Message.objects.filter(template="running_late").exclude(status=MessageStatus.VOID)
    return [
        str(message.context["minutes"]) for message in messages.order_by("created_at", "dedupe_key")
    ]


def sent() -> None:
    Message.objects.filter(status=MessageStatus.QUEUED).update(
        status=MessageStatus.SENT, sent_at=NOW
    )


def test_those_who_come_later_are_told_and_keep_their_times(
    world: World, later: Appointment
) -> None:
    earlier, here = (world.book(clock, doctor=world.ada) for clock in ("09:15", "10:15"))
    world.book("10:00", doctor=world.bob)
    operations.check_in(appointment=here, by=SYSTEM, now=at("09:10"))

    late(world, 20)

    message = Message.objects.get(template="running_late")
    assert message.about == f"appointment:{later.pk}"
    later.refresh_from_db()
    assert (later.start, later.version) == (at("10:00"), 1)
    assert earlier.pk != later.pk


def test_the_confirmation_of_the_visit_is_not_taken_back(world: World, later: Appointment) -> None:
    late(world, 20)
    assert Message.objects.get(template="booked").status == MessageStatus.QUEUED


def test_the_same_minutes_are_told_once_and_others_again(world: World, later: Appointment) -> None:
    for minutes in (20, 20, 40, 20):
        late(world, minutes)
        sent()
    assert told() == ["20", "40"]


def test_what_has_not_left_is_replaced_by_what_is_true_now(
    world: World, later: Appointment
) -> None:
    late(world, 20)
    late(world, 40)
    assert told() == ["40"]
    late(world, 0)
    assert told() == []


def test_back_on_time_writes_to_nobody(world: World, later: Appointment) -> None:
    late(world, 20)
    sent()
    late(world, 0)
    assert told() == ["20"]
    assert Delay.objects.get().minutes == 0


def test_only_today_and_no_half_days(world: World) -> None:
    with pytest.raises(DelayNotToday):
        late(world, 20, day=TOMORROW + dt.timedelta(days=1))
    for minutes in (-5, 241):
        with pytest.raises(DelayTooLong):
            late(world, minutes)
    assert not Delay.objects.exists()


def test_the_doctor_says_it_and_the_patient_sees_it(
    world: World, ada: Client, later: Appointment, clock
) -> None:
    patient = Client()
    patient.force_login(
        later.patient.user, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert ada.post("/day/delay/", {"minutes": "30"}).status_code == 302
    assert "about 30 minutes late" in ada.get("/day/").content.decode()
    for address in ("/appointments/", f"/appointments/{later.pk}/"):
        assert "about 30 minutes late" in patient.get(address).content.decode()

    ada.post("/day/delay/", {"minutes": "0"})
    for address in ("/appointments/", f"/appointments/{later.pk}/"):
        assert "minutes late" not in patient.get(address).content.decode()


def test_what_is_no_choice_is_refused_kindly(ada: Client) -> None:
    response = ada.post("/day/delay/", {"minutes": "9999"}, follow=True)
    assert "Please choose how late you run." in response.content.decode()
    assert not Delay.objects.exists()
