"""What doctors are told on the evening before."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Role
from booking import operations
from booking.messages import send_agendas
from booking.models import Appointment
from notifications.models import Message, Priority
from tests import factories
from tests.factories import NOW, SYSTEM, World

pytestmark = pytest.mark.django_db
EVENING = NOW.replace(hour=18)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def ada(world: World):
    world.ada.user = factories.user(Role.DOCTOR)
    world.ada.save()
    return world.ada


def run(world: World, now: dt.datetime = EVENING) -> int:
    return send_agendas(clinic=world.clinic, now=now)


def agendas() -> list[Message]:
    return list(Message.objects.filter(template="agenda"))


def test_the_times_that_are_taken_and_nobodys_name(world, ada):
    patient = factories.patient(name="Leo Moss")
    visit = world.book("09:00", doctor=ada, patient=patient, reason="chest pain")
    asked = world.book("09:30", doctor=ada)
    Appointment.objects.filter(pk=asked.pk).update(status="pending")
    gone = world.book("10:00", doctor=ada)
    operations.cancel(appointment=gone, by=SYSTEM, now=NOW)

    assert run(world) == 1
    [message] = agendas()
    assert (message.recipient, message.priority) == (ada.user.email, Priority.BULK)
    assert message.expires_at == asked.end
    assert message.context["day"] == "Tuesday 2 June"
    assert message.context["visits"] == [
        {"when": "9:00 am – 9:15 am", "pending": False},
        {"when": "9:30 am – 9:45 am", "pending": True},
    ]
    assert message.context["url"].endswith("/day/2026-06-02/")
    told = str(message.context)
    assert "Leo" not in told and "chest" not in told and visit.visit_type.name not in told


def test_in_the_evening_and_once(world, ada):
    world.book(doctor=ada)
    assert run(world, EVENING - MINUTE) == 0
    assert [run(world), run(world), run(world, EVENING + 60 * MINUTE)] == [1, 0, 0]


def test_the_evening_and_the_day_are_the_clinics(world, ada):
    """At 18:00 in Greenwich it is 13:00 in Chicago."""
    world.book(doctor=ada)  # 9:00 UTC on the second: 4:00 there
    world.clinic.time_zone = "America/Chicago"
    assert world.clinic.zone == ZoneInfo("America/Chicago")
    assert run(world, EVENING) == 0  # 13:00 there
    assert run(world, EVENING + dt.timedelta(hours=5)) == 1
    [message] = agendas()
    assert [line["when"] for line in message.context["visits"]] == ["4:00 am – 4:15 am"]


def test_none_of_a_day_without_visits_and_none_to_who_cannot_sign_in_as_that_doctor(world, ada):
    world.book(doctor=world.bob)  # has no login
    assert run(world) == 0
    world.book("10:00", doctor=ada)
    ada.user.groups.clear()
    assert run(world) == 0
    ada.user.add_role(Role.DOCTOR)
    ada.user.is_active = False
    ada.user.save()
    assert run(world) == 0


def test_all_doctors_cost_as_many_queries_as_one(world, ada, django_assert_num_queries):
    world.book(doctor=ada)
    with django_assert_num_queries(2):
        run(world)
    world.bob.user = factories.user(Role.DOCTOR)
    world.bob.save()
    for clock in ("10:00", "10:30"):
        world.book(clock, doctor=world.bob)
    with django_assert_num_queries(2):
        assert run(world) == 1
