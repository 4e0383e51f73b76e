"""Visits near a change of the clocks, and those that new rules of a time zone would move.

A visit keeps its instant in the database, and what its patient was told is remembered beside it
(`utc_offset`). When a country changes its rules after that, the two part: the report names them
before somebody stands in front of a closed door.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from accounts.models import Clinic
from booking.models import Appointment
from booking.models.appointment import AGREED, AppointmentQuerySet
from clinic.lib.times import UTC, day_bounds, iso_z

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Change:
    """The instant at which the clinic's clock jumps, and by how many minutes."""

    at: dt.datetime
    before: int
    after: int

    @property
    def minutes(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit by the clinic's clock as it is known now, and as it was when it was agreed."""

    appointment: Appointment
    local: dt.datetime
    promised: dt.datetime | None  # the wall time that was told, without a zone

    @property
    def is_moved(self) -> bool:
        return self.promised is not None and self.promised != self.local.replace(tzinfo=None)

    def facts(self) -> dict[str, object]:
        return {
            "appointment": str(self.appointment.pk),
            "doctor": self.appointment.doctor.display_name,
            "utc": iso_z(self.appointment.start),
            "local": self.local.isoformat(timespec="minutes"),
            "promised": self.promised and self.promised.isoformat(timespec="minutes"),
            "moved": self.is_moved,
        }


def offset_minutes(moment: dt.datetime, zone: ZoneInfo) -> int:
    """How many minutes the clock of `zone` is ahead of UTC then, by the rules as they are known."""
    return round((moment.astimezone(zone).utcoffset() or dt.timedelta()) / MINUTE)


def changes(zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> Iterator[Change]:
    """Every change of the clocks from `start` to `end`, to the minute."""
    moment = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while moment < end:
        following = moment + HOUR
        before, after = offset_minutes(moment, zone), offset_minutes(following, zone)
        if before != after:
            at = moment
            while offset_minutes(at, zone) == before:
                at += MINUTE
            yield Change(at, before, after)
        moment = following


def last_start(clinic: Clinic, *, now: dt.datetime) -> dt.datetime:
    """How far ahead there may be visits: the furthest horizon, or the last one that is agreed."""
    horizons = clinic.visit_types.filter(active=True).values_list("horizon_days", flat=True)
    furthest = now + max(horizons, default=0) * DAY
    visits = Appointment.objects.filter(clinic=clinic, status__in=AGREED, start__gt=furthest)
    last = visits.order_by("-start").values_list("start", flat=True).first()
    return last or furthest


def visits_near(clinic: Clinic, change: Change, *, now: dt.datetime) -> list[Visit]:
    """The agreed visits of the clinic's day of the change, the day before and the day after."""
    day = change.at.astimezone(clinic.zone).date()
    start, end = day_bounds(day - DAY, clinic.zone)[0], day_bounds(day + DAY, clinic.zone)[1]
    found = _agreed(clinic, now=now).filter(start__gte=start, start__lt=end)
    return [_visit(appointment, clinic.zone) for appointment in found]


def moved_visits(clinic: Clinic, *, now: dt.datetime) -> Iterator[Visit]:
    """The agreed visits that the clinic's clock will no longer show when their patients come."""
    told = _agreed(clinic, now=now).filter(utc_offset__isnull=False)
    for appointment in told.iterator(chunk_size=2000):
        visit = _visit(appointment, clinic.zone)
        if visit.is_moved:
            yield visit


def _agreed(clinic: Clinic, *, now: dt.datetime) -> AppointmentQuerySet:
    return Appointment.objects.filter(clinic=clinic).upcoming(now=now).select_related("doctor")


def _visit(appointment: Appointment, zone: ZoneInfo) -> Visit:
    promised = None
    if appointment.utc_offset is not None:
        shown = appointment.start.astimezone(UTC) + appointment.utc_offset * MINUTE
        promised = shown.replace(tzinfo=None)
    return Visit(appointment, appointment.start.astimezone(zone), promised)
