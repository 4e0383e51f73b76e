"""What stands in the list of a day: visits with what can be done, free and blocked time, now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from booking import asked
from booking.availability import Span
from booking.models import Appointment, Status, TimeOff
from booking.operations.undoing import undo_ends
from booking.schedule import Days, age

# What can be done with a visit, by the names in addresses; see `acts.VERBS`.
ACCEPT, DECLINE = "accept", "decline"
CHECK_IN, COMPLETE, TOOK_PLACE, NO_SHOW = "check-in", "complete", "took-place", "no-show"
UNDO, CANCEL = "undo", "cancel"


@dataclass(frozen=True, slots=True)
class VisitRow:
    visit: Appointment
    zone: ZoneInfo
    acts: tuple[str, ...]
    # The patient has arrived, or is the next to come: shown large, above the list.
    is_next: bool = False
    # The last message about it did not arrive: somebody should call.
    is_unreached: bool = False
    kind: str = "visit"

    @property
    def at(self) -> dt.datetime:
        return self.visit.start

    @property
    def age(self) -> int | None:
        born = self.visit.patient.date_of_birth if self.visit.patient else None
        return age(born, self.visit.start.astimezone(self.zone).date()) if born else None

    @property
    def wanted(self) -> asked.Asked:
        """The documents it asks for; of what nobody comes for any more, none is missing."""
        return asked.of_visit(self.visit)

    @property
    def places(self) -> list[str]:
        return [use.resource.name for use in self.visit.rooms_in_use]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class TimeRow:
    """Free time, time off, or the line that says how late it is."""

    kind: str
    at: dt.datetime
    end: dt.datetime
    time_off: TimeOff | None = None
    whole_day: bool = False


Row = VisitRow | TimeRow
# At the same moment: the line first, then what is blocked, then visits, then what is free.
ORDER = {"now": 0, "away": 1, "visit": 2, "free": 3}


def acts_for(visit: Appointment, *, now: dt.datetime) -> tuple[str, ...]:
    """What can be done with the visit at this moment, the likeliest first."""
    over = visit.end <= now
    match visit.status:
        case Status.PENDING:
            return (ACCEPT, DECLINE) if visit.start > now else ()
        case Status.BOOKED if over:
            return (TOOK_PLACE, NO_SHOW, CANCEL)
        case Status.BOOKED if visit.start <= now:
            return (CHECK_IN, NO_SHOW, CANCEL)
        case Status.BOOKED:
            return (CHECK_IN, CANCEL) if visit.can_arrive(now=now) else (CANCEL,)
        case Status.CHECKED_IN:
            return (COMPLETE, *_undo(visit, visit.arrived_at, now=now), CANCEL)
        case Status.COMPLETED | Status.NO_SHOW:
            return _undo(visit, visit.ended_at, now=now)
    return ()


def _undo(visit: Appointment, made: dt.datetime | None, *, now: dt.datetime) -> tuple[str, ...]:
    return (UNDO,) if made is None or now < undo_ends(visit, made) else ()


def visit_rows(
    visits: Iterable[Appointment],
    *,
    zone: ZoneInfo,
    now: dt.datetime,
    following: Appointment | None = None,
    missed: Collection[str] = (),
) -> list[VisitRow]:
    """`missed`: the ids of those who were not reached; see booking.unreached."""
    return [
        VisitRow(visit, zone, acts_for(visit, now=now), visit == following, str(visit.pk) in missed)
        for visit in visits
    ]


def next_visit(visits: Iterable[Appointment], *, now: dt.datetime) -> Appointment | None:
    """Who has arrived and waits longest by the plan, or else who is to come next."""
    ahead = [visit for visit in visits if visit.status == Status.BOOKED and visit.end > now]
    here = [visit for visit in visits if visit.status == Status.CHECKED_IN]
    return next(iter(here or ahead), None)


def list_rows(
    days: Days, *, zone: ZoneInfo, now: dt.datetime, missed: Collection[str] = ()
) -> list[Row]:
    """A day in order; the line that says now only where now is in it."""
    following = next_visit(days.visits, now=now) if _is_in(now, days.span) else None
    visits = visit_rows(days.visits, zone=zone, now=now, following=following, missed=missed)
    rows: list[Row] = [*visits]
    rows += [TimeRow("free", max(free.start, now), free.end) for free in days.free]
    rows += [_away(some, days.span) for some in days.away]
    if rows and _is_in(now, days.span):
        rows.append(TimeRow("now", now, now))
    return sorted(rows, key=lambda row: (row.at, ORDER[row.kind]))


def next_row(rows: Iterable[Row]) -> VisitRow | None:
    return next((row for row in rows if isinstance(row, VisitRow) and row.is_next), None)


def _away(some: TimeOff, day: Span) -> TimeRow:
    start, end = max(some.start, day.start), min(some.end, day.end)
    return TimeRow("away", start, end, some, whole_day=(start, end) == (day.start, day.end))


def _is_in(moment: dt.datetime, span: Span) -> bool:
    return span.start <= moment < span.end
