"""What pages need to say things: icons, and dates and times in the words of `booking.wording`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Doctor
from booking import wording
from booking.availability import Span
from clinic.lib.times import iso_z

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from static/img/icons.svg. Decoration only: the words beside it say the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("img/icons.svg"),
        name,
    )


@register.filter
def when(moment: dt.datetime, zone: ZoneInfo) -> str:
    return _unbroken(wording.when_text(moment, zone))


@register.filter
def when_year(moment: dt.datetime, zone: ZoneInfo) -> str:
    return _unbroken(wording.when_text(moment, zone, year=True))


@register.filter
def stretch(span: Span, zone: ZoneInfo) -> str:
    """“Tuesday 3 December” for a whole day, else from when until when."""
    return wording.span_text(span.start, span.end, zone)


@register.filter
def clock(moment: dt.datetime, zone: ZoneInfo) -> str:
    return _unbroken(wording.time_text(moment, zone))


def _unbroken(text: str) -> str:
    """“9:30 am” never ends a line at “9:30”."""
    head, space, tail = text.rpartition(" ")
    return f"{head}\u00a0{tail}" if space and len(tail) == 2 else text


@register.filter
def day(date: dt.date) -> str:
    return wording.day_text(date)


@register.filter
def date_year(date: dt.date) -> str:
    return wording.date_text(date)


@register.filter
def short_day(date: dt.date) -> str:
    return wording.short_day_text(date)


@register.filter
def local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone)


@register.filter
def iso(moment: dt.datetime) -> str:
    """For programs that read a page: 2026-12-01T14:00:00Z."""
    return iso_z(moment)


@register.filter
def zone_name(zone: ZoneInfo) -> str:
    return wording.zone_text(zone)


@register.filter
def short_name(doctor: Doctor) -> str:
    """“Dr Osei”: for buttons. Somebody without a title is called by the whole name."""
    return f"{doctor.title} {doctor.name.split()[-1]}" if doctor.title else doctor.name


@register.filter
def date_part(moment: dt.datetime, pattern: str) -> str:
    """A piece of a date that is in its zone already; Django's own filter would move it to UTC."""
    return dateformat.format(moment, pattern)


@register.filter
def seconds_left(until: dt.datetime | str) -> int:
    """For the countdown: the browser's own clock may be wrong, so it is told a length."""
    if isinstance(until, str):
        until = dt.datetime.fromisoformat(until)
    return max(0, int((until - timezone.now()).total_seconds()))
