"""A visit as an iCalendar file (RFC 5545): for the patient's own calendar.

It says when and where, and neither visit type nor reason: calendars are shared with families,
employers and phones' lock screens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDatetime, vText

from booking import links
from booking.models import Appointment, Status

GONE = (Status.CANCELLED, Status.DECLINED, Status.LAPSED, Status.EXPIRED, Status.NO_SHOW)


def calendar_file(appointment: Appointment, *, method: str = "PUBLISH", now: dt.datetime) -> bytes:
    """For `method` PUBLISH (to save), or mailed: REQUEST (to keep) and CANCEL (to remove).

    The same visit always has the same UID, and a SEQUENCE that rises as it changes, so that a
    calendar which has it already moves or removes its entry instead of showing a second one.
    Times are instants in UTC: right on every device, whatever it believes of the clinic's zone.
    """
    return _calendar([_event(appointment, method, now=now)], method)


def calendar_of(appointments: Sequence[Appointment], *, now: dt.datetime) -> bytes:
    """Several visits in one file, to save."""
    return _calendar([_event(each, "PUBLISH", now=now) for each in appointments], "PUBLISH")


def _event(appointment: Appointment, method: str, *, now: dt.datetime) -> Event:
    clinic = appointment.clinic
    event = Event()
    event.add("uid", f"{appointment.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", appointment.version - 1)
    event.add("dtstamp", now.astimezone(dt.UTC).replace(microsecond=0))
    event.add("dtstart", vDatetime(appointment.start.astimezone(dt.UTC)))
    event.add("dtend", vDatetime(appointment.end.astimezone(dt.UTC)))
    event.add("summary", _("Appointment at %(clinic)s") % {"clinic": clinic.name})
    if clinic.address:
        event.add("location", ", ".join(clinic.address.splitlines()))
    event.add("url", links.appointment_url(appointment))
    event.add("status", _status(appointment, method))
    if method != "PUBLISH":
        _add_people(event, appointment)
    return event


def _status(appointment: Appointment, method: str) -> str:
    if method == "CANCEL" or appointment.status in GONE:
        return "CANCELLED"
    return "TENTATIVE" if appointment.status == Status.PENDING else "CONFIRMED"


def _add_people(event: Event, appointment: Appointment) -> None:
    """RFC 5546 asks for both in what is mailed; a file to save needs, and tells, neither."""
    sender = appointment.clinic.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    event.add("organizer", f"mailto:{sender}", parameters={"cn": appointment.clinic.name})
    if appointment.patient and appointment.patient.email:
        agreed = {"partstat": "ACCEPTED", "rsvp": "FALSE"}
        event.add("attendee", f"mailto:{appointment.patient.email}", parameters=agreed)


def _calendar(events: Sequence[Event], method: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", vText("-//Clinic booking//EN"))
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())
