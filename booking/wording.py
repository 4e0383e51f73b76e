"""Dates and times in words, the same on pages, in messages and in what a screen reader says.

The patterns are marked for translation: a language orders day, month and clock in its own way.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from clinic.lib.times import day_bounds, local_day


def when_text(moment: dt.datetime, zone: ZoneInfo, *, year: bool = False) -> str:
    """“Tuesday 3 December, 9:30 am”, by the clock of `zone`."""
    local = moment.astimezone(zone)
    return _("%(day)s, %(time)s") % {
        "day": day_text(local.date(), year=year),
        "time": time_text(moment, zone),
    }


def time_text(moment: dt.datetime, zone: ZoneInfo) -> str:
    """“9:30 am”, by the clock of `zone`. Always with minutes, so that columns of times line up."""
    return _clock_text(moment.astimezone(zone).time(), get_language())


# A page of a whole clinic's day says the same few dozen times thousands of times.
@lru_cache(maxsize=2048)
def _clock_text(time: dt.time, language: str) -> str:
    pattern = pgettext("time, as in Django's date filter", "g:i A")
    return dateformat.time_format(time, pattern).lower()


def day_text(day: dt.date, *, year: bool = False) -> str:
    """“Tuesday 3 December”, or with `year` “Tuesday 3 December 2026”."""
    if year:
        return dateformat.format(day, pgettext("date, as in Django's date filter", "l j F Y"))
    return dateformat.format(day, pgettext("date, as in Django's date filter", "l j F"))


def short_day_text(day: dt.date) -> str:
    """“Tue 3 Dec”."""
    return dateformat.format(day, pgettext("date, as in Django's date filter", "D j M"))


def date_text(day: dt.date) -> str:
    """“3 December 2026”: what is long ago, or far away, needs no weekday."""
    return dateformat.format(day, pgettext("date, as in Django's date filter", "j F Y"))


def week_text(first: dt.date, last: dt.date) -> str:
    """“2 – 8 December”, or “28 December – 3 January” across months."""
    pattern = pgettext("date, as in Django's date filter", "j F")
    start = str(first.day) if first.month == last.month else dateformat.format(first, pattern)
    return _("%(first)s – %(last)s") % {"first": start, "last": dateformat.format(last, pattern)}


def span_text(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    """Whole days by their names, anything else by the clock."""
    first, last = local_day(start, zone), local_day(end - dt.timedelta(microseconds=1), zone)
    if (start, end) == (day_bounds(first, zone)[0], day_bounds(last, zone)[1]):
        if first == last:
            return day_text(first)
        return _("%(first)s – %(last)s") % {"first": day_text(first), "last": day_text(last)}
    until = time_text if first == last else when_text
    return _("%(first)s – %(last)s") % {"first": when_text(start, zone), "last": until(end, zone)}


def times_text(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    """“9:30 am – 10:00 am”, where the day is said already."""
    times = {"first": time_text(start, zone), "last": time_text(end, zone)}
    return _("%(first)s – %(last)s") % times


def zone_text(zone: ZoneInfo) -> str:
    """“Chicago” for America/Chicago: how people speak of a time zone."""
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")
