"""What a calendar makes of the files in our mails: one entry, moved and at last struck out.

Read from the mail as it is sent, by two parsers that have nothing in common.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from django.core import mail

from booking import operations
from booking.models import Appointment
from notifications import delivery
from notifications.models import Message
from notifications.rendering import render
from tests import factories
from tests.factories import SYSTEM, World

pytestmark = pytest.mark.django_db
CHICAGO = ZoneInfo("America/Chicago")
# The clocks of Chicago go back an hour on 1 November 2026 at 2:00.
BEFORE, AFTER = (dt.datetime(2026, 10, 31, 9), dt.datetime(2026, 11, 2, 9))


@dataclass(frozen=True)
class Entry:
    """What a calendar needs to know."""

    uid: str
    sequence: int
    status: str
    start: dt.datetime
    end: dt.datetime
    summary: str
    location: str


def by_icalendar(data: bytes) -> tuple[str, list[Entry]]:
    calendar = icalendar.Calendar.from_ical(data)
    return str(calendar["METHOD"]), [
        Entry(
            str(event["UID"]),
            int(event["SEQUENCE"]),
            str(event["STATUS"]),
            event["DTSTART"].dt,
            event["DTEND"].dt,
            str(event["SUMMARY"]),
            str(event["LOCATION"]),
        )
        for event in calendar.walk("VEVENT")
    ]


def by_vobject(data: bytes) -> tuple[str, list[Entry]]:
    calendar = vobject.readOne(data.decode())
    return calendar.method.value, [
        Entry(
            event.uid.value,
            int(event.sequence.value),
            event.status.value,
            event.dtstart.value,
            event.dtend.value,
            event.summary.value,
            event.location.value,
        )
        for event in calendar.vevent_list
    ]


PARSERS = pytest.mark.parametrize("parse", [by_icalendar, by_vobject])
Parser = Callable[[bytes], tuple[str, list[Entry]]]


class CalendarApp:
    """As RFC 5546 asks: an entry is known by its UID, and the highest SEQUENCE counts."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def take(self, method: str, entries: list[Entry]) -> None:
        for entry in entries:
            known = self.entries.get(entry.uid)
            if known is None or entry.sequence > known.sequence:
                self.entries[entry.uid] = entry
            assert (method == "CANCEL") == (entry.status == "CANCELLED")


def part_of(sent: bytes) -> Any:
    parsed = email.message_from_bytes(sent, policy=email.policy.SMTP)
    (part,) = [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]
    return part


def file_for(visit: Appointment, template: str) -> bytes:
    """The calendar file of the newest mail of this kind, out of its MIME part."""
    about = f"appointment:{visit.pk}"
    message = Message.objects.filter(about=about, template=template).latest("created_at")
    part = part_of(render(message).message().as_bytes())
    data = part.get_payload(decode=True)
    assert part.get_param("method") in data.decode()
    assert part.get_content_charset() == "utf-8"
    return data


@pytest.fixture
def visit(world: World) -> Appointment:
    """At a clinic whose name and address need folding, escaping and more than ASCII."""
    world.clinic.name = "Clínica Ñandú; " + "Niños, Jóvenes y Mayores 诊所 " * 3
    world.clinic.address = "Calle 1, n.º 2; piso 3\nSpringfield\\Sur"
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    for start in (BEFORE, AFTER):
        factories.cells(world.ada, start.replace(tzinfo=CHICAGO).astimezone(dt.UTC), 4)
    world.now = dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC)
    return world.book(start=BEFORE.replace(tzinfo=CHICAGO), notify=True)


def history(visit: Appointment, now: dt.datetime) -> dict[str, bytes]:
    """Booked, moved over the change of the clocks, moved back, cancelled: each one's file."""
    files = {"booked": file_for(visit, "booked")}
    for name, start in (("moved", AFTER), ("moved back", BEFORE)):
        now += dt.timedelta(minutes=1)
        visit = operations.reschedule(
            appointment=visit, start=start.replace(tzinfo=CHICAGO), by=SYSTEM, now=now
        )
        files[name] = file_for(visit, "moved")
    now += dt.timedelta(minutes=1)
    operations.cancel(appointment=visit, by=SYSTEM, now=now)
    files["cancelled"] = file_for(visit, "cancelled")
    return files


@PARSERS
def test_a_calendar_shows_one_entry_that_is_moved_and_then_struck_out(
    world: World, visit: Appointment, parse: Parser
) -> None:
    calendar, seen = CalendarApp(), []
    for data in history(visit, world.now).values():
        calendar.take(*parse(data))
        (entry,) = calendar.entries.values()
        seen.append((entry.start.astimezone(CHICAGO).replace(tzinfo=None), entry.status))
        assert entry.end - entry.start == dt.timedelta(minutes=15)

    assert seen == [
        (BEFORE, "CONFIRMED"),
        (AFTER, "CONFIRMED"),
        (BEFORE, "CONFIRMED"),
        (BEFORE, "CANCELLED"),
    ]


@PARSERS
def test_mails_that_arrive_in_another_order_end_the_same(
    world: World, visit: Appointment, parse: Parser
) -> None:
    calendar = CalendarApp()
    for data in reversed(history(visit, world.now).values()):
        calendar.take(*parse(data))
    (entry,) = calendar.entries.values()
    assert entry.status == "CANCELLED"


@PARSERS
def test_its_sequence_rises_with_every_change(
    world: World, visit: Appointment, parse: Parser
) -> None:
    entries = [parse(data)[1][0] for data in history(visit, world.now).values()]
    assert len({entry.uid for entry in entries}) == 1
    sequences = [entry.sequence for entry in entries]
    assert sequences == sorted(set(sequences))


@PARSERS
def test_names_come_through_whole(world: World, visit: Appointment, parse: Parser) -> None:
    _method, (entry,) = parse(file_for(visit, "booked"))
    assert entry.summary == f"Appointment at {world.clinic.name}"
    assert entry.location == "Calle 1, n.º 2; piso 3, Springfield\\Sur"


def test_lines_are_as_long_as_the_format_allows_and_end_as_it_asks(
    world: World, visit: Appointment
) -> None:
    for data in history(visit, world.now).values():
        lines = data.split(b"\r\n")
        assert lines.pop() == b""
        assert max(map(len, lines)) <= 75
        assert not any(b"\r" in line or b"\n" in line for line in lines)
        # Folding never cuts a character: every line is UTF-8 for itself.
        assert all(line.decode() is not None for line in lines)


def test_both_parsers_read_the_same(world: World, visit: Appointment) -> None:
    for data in history(visit, world.now).values():
        assert by_icalendar(data) == by_vobject(data)


def test_what_delivery_hands_over_has_the_file_that_both_read(
    world: World, visit: Appointment
) -> None:
    Message.objects.update(expires_at=None)  # the clock of this test is the real one's past
    delivery.deliver_due()

    (sent,) = mail.outbox
    part = part_of(sent.message().as_bytes())
    assert part.get_filename() == "appointment.ics"
    for parse in (by_icalendar, by_vobject):
        method, (entry,) = parse(part.get_payload(decode=True))
        assert (method, entry.start) == ("REQUEST", visit.start)
