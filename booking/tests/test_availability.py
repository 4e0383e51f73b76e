"""The arithmetic alone: no database."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.availability import Fit, Need, Span, day_cells, overlapping, starts, whole_cells
from clinic.lib.times import day_bounds, instant

UTC = dt.UTC
BASE = dt.datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
ALWAYS = {"earliest": BASE - dt.timedelta(days=1), "latest": BASE + dt.timedelta(days=1)}


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


def run(*numbers: int, cell: int = 15) -> list[Span]:
    """Cells by number from 9:00."""
    return [Span(BASE + minutes(n * cell), BASE + minutes((n + 1) * cell)) for n in numbers]


def found(fits: list[Fit]) -> list[str]:
    return [f"{fit.visit.start:%H:%M}" for fit in fits]


def wall(*clocks: str) -> list[tuple[dt.time, dt.time]]:
    times = [dt.time.fromisoformat(clock) for clock in clocks]
    return list(zip(times[::2], times[1::2], strict=True))


class TestGrid:
    @pytest.mark.parametrize("cell", [5, 10, 15, 20, 30])
    def test_cells_fill_the_hours(self, cell: int) -> None:
        cells = day_cells(BASE.date(), wall("09:00", "11:00"), cell, ZoneInfo("UTC"))

        assert len(cells) == 120 // cell
        assert cells[0].start == BASE
        assert cells[-1].end == BASE + minutes(120)

    def test_cells_are_counted_from_each_opening(self) -> None:
        cells = day_cells(
            BASE.date(), wall("13:10", "14:00", "09:05", "10:00"), 20, ZoneInfo("UTC")
        )

        assert [f"{cell.start:%H:%M}" for cell in cells] == ["09:05", "09:25", "13:10", "13:30"]

    def test_what_is_shorter_than_a_cell_before_closing_is_left_out(self) -> None:
        cells = day_cells(BASE.date(), wall("09:00", "09:50"), 20, ZoneInfo("UTC"))

        assert len(cells) == 2

    def test_no_hours_no_cells(self) -> None:
        assert day_cells(BASE.date(), [], 15, ZoneInfo("UTC")) == []

    def test_hours_until_the_last_minute_of_the_day(self) -> None:
        cells = day_cells(BASE.date(), wall("23:00", "23:59"), 15, ZoneInfo("UTC"))

        assert [f"{cell.start:%H:%M}" for cell in cells] == ["23:00", "23:15", "23:30"]


class TestStarts:
    @pytest.mark.parametrize(("length", "expected"), [(1, 15), (15, 15), (16, 30), (40, 45)])
    def test_lengths_round_up_to_whole_cells(self, length: int, expected: int) -> None:
        assert whole_cells(length, 15) == minutes(expected)
        (fit, *_rest) = starts(run(0, 1, 2), [], Need(length), cell_minutes=15, **ALWAYS)
        assert fit.visit.end - fit.visit.start == minutes(expected)

    def test_a_visit_needs_cells_in_a_row(self) -> None:
        free = run(0, 1, 3, 4, 5)

        assert found(starts(free, [], Need(45), cell_minutes=15, **ALWAYS)) == ["09:45"]
        assert found(starts(free, [], Need(30), cell_minutes=15, **ALWAYS)) == [
            "09:00", "09:45", "10:00",
        ]  # fmt: skip

    def test_cells_across_a_break_are_not_in_a_row(self) -> None:
        cells = day_cells(
            BASE.date(), wall("09:00", "10:00", "10:05", "11:00"), 20, ZoneInfo("UTC")
        )

        assert found(starts(cells, [], Need(40), cell_minutes=20, **ALWAYS)) == [
            "09:00", "09:20", "10:05",
        ]  # fmt: skip

    def test_a_start_exactly_at_the_earliest_and_the_latest_is_offered(self) -> None:
        bounds = {"earliest": BASE + minutes(15), "latest": BASE + minutes(30)}

        fits = starts(run(0, 1, 2, 3), [], Need(15), cell_minutes=15, **bounds)

        assert found(fits) == ["09:15", "09:30"]

    def test_a_second_before_the_earliest_is_not_offered(self) -> None:
        bounds = {
            "earliest": BASE + dt.timedelta(seconds=1),
            "latest": BASE + dt.timedelta(days=1),
        }

        assert found(starts(run(0, 1), [], Need(15), cell_minutes=15, **bounds)) == ["09:15"]

    def test_buffers_round_up_and_may_pass_opening_and_closing(self) -> None:
        need = Need(15, buffer_before=10, buffer_after=20)

        (fit,) = starts(run(0), [], need, cell_minutes=15, **ALWAYS)

        assert fit.busy == Span(BASE - minutes(15), BASE + minutes(45))

    def test_buffers_keep_clear_of_others_and_touch_them(self) -> None:
        need = Need(15, buffer_before=15, buffer_after=15)
        taken = [Span(BASE + minutes(60), BASE + minutes(90))]  # 10:00 to 10:30

        fits = starts(run(0, 1, 2, 3, 6, 7, 8), taken, need, cell_minutes=15, **ALWAYS)

        # 9:45 would need 10:00 after it; 10:30 would need 10:15 before it.
        assert found(fits) == ["09:00", "09:15", "09:30", "10:45", "11:00"]

    def test_neighbours_buffers_add_up(self) -> None:
        need = Need(15, buffer_after=15)
        neighbour = [Span(BASE + minutes(30), BASE + minutes(60))]  # buffer before, then visit

        fits = starts(run(0, 1), neighbour, need, cell_minutes=15, **ALWAYS)

        assert found(fits) == ["09:00"]

    def test_without_free_cells_nothing_starts(self) -> None:
        assert starts([], [], Need(15), cell_minutes=15, **ALWAYS) == []


@settings(max_examples=200, deadline=None)
@given(
    free=st.sets(st.integers(0, 23)),
    taken=st.lists(st.tuples(st.integers(-4, 28), st.integers(1, 4)), max_size=4),
    length=st.integers(1, 70),
    before=st.integers(0, 40),
    after=st.integers(0, 40),
)
def test_starts_are_those_that_minute_by_minute_would_allow(
    free: set[int], taken: list[tuple[int, int]], length: int, before: int, after: int
) -> None:
    """Against a second, slow way to the same answer: a set of minutes."""
    cells = run(*sorted(free))
    blocks = [Span(BASE + minutes(15 * n), BASE + minutes(15 * (n + k))) for n, k in taken]
    need = Need(length, before, after)

    fits = starts(cells, blocks, need, cell_minutes=15, **ALWAYS)

    open_minutes = {15 * n + m for n in free for m in range(15)}
    shut = {15 * n + m for n, k in taken for m in range(15 * k)}
    expected = []
    for n in sorted(free):
        visit = range(15 * n, 15 * n + -(-length // 15) * 15)
        busy = range(visit.start - -(-before // 15) * 15, visit.stop + -(-after // 15) * 15)
        clear = not (before or after) or not shut & set(busy)
        if set(visit) <= open_minutes and clear:
            expected.append(BASE + minutes(15 * n))
    assert [fit.visit.start for fit in fits] == expected
    assert all((f.visit.end - f.visit.start) >= minutes(length) for f in fits)


# Zone, a day with a change of its clocks, and by how much that day is longer than 24 hours.
CHANGES = [
    ("America/New_York", dt.date(2026, 3, 8), -60),
    ("America/New_York", dt.date(2026, 11, 1), 60),
    ("Europe/Berlin", dt.date(2026, 3, 29), -60),
    ("Europe/Berlin", dt.date(2026, 10, 25), 60),
    # Half an hour, and in the other half of the year.
    ("Australia/Lord_Howe", dt.date(2026, 4, 5), 30),
    ("Australia/Lord_Howe", dt.date(2026, 10, 4), -30),
    # Reversed: the clocks go back for Ramadan and forward after it.
    ("Africa/Casablanca", dt.date(2026, 2, 15), 60),
    ("Africa/Casablanca", dt.date(2026, 3, 22), -60),
    # At midnight, so that the day itself begins at 1:00.
    ("Africa/Cairo", dt.date(2026, 4, 24), -60),
    # A date that did not exist: Samoa crossed the date line.
    ("Pacific/Apia", dt.date(2011, 12, 30), -24 * 60),
]


class TestChangesOfTheClocks:
    @pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
    def test_a_day_has_the_cells_that_really_pass(
        self, name: str, day: dt.date, longer: int
    ) -> None:
        zone = ZoneInfo(name)
        start, end = day_bounds(day, zone)

        cells = day_cells(day, wall("00:00", "23:30"), 30, zone)

        assert end - start == minutes(24 * 60 + longer)
        assert len(cells) == max(0, (23 * 60 + 30 + longer) // 30)
        assert overlapping(cells) == []
        assert all(start <= cell.start and cell.end <= end for cell in cells)

    @pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
    def test_split_hours_stay_neighbours_over_the_change(
        self, name: str, day: dt.date, longer: int
    ) -> None:
        """Cut the day at every quarter of an hour: pieces neither overlap nor leave a gap."""
        zone = ZoneInfo(name)
        clocks = [dt.time(h, m) for h in range(24) for m in (0, 15, 30, 45)]
        pieces = [
            cell
            for opens, closes in itertools.pairwise(clocks)
            for cell in day_cells(day, [(opens, closes)], 5, zone)
        ]

        assert overlapping(pieces) == []
        total = sum((cell.end - cell.start for cell in pieces), dt.timedelta())
        assert total == max(dt.timedelta(), minutes(23 * 60 + 45 + longer))

    @pytest.mark.parametrize(("name", "day", "longer"), CHANGES[:8])
    def test_office_hours_away_from_the_change_keep_their_wall_time(
        self, name: str, day: dt.date, longer: int
    ) -> None:
        zone = ZoneInfo(name)

        for some in (day - dt.timedelta(days=1), day, day + dt.timedelta(days=1)):
            cells = day_cells(some, wall("09:00", "17:00"), 30, zone)
            assert len(cells) == 16
            assert [c.start.astimezone(zone).time() for c in cells][::4] == [
                dt.time(9), dt.time(11), dt.time(13), dt.time(15),
            ]  # fmt: skip

    def test_a_skipped_opening_opens_when_the_clocks_have_moved(self) -> None:
        zone = ZoneInfo("America/New_York")

        opening = instant(dt.date(2026, 3, 8), dt.time(2, 30), zone)

        assert opening == dt.datetime(2026, 3, 8, 7, 0, tzinfo=UTC)  # 3:00 by the new clock

    def test_a_repeated_opening_opens_the_first_time(self) -> None:
        zone = ZoneInfo("Europe/Berlin")

        opening = instant(dt.date(2026, 10, 25), dt.time(2, 30), zone)

        assert opening == dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_lord_howe_skips_half_an_hour(self) -> None:
        zone = ZoneInfo("Australia/Lord_Howe")
        day = dt.date(2026, 10, 4)

        assert instant(day, dt.time(2, 10), zone) == instant(day, dt.time(2, 30), zone)
        assert len(day_cells(day, wall("01:00", "04:00"), 30, zone)) == 5

    def test_a_night_visit_over_the_repeated_hour_has_its_real_length(self) -> None:
        zone = ZoneInfo("America/New_York")
        cells = day_cells(dt.date(2026, 11, 1), wall("00:30", "03:00"), 30, zone)
        bounds = {"earliest": cells[0].start, "latest": cells[-1].start}

        fits = starts(cells, [], Need(120), cell_minutes=30, **bounds)

        assert len(cells) == 7
        assert all(fit.visit.end - fit.visit.start == minutes(120) for fit in fits)
        assert len(fits) == 4


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(sorted({name for name, _day, _longer in CHANGES})),
    day=st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31)),
    first=st.times(),
    second=st.times(),
)
def test_wall_time_never_runs_backwards(
    zone: str, day: dt.date, first: dt.time, second: dt.time
) -> None:
    low, high = sorted((first.replace(tzinfo=None), second.replace(tzinfo=None)))

    assert instant(day, low, ZoneInfo(zone)) <= instant(day, high, ZoneInfo(zone))
