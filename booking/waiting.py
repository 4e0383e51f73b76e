"""The arithmetic of the waiting list: what suits a wish, and how long it may be kept for it.

No database, no clock. Days, parts of day and quiet hours are those of the clinic's zone.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from booking.models import PartOfDay, WaitlistEntry
from clinic.lib.times import instant, local_day

NOON, FIVE = dt.time(12), dt.time(17)
# Nobody reads mail within less; a time that is so near stays public.
SHORTEST_OFFER = dt.timedelta(minutes=10)
# Of what is left until booking closes, the part that one person may have it for.
SHARE = 4


def part_of_day(moment: dt.datetime, zone: ZoneInfo) -> PartOfDay:
    wall = moment.astimezone(zone).time()
    if wall < NOON:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if wall < FIVE else PartOfDay.EVENING


def suits(entry: WaitlistEntry, start: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether a start is on a day and in a part of the day that were wished for."""
    day = local_day(start, zone)
    return (
        entry.earliest <= day <= entry.latest
        and (not entry.weekdays or day.weekday() in entry.weekdays)
        and (not entry.parts or part_of_day(start, zone) in entry.parts)
    )


def kept_until(
    start: dt.datetime, *, notice: dt.timedelta, longest: dt.timedelta, now: dt.datetime
) -> dt.datetime | None:
    """Until when a time may be kept for one person; None when it is too near for that."""
    length = min(longest, (start - notice - now) / SHARE)
    return now + length if length >= min(SHORTEST_OFFER, longest) else None


def quiet_until(
    now: dt.datetime, zone: ZoneInfo, *, begins: dt.time, ends: dt.time
) -> dt.datetime | None:
    """When the quiet hours that it is now in end; None outside of them.

    They may pass midnight. When they begin as they end, there are none.
    """
    if begins == ends:
        return None
    wall, day = now.astimezone(zone).time(), local_day(now, zone)
    if begins < ends:
        quiet, end_day = begins <= wall < ends, day
    else:
        quiet = wall >= begins or wall < ends
        end_day = day if wall < ends else day + dt.timedelta(days=1)
    return instant(end_day, ends, zone) if quiet else None
