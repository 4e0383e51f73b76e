"""When a reminder is due. No database, no clock.

A reminder of `hours` belongs that many real hours before the start, also when the clocks change in
between. One that would fall in the night goes the next morning, if at least half of its hours are
left then, and otherwise on the evening before: nobody reads at 8:00 of a visit at 8:15.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clinic.lib.times import instant, local_day

DAY = dt.timedelta(days=1)
# The evening's last reminders go some minutes before the night, so that no run misses them.
EVENING = dt.timedelta(minutes=10)
INSTANT = dt.timedelta(microseconds=1)


class Night(NamedTuple):
    evening: dt.datetime  # when the last ones before it leave
    turn: dt.datetime  # what belongs here or later waits for the morning
    morning: dt.datetime


@dataclass(frozen=True)
class Waking:
    """From when to when, by the clinic's clock, people may be reminded; within one day."""

    zone: ZoneInfo
    begins: dt.time
    ends: dt.time

    def is_night(self, moment: dt.datetime) -> bool:
        return not self.begins <= moment.astimezone(self.zone).time() < self.ends

    def morning(self, moment: dt.datetime) -> dt.datetime:
        """When the night ends that `moment` is in."""
        day = local_day(moment, self.zone)
        today = instant(day, self.begins, self.zone)
        return today if moment < today else instant(day + DAY, self.begins, self.zone)

    def due(self, start: dt.datetime, hours: int) -> dt.datetime:
        """When the reminder of `hours` before `start` is to leave."""
        # In UTC: arithmetic in a zone of its own would count the hours of its clock.
        moment = start.astimezone(dt.UTC) - dt.timedelta(hours=hours)
        night = self._night(moment, hours)
        if moment < night.evening:
            return moment
        return night.evening if moment < night.turn else night.morning

    def reach(self, now: dt.datetime, hours: int) -> dt.datetime:
        """The reminders of `hours` that are due by `now` are those of visits that start before
        this. One bound says it, because `due` never runs backwards."""
        now = now.astimezone(dt.UTC)
        night = self._night(now, hours)
        reached = now + INSTANT if now < night.evening else night.turn
        return reached + dt.timedelta(hours=hours)

    def _night(self, moment: dt.datetime, hours: int) -> Night:
        """The night that `moment` is in, or else the next one."""
        day = local_day(moment, self.zone)
        if moment < instant(day, self.begins, self.zone):
            day -= DAY
        ends = instant(day, self.ends, self.zone)
        morning = instant(day + DAY, self.begins, self.zone)
        turn = morning - dt.timedelta(hours=hours) / 2
        if turn <= ends:  # the whole night waits, and the evening is like the rest of the day
            return Night(ends, ends, morning)
        return Night(ends - EVENING, turn, morning)
