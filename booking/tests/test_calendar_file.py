from __future__ import annotations

import datetime as dt

import pytest
from icalendar import Calendar

from booking.calendar_file import calendar_file
from booking.models import Appointment, Status
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


def event_of(data: bytes) -> dict:
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    return event


@pytest.fixture
def visit(world: factories.World) -> Appointment:
    world.clinic.address = "1 Main Street\nTown"
    world.clinic.save()
    return world.book(reason="A secret ailment")


def test_it_says_when_and_where_and_not_what_for(visit: Appointment) -> None:
    data = calendar_file(visit, now=NOW)
    event = event_of(data)
    assert event["DTSTART"].dt == at("09:00")
    assert event["DTEND"].dt == at("09:15")
    assert event["SUMMARY"] == "Appointment at Test clinic"
    assert event["LOCATION"] == "1 Main Street, Town"
    assert str(visit.pk) in event["URL"]
    assert b"secret" not in data
    assert b"Check-up" not in data
    assert b"Patient" not in data


def test_what_is_mailed_names_who_invites_whom(visit: Appointment) -> None:
    event = event_of(calendar_file(visit, method="REQUEST", now=NOW))
    assert event["ATTENDEE"] == f"mailto:{visit.patient.email}"
    assert event["ORGANIZER"].startswith("mailto:")
    assert "ATTENDEE" not in event_of(calendar_file(visit, now=NOW))


def test_a_change_keeps_the_uid_and_raises_the_sequence(visit: Appointment) -> None:
    before = event_of(calendar_file(visit, method="REQUEST", now=NOW))
    visit.version += 1
    visit.start += dt.timedelta(hours=1)
    after = event_of(calendar_file(visit, method="REQUEST", now=NOW))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (Status.BOOKED, "PUBLISH", "CONFIRMED"),
        (Status.PENDING, "PUBLISH", "TENTATIVE"),
        (Status.CANCELLED, "PUBLISH", "CANCELLED"),
        (Status.BOOKED, "CANCEL", "CANCELLED"),
    ],
)
def test_its_status_is_the_visit_s(
    visit: Appointment, status: str, method: str, expected: str
) -> None:
    visit.status = status
    data = calendar_file(visit, method=method, now=NOW)
    assert event_of(data)["STATUS"] == expected
    assert f"METHOD:{method}".encode() in data


def test_a_visit_after_the_clocks_changed_is_at_the_clinic_s_wall_time(
    world: factories.World,
) -> None:
    """9:00 in Berlin is 8:00 UTC in winter and 7:00 in summer: instants are right in both."""
    winter = Appointment(
        clinic=world.clinic,
        visit_type=world.checkup,
        start=dt.datetime(2026, 10, 26, 8, tzinfo=dt.UTC),
        end=dt.datetime(2026, 10, 26, 8, 15, tzinfo=dt.UTC),
        status=Status.BOOKED,
    )
    assert b"DTSTART:20261026T080000Z" in calendar_file(winter, now=NOW)
