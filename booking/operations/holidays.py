"""Public holidays: days on which the whole clinic is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from accounts.models import Clinic
from booking.models import TimeOff
from booking.operations import away
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, local_day


def apply_holidays(
    *, clinic: Clinic, days: Mapping[dt.date, str], by: Actor, now: dt.datetime
) -> list[TimeOff]:
    """Close the clinic on each of these days (its own days, also when the clocks change).

    Days that are over, and those on which it is closed already, are left out; so it is safe to
    repeat. Each is a transaction of its own. Returns what was added. Raises Busy.
    """
    today = local_day(now, clinic.zone)
    added = []
    for day, name in sorted(days.items()):
        start, end = day_bounds(day, clinic.zone)
        if day < today or closed_all_day(clinic, day):
            continue
        added.append(
            away.add_time_off(
                clinic=clinic,
                kind=TimeOff.Kind.HOLIDAY,
                start=start,
                end=end,
                note=name[:200],
                by=by,
                now=now,
            )
        )
    return added


def closed_all_day(clinic: Clinic, day: dt.date) -> bool:
    start, end = day_bounds(day, clinic.zone)
    return TimeOff.objects.filter(
        clinic=clinic, doctor=None, kind=TimeOff.Kind.HOLIDAY, start__lte=start, end__gte=end
    ).exists()
