"""One message for visits that were booked together, to each of those whom it concerns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import translation

from booking import links
from booking.calendar_file import calendar_of
from booking.messages.agreed import booked
from booking.messages.documents import ask_unless_told
from booking.messages.readers import Reader, first_name, readers_of
from booking.messages.telling import enqueue
from booking.models import Appointment, Status
from booking.wording import when_text
from notifications import outbox

Line = tuple[Appointment, Reader]
TEMPLATE = "booked_together"


def booked_together(
    appointments: Sequence[Appointment], *, now: dt.datetime, after: Appointment | None = None
) -> None:
    """What was booked for whom, in order of time. A single visit is told of as ever.

    `after`: a visit of theirs that has changed since, so that they are told of again without it.
    """
    if len(appointments) == 1:
        return booked(appointments[0], now=now)
    lines_of: dict[Reader, list[Line]] = {}
    for visit in sorted(appointments, key=lambda each: each.start):
        for reader in readers_of(visit):
            who = next((one for one in lines_of if _same(one, reader)), reader)
            lines_of.setdefault(who, []).append((visit, reader))
    for lines in lines_of.values():
        _tell(lines, now=now, after=after)
    for visit in sorted(appointments, key=lambda each: each.start):
        ask_unless_told(visit, now=now)  # once a course, of the first
    return None


def retell_without(visit: Appointment, *, now: dt.datetime) -> None:
    """A visit changes, and is told of by itself: when the message that spoke of it among others has
    not left yet, the others are told of anew, without it."""
    if visit.group is None:
        return
    if outbox.void(about=_about(visit), template=TEMPLATE, now=now):
        rest = (
            Appointment.objects.filter(group=visit.group)
            .exclude(pk=visit.pk)
            .upcoming(now=now)
            .filter(status__in=[Status.PENDING, Status.BOOKED])
            .select_related("visit_type__clinic", "clinic", "doctor", "patient__user")
        )
        if left := list(rest):
            booked_together(left, now=now, after=visit)


def _same(one: Reader, other: Reader) -> bool:
    return (one.email, one.phone) == (other.email, other.phone)


def _about(visit: Appointment) -> str:
    return f"group:{visit.group}"


def _tell(lines: Sequence[Line], *, now: dt.datetime, after: Appointment | None) -> None:
    first, reader = lines[0]
    visits = [visit for visit, _reader in lines]
    language = first.patient.language if first.patient else "en"
    about = _about(first)
    with translation.override(language):
        context = _context(lines)
    if not context["pending"]:
        context["calendar"] = calendar_of(visits, now=now).decode()
    again = f"without-{after.pk.hex}-v{after.version}" if after else ""
    enqueue(
        reader,
        template=TEMPLATE,
        names=(about, "booked", reader.key or str(first.patient_id), again),
        context=context,
        language=language,
        about=about,
        patient_id=first.patient_id,
        expires_at=max(visits[-1].end, now + dt.timedelta(hours=1)),
        now=now,
    )


def _context(lines: Sequence[Line]) -> dict[str, Any]:
    first, reader = lines[0]
    clinic = first.visit_type.clinic
    of_several = len({visit.patient_id for visit, _reader in lines}) > 1 or reader.of
    return {
        "patient_name": reader.name,
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
        "when": when_text(first.start, clinic.zone),
        "where": clinic.address,
        "what_to_bring": first.visit_type.what_to_bring,
        "pending": any(visit.status == Status.PENDING for visit, _reader in lines),
        "visits": [
            {
                "when": when_text(visit.start, clinic.zone),
                "doctor": visit.doctor.display_name,
                "for_name": first_name(visit.patient) if of_several else "",
            }
            for visit, _reader in lines
        ],
        "url": links.appointments_url(),
    }
