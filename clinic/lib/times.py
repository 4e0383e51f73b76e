"""Wall time and real time: how a clinic's hours become instants, also when the clocks change.

Python's zoneinfo answers for wall times that a change of the clocks skips or repeats, but with an
answer that can run backwards. Working hours need one that never does, so that neighbouring hours
stay neighbours:

- a skipped wall time is the instant of the change itself;
- a repeated wall time is its first occurrence.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

UTC = dt.UTC


def instant(day: dt.date, wall: dt.time, zone: ZoneInfo) -> dt.datetime:
    """When (UTC) the clinic's clock shows `wall` on `day`; see the rules above."""
    local = dt.datetime.combine(day, wall, tzinfo=zone)
    first = local.replace(fold=0).astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    if second < first:  # skipped: between the two lies exactly one change of the clocks
        return _change_between(second, first, zone)
    return first


def _change_between(low: dt.datetime, high: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first second at which `zone` has the offset it has at `high`."""
    after = high.astimezone(zone).utcoffset()
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """The instants at which a local day starts and ends (half-open; 23 to 25 hours apart)."""
    midnight = dt.time(0)
    return instant(day, midnight, zone), instant(day + dt.timedelta(days=1), midnight, zone)


def local_day(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    return moment.astimezone(zone).date()


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every date from `first` to `last`, both included."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def iso_z(moment: dt.datetime) -> str:
    """RFC 3339 in UTC with a Z, to the second: 2026-12-01T14:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is in the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = _("“%(name)s” is not an IANA time zone.")
        raise ValidationError(message, params={"name": name}) from error
