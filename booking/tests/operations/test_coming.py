"""A patient confirms that he will come."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent
from booking import operations
from booking.models import Appointment
from tests.factories import SYSTEM, World, at


def confirm(visit: Appointment, now: dt.datetime) -> Appointment:
    return operations.confirm_attendance(appointment=visit, by=SYSTEM, now=now)


def test_it_is_said_once_and_said_again_is_the_same(world: World) -> None:
    visit = world.book("09:00")
    first = confirm(visit, world.now)
    again = confirm(visit, world.now + dt.timedelta(hours=1))

    assert first.confirmed_at == again.confirmed_at == world.now
    assert AuditEvent.objects.filter(action="appointment.attendance_confirmed").count() == 1


def test_long_before_it_says_nothing(world: World) -> None:
    visit = world.book("09:00", now=at("08:00") - dt.timedelta(days=30))

    week_before = visit.start - dt.timedelta(days=7)
    assert not operations.confirmable(visit, now=week_before - dt.timedelta(seconds=1))
    with pytest.raises(operations.TooEarlyToConfirm):
        confirm(visit, week_before - dt.timedelta(seconds=1))
    assert operations.confirmable(visit, now=week_before)
    assert confirm(visit, week_before).confirmed_at == week_before


def test_a_visit_that_has_begun_or_is_cancelled_is_not_confirmed(world: World) -> None:
    visit = world.book("09:00")
    with pytest.raises(operations.WrongState):
        confirm(visit, visit.start)
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
    with pytest.raises(operations.WrongState):
        confirm(visit, world.now)
