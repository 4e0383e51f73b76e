"""The arithmetic of free times: hours − time off − taken → starts. No database, no clock.

All instants are UTC and all ranges half-open. A doctor's day is a grid of cells, counted from each
opening and never re-anchored: after a 20-minute visit on a 15-minute grid the next start is at 30.
Because cells are counted in real time from the opening's instant, a day on which the clocks change
simply has fewer or more of them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clinic.lib.times import instant


class Span(NamedTuple):
    """From `start` (included) to `end` (excluded)."""

    start: dt.datetime
    end: dt.datetime

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


class Fit(NamedTuple):
    """A start that can be booked: the whole cells of the visit, and with buffers around it."""

    visit: Span
    busy: Span
    needs_rooms: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What a visit takes of a doctor's time, in real minutes."""

    minutes: int
    buffer_before: int = 0
    buffer_after: int = 0

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)

    @property
    def has_buffers(self) -> bool:
        return bool(self.buffer_before or self.buffer_after)


def whole_cells(minutes: int, cell_minutes: int) -> dt.timedelta:
    """`minutes` rounded up to whole cells."""
    return dt.timedelta(minutes=-(-minutes // cell_minutes) * cell_minutes)


def day_cells(
    day: dt.date, hours: Iterable[tuple[dt.time, dt.time]], cell_minutes: int, zone: ZoneInfo
) -> list[Span]:
    """The cells of one day from its working hours (wall time, in any order, not overlapping).

    What is left before closing and is shorter than a cell is not offered.
    """
    cell = dt.timedelta(minutes=cell_minutes)
    cells = []
    for opens, closes in sorted(hours):
        start, closing = instant(day, opens, zone), instant(day, closes, zone)
        while start + cell <= closing:
            cells.append(Span(start, start + cell))
            start += cell
    return cells


def starts(
    free: Sequence[Span],
    taken: Iterable[Span],
    need: Need,
    *,
    cell_minutes: int,
    earliest: dt.datetime,
    latest: dt.datetime,
) -> list[Fit]:
    """Every start in [earliest, latest] at which one doctor can see a visit of that need.

    `free` are the doctor's open cells in order of time. The visit takes consecutive ones, so it
    never passes closing, a break or somebody else's visit. `taken` is what buffers must keep clear
    of: visits with their buffers, and blocked time. A buffer may pass closing; neighbours' buffers
    are not shared.
    """
    before = whole_cells(need.buffer_before, cell_minutes)
    after = whole_cells(need.buffer_after, cell_minutes)
    clear = Clear(taken) if need.has_buffers else None
    fits = []
    for first, cell in enumerate(free):
        if not earliest <= cell.start <= latest:
            continue
        end = _run_end(free, first, need.length)
        if end is None:
            continue
        busy = Span(cell.start - before, end + after)
        if clear is None or clear.of(busy):
            fits.append(Fit(Span(cell.start, end), busy))
    return fits


def _run_end(free: Sequence[Span], first: int, length: dt.timedelta) -> dt.datetime | None:
    """The end of the shortest run of touching cells from `first` that holds `length`."""
    start = free[first].start
    end = free[first].end
    following = first + 1
    while end - start < length:
        if following == len(free) or free[following].start != end:
            return None
        end = free[following].end
        following += 1
    return end


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order; those that touch or overlap, made one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


class Clear:
    """Answers quickly whether a span touches any of many."""

    def __init__(self, taken: Iterable[Span]) -> None:
        self._merged = joined(taken)
        self._starts = [span.start for span in self._merged]

    def of(self, span: Span) -> bool:
        index = bisect_right(self._starts, span.start)
        if index and self._merged[index - 1].end > span.start:
            return False
        return index == len(self._merged) or self._merged[index].start >= span.end


def overlapping(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Neighbours in time that overlap: for checks over a whole day."""
    ordered = sorted(spans)
    return [(one, two) for one, two in pairwise(ordered) if one.overlaps(two)]
