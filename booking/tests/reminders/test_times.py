"""When a reminder is due: real hours, waking hours, both changes of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.reminders.times import Waking

CHICAGO = ZoneInfo("America/Chicago")
WAKING = Waking(CHICAGO, dt.time(8), dt.time(20))
HOUR = dt.timedelta(hours=1)


def local(text: str) -> dt.datetime:
    """Chicago's clock, as an instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("start", "hours", "leaves"),
    [
        # By day, to the minute.
        ("2026-06-10 14:20", 24, "2026-06-09 14:20"),
        ("2026-06-10 14:20", 168, "2026-06-03 14:20"),
        ("2026-06-10 14:20", 2, "2026-06-10 12:20"),
        # At the edges of the day.
        ("2026-06-10 08:00", 24, "2026-06-09 08:00"),
        ("2026-06-10 19:59", 24, "2026-06-09 19:59"),
        # In the night: the next morning, while half of the hours are left.
        ("2026-06-10 07:30", 24, "2026-06-09 08:00"),
        ("2026-06-10 20:00", 24, "2026-06-10 08:00"),
        ("2026-06-10 21:00", 24, "2026-06-10 08:00"),
        ("2026-06-10 23:00", 168, "2026-06-04 08:00"),
        ("2026-06-10 09:00", 2, "2026-06-10 08:00"),
        # ... and the evening before when they are not.
        ("2026-06-10 08:59", 2, "2026-06-09 19:50"),
        ("2026-06-10 08:15", 2, "2026-06-09 19:50"),
        # The clocks go forward in the night of 8 March, back in that of 1 November.
        ("2026-03-08 12:00", 24, "2026-03-07 11:00"),
        ("2026-11-01 12:00", 24, "2026-10-31 13:00"),
        ("2026-03-10 10:00", 168, "2026-03-03 09:00"),
        ("2026-11-05 10:00", 168, "2026-10-29 11:00"),
        # What falls into the night because of it.
        ("2026-03-08 08:30", 24, "2026-03-07 08:00"),
        ("2026-11-01 19:30", 24, "2026-10-31 19:50"),
    ],
)
def test_when_it_leaves(start: str, hours: int, leaves: str) -> None:
    assert WAKING.due(local(start), hours) == local(leaves)


starts = st.datetimes(
    dt.datetime(2026, 2, 20), dt.datetime(2026, 11, 20), timezones=st.just(dt.UTC)
)
some_hours = st.sampled_from([1, 2, 3, 12, 24, 48, 168])
wakings = st.sampled_from(
    [WAKING, Waking(CHICAGO, dt.time(10), dt.time(18)), Waking(CHICAGO, dt.time(6), dt.time(23))]
)


@given(starts, some_hours, wakings)
def test_nobody_is_reminded_at_night_or_when_it_has_begun(start, hours, waking):
    leaves = waking.due(start, hours)
    assert not waking.is_night(leaves)
    assert leaves <= start - hours * HOUR / 2


@given(starts, starts, some_hours, wakings)
def test_one_bound_says_which_are_due(start, now, hours, waking):
    assert (waking.due(start, hours) <= now) == (start < waking.reach(now, hours))


@given(starts, some_hours, wakings, st.integers(-3, 3))
def test_the_bound_is_exact_at_the_moment_itself(start, hours, waking, minutes):
    now = waking.due(start, hours) + dt.timedelta(minutes=minutes)
    assert (start < waking.reach(now, hours)) == (minutes >= 0)
