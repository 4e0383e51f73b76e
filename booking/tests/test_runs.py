"""Starts in a row, side by side, and every few weeks."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from booking.availability import Fit, Need, Span, starts
from booking.runs import in_a_row, repeated, side_by_side
from tests.factories import at

ADA, BOB = uuid.UUID(int=1), uuid.UUID(int=2)
CHICAGO = ZoneInfo("America/Chicago")


def fits(need: Need, *clocks: str) -> list[Fit]:
    """Of a doctor with free cells of 15 minutes at these times."""
    cells = [Span(at(clock), at(clock) + dt.timedelta(minutes=15)) for clock in clocks]
    return starts(cells, [], need, cell_minutes=15, earliest=at("00:00"), latest=at("23:00"))


def clocks(runs: list) -> list[str]:
    return [" ".join(f"{start:%H:%M}" for start, _doctor in run) for run in runs]


def test_one_doctor_sees_them_one_after_another():
    free = fits(Need(15), "09:00", "09:15", "09:30", "10:00")
    assert clocks(in_a_row({ADA: free}, 2)) == ["09:00 09:15", "09:15 09:30"]
    assert clocks(in_a_row({ADA: free}, 3)) == ["09:00 09:15 09:30"]
    assert in_a_row({ADA: free}, 4) == []


def test_two_doctors_halves_make_no_run():
    one, other = fits(Need(15), "09:00"), fits(Need(15), "09:15")
    assert in_a_row({ADA: one, BOB: other}, 2) == []


def test_a_visit_that_fills_its_last_cell_by_a_part_pushes_the_next_one_back():
    free = fits(Need(20), "09:00", "09:15", "09:30", "09:45")
    assert clocks(in_a_row({ADA: free}, 2)) == ["09:00 09:30"]


def test_buffers_are_not_shared():
    free = fits(
        Need(15, buffer_before=15, buffer_after=15), *(f"09:{m:02}" for m in (0, 15, 30, 45))
    )
    assert clocks(in_a_row({ADA: free}, 2)) == ["09:00 09:45"]


def test_side_by_side_takes_as_many_doctors_as_there_are_people():
    free = {ADA: fits(Need(15), "09:00", "09:15"), BOB: fits(Need(15), "09:15")}
    assert side_by_side(free, 2) == [((at("09:15"), ADA), (at("09:15"), BOB))]
    assert side_by_side(free, 3) == []


def walls(first: dt.datetime, weeks: int, count: int) -> list[str]:
    found = repeated(first, weeks=weeks, count=count, zone=CHICAGO)
    return [f"{start.astimezone(CHICAGO):%m-%d %H:%M}" for start in found]


def test_the_clinics_clock_is_kept_over_both_changes():
    spring = dt.datetime(2026, 3, 2, 9, 30, tzinfo=CHICAGO).astimezone(dt.UTC)
    assert walls(spring, 1, 3) == ["03-02 09:30", "03-09 09:30", "03-16 09:30"]
    autumn = dt.datetime(2026, 10, 26, 9, 30, tzinfo=CHICAGO).astimezone(dt.UTC)
    found = repeated(autumn, weeks=1, count=2, zone=CHICAGO)
    assert found[1] - found[0] == dt.timedelta(days=7, hours=1)


def test_a_time_that_a_change_skips_is_the_change_itself():
    first = dt.datetime(2026, 3, 1, 2, 30, tzinfo=CHICAGO).astimezone(dt.UTC)
    assert walls(first, 1, 2) == ["03-01 02:30", "03-08 03:00"]
    assert walls(first, 2, 2) == ["03-01 02:30", "03-15 02:30"]
