"""The figures of a period, put together from what was counted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from booking.figures import queries
from booking.figures.queries import Cancelled, Counted, Offered
from booking.figures.scope import Scope
from booking.figures.shaping import (
    BANDS,
    NOTHING,
    Band,
    Comparison,
    Rate,
    band_of,
    compare,
    percentile,
    total,
)
from booking.models import Status
from clinic.lib.replica import may_lag


@dataclass(slots=True)
class Use:
    """Minutes of doctors' time: offered, taken by visits that stand, lost to no-shows."""

    offered: int = 0
    taken: int = 0
    lost: int = 0

    @property
    def share(self) -> float | None:
        """What is taken of what is offered; above 1 where visits stand outside of the hours."""
        return self.taken / self.offered if self.offered else None


@dataclass(frozen=True, slots=True)
class Figures:
    scope: Scope
    visits: int
    use: Use
    use_by_doctor: dict[uuid.UUID, Use]
    use_by_week: dict[dt.date, Use]  # by its Monday
    lead_days: Counter[int]
    lead_median: int | None
    lead_ninety: int | None
    cancellations: Rate  # of all visits
    cancelled: list[Cancelled]
    missed: Rate  # of the visits whose end is known: completed or no-show
    missed_by_weekday: dict[int, Rate]
    missed_by_hour: dict[int, Rate]
    missed_by_band: dict[Band, Rate]
    comparison: Comparison


@may_lag
def collect(scope: Scope) -> Figures:
    """Three passes over the rows of the period; see `queries`."""
    return put_together(
        scope, queries.visits(scope), queries.offered(scope), queries.cancelled(scope)
    )


def put_together(
    scope: Scope, counted: Iterable[Counted], offered: Iterable[Offered], ended: list[Cancelled]
) -> Figures:
    rows: defaultdict[str, list[Counted]] = defaultdict(list)
    for row in counted:
        rows[row.kind].append(row)
    by_status = {row.status: row.visits for row in rows["status"]}
    visits = sum(by_status.values())
    use_by_doctor, use_by_week = _use(rows["week"], offered)
    lead: Counter[int] = Counter()
    for row in rows["lead"]:
        lead[max(row.lead or 0, 0)] += row.visits
    by_band = _by_band(rows["lead"])
    return Figures(
        scope=scope,
        visits=visits,
        use=_sum_of(use_by_week.values()),
        use_by_doctor=use_by_doctor,
        use_by_week=use_by_week,
        lead_days=lead,
        lead_median=percentile(lead, 50),
        lead_ninety=percentile(lead, 90),
        cancellations=Rate(by_status.get(Status.CANCELLED, 0), visits),
        cancelled=ended,
        missed=total(map(_missed, rows["status"])),
        missed_by_weekday={row.weekday or 0: _missed(row) for row in _in_order(rows["weekday"])},
        missed_by_hour={row.hour or 0: _missed(row) for row in _in_order(rows["hour"])},
        missed_by_band={band: total(pair) for band, pair in by_band.items()},
        comparison=compare(by_band),
    )


def _missed(row: Counted) -> Rate:
    return Rate(row.missed, row.known)


def _in_order(rows: list[Counted]) -> list[Counted]:
    """By weekday or hour, without those in which no visit has come to its end."""
    known = [row for row in rows if row.known]
    return sorted(known, key=lambda row: (row.weekday or 0, row.hour or 0))


def _by_band(rows: list[Counted]) -> dict[Band, tuple[Rate, Rate]]:
    """Missed visits of the reminded, and of the others."""
    found = {(band, reminded): NOTHING for band in BANDS for reminded in (True, False)}
    for row in rows:
        found[band_of(row.lead or 0), bool(row.reminded)] += _missed(row)
    return {band: (found[band, True], found[band, False]) for band in BANDS}


def _use(
    rows: list[Counted], offered: Iterable[Offered]
) -> tuple[dict[uuid.UUID, Use], dict[dt.date, Use]]:
    by_doctor: defaultdict[uuid.UUID, Use] = defaultdict(Use)
    by_week: defaultdict[dt.date, Use] = defaultdict(Use)
    for cell in offered:
        for use in (by_doctor[cell.doctor_id], by_week[cell.week]):
            use.offered += cell.minutes
    for row in rows:
        if row.doctor_id is None or row.week is None:
            continue
        for use in (by_doctor[row.doctor_id], by_week[row.week]):
            use.taken += int(row.taken)
            use.lost += int(row.lost)
    return dict(by_doctor), dict(sorted(by_week.items()))


def _sum_of(uses: Iterable[Use]) -> Use:
    found = Use()
    for use in uses:
        found.offered += use.offered
        found.taken += use.taken
        found.lost += use.lost
    return found
