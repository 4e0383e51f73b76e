from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from booking import operations
from booking.models import Status
from booking.operations.attending import TooEarlyToCheckIn
from clinic.lib.times import day_bounds
from tests.factories import SYSTEM, TOMORROW, World


def test_nobody_has_arrived_the_day_before(world: World) -> None:
    world.clinic.time_zone = "Pacific/Auckland"
    world.clinic.save()
    visit = world.book("09:00")  # 21:00 in Auckland
    midnight = day_bounds(TOMORROW, ZoneInfo("Pacific/Auckland"))[0]

    with pytest.raises(TooEarlyToCheckIn):
        operations.check_in(appointment=visit, by=SYSTEM, now=midnight - dt.timedelta(seconds=1))
    here = operations.check_in(appointment=visit, by=SYSTEM, now=midnight)
    assert here.status == Status.CHECKED_IN
