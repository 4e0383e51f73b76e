"""A doctor's schedule as an iCalendar file (RFC 5545), for the doctor's own calendar.

It says when, and nothing of what for. Patients' names are in it only where the doctor chose so.
Written by hand, line by line: the library takes ten times as long for a calendar of this size, and
reads what is written here in the tests.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Doctor
from booking.models import Appointment, CalendarFeed, Status
from clinic.lib.times import day_bounds, local_day

PAST_DAYS = 30
# Holds are nobody's visits yet.
SHOWN = [Status.PENDING, Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED]

ROWS = """
    SELECT v.id::text, v.start, v."end", v.version, v.status,
           CASE WHEN %(names)s THEN p.name ELSE '' END
    FROM booking_appointment v LEFT JOIN accounts_patient p ON p.id = v.patient_id
    WHERE v.doctor_id = %(doctor)s AND v.start >= %(since)s AND v.status = ANY(%(shown)s)
    ORDER BY v.start, v.id
"""
OFF = """
    SELECT id::text, start, "end", kind FROM booking_timeoff
    WHERE (doctor_id = %(doctor)s OR (doctor_id IS NULL AND clinic_id = %(clinic)s))
      AND "end" > %(since)s
    ORDER BY start, id
"""
# Everything that is shown goes in, so that equal digests mean equal calendars; and it is one short
# line out of the database, where rendering is a thousand lines of ours.
STATE = f"""
    SELECT coalesce((SELECT md5(string_agg(v::text, '|')) FROM ({ROWS}) v), ''),
           coalesce((SELECT md5(string_agg(o::text, '|')) FROM ({OFF}) o), '')
"""  # noqa: S608 (joins constants of ours)


class _Visit(NamedTuple):
    pk: str
    start: dt.datetime
    end: dt.datetime
    version: int
    status: str
    name: str


class _Off(NamedTuple):
    pk: str
    start: dt.datetime
    end: dt.datetime
    kind: str


def etag(feed: CalendarFeed, *, now: dt.datetime) -> str:
    """Changes when what the calendar says does. Weak, for DTSTAMP tells when each file was made."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, _question(feed, now=now))
        state = cursor.fetchone()
    named = f"{feed.pk}:{feed.doctor.display_name}:{state}"
    return f'W/"{hashlib.sha256(named.encode()).hexdigest()[:32]}"'


def render(feed: CalendarFeed, *, now: dt.datetime) -> bytes:
    """The calendar: visits and time off from a month ago on."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, _question(feed, now=now))
        visits = [_Visit(*row) for row in cursor.fetchall()]
        cursor.execute(OFF, _question(feed, now=now))
        off = [_Off(*row) for row in cursor.fetchall()]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Clinic booking//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(feed.doctor.display_name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    ]
    stamp, host = _utc(now), urlsplit(settings.SITE_URL).hostname
    words = _Words.now()
    for visit in visits:
        lines += _visit_lines(visit, feed.doctor, stamp, host, words)
    for some in off:
        lines += _off_lines(some, feed.doctor, stamp, host)
    lines.append("END:VCALENDAR")
    return ("\r\n".join(folded for line in lines for folded in _folded(line)) + "\r\n").encode()


def named_in(feed: CalendarFeed, *, now: dt.datetime) -> list[uuid.UUID]:
    """The patients whose names the calendar says."""
    if not feed.show_names:
        return []
    question = _question(feed, now=now)
    visits = Appointment.objects.filter(
        doctor=feed.doctor_id, start__gte=question["since"], status__in=SHOWN
    )
    ids = visits.exclude(patient=None).order_by().values_list("patient_id", flat=True)
    return list(ids.distinct())


class _Words(NamedTuple):
    """Translated once for a whole calendar."""

    visit: str
    asked: str
    day: str

    @classmethod
    def now(cls) -> _Words:
        address = settings.SITE_URL + reverse("day", args=[dt.date(2000, 1, 1)])
        return cls(_("Visit"), _("Not confirmed: %(what)s"), address)


def _visit_lines(
    visit: _Visit, doctor: Doctor, stamp: str, host: str | None, words: _Words
) -> Iterator[str]:
    pending = visit.status == Status.PENDING
    what = visit.name or words.visit
    day = local_day(visit.start, doctor.clinic.zone).isoformat()
    yield "BEGIN:VEVENT"
    yield f"UID:{visit.pk}@{host}"
    yield f"DTSTAMP:{stamp}"
    yield f"SEQUENCE:{visit.version - 1}"
    yield f"DTSTART:{_utc(visit.start)}"
    yield f"DTEND:{_utc(visit.end)}"
    yield f"SUMMARY:{_text(words.asked % {'what': what} if pending else what)}"
    yield f"STATUS:{'TENTATIVE' if pending else 'CONFIRMED'}"
    yield f"URL:{words.day.replace('2000-01-01', day)}"
    yield "END:VEVENT"


def _off_lines(some: _Off, doctor: Doctor, stamp: str, host: str | None) -> Iterator[str]:
    """Whole days as such, so that a calendar shows them above the hours. The note stays here."""
    zone = doctor.clinic.zone
    first, after = local_day(some.start, zone), local_day(some.end, zone)
    days = day_bounds(first, zone)[0], day_bounds(after, zone)[0]
    whole = days == (some.start, some.end)
    yield "BEGIN:VEVENT"
    yield f"UID:time-off-{some.pk}@{host}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}" if whole else f"DTSTART:{_utc(some.start)}"
    yield f"DTEND;VALUE=DATE:{after:%Y%m%d}" if whole else f"DTEND:{_utc(some.end)}"
    yield f"SUMMARY:{_text(_('Blocked') if some.kind == 'block' else _('Away'))}"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _question(feed: CalendarFeed, *, now: dt.datetime) -> dict[str, Any]:
    zone = feed.doctor.clinic.zone
    since = day_bounds(local_day(now, zone) - dt.timedelta(days=PAST_DAYS), zone)[0]
    return {
        "doctor": feed.doctor_id,
        "clinic": feed.doctor.clinic_id,
        "names": feed.show_names,
        "since": since,
        "shown": [status.value for status in SHOWN],
    }


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(words: str) -> str:
    """RFC 5545, 3.3.11. Control characters have no place in a line at all."""
    plain = "".join(each for each in words if each >= " " or each == "\n")
    escaped = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """RFC 5545, 3.1: no line longer than 75 octets; a character is never cut in two."""
    if len(line) <= 75 and line.isascii():
        yield line
        return
    part, size = "", 0
    for each in line:
        octets = len(each.encode())
        if size + octets > 75:
            yield part
            part, size = " ", 1
        part += each
        size += octets
    yield part
