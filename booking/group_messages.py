"""One message for visits that were booked together, to each of those whom it concerns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import structlog
from django.utils import translation

from booking import links
from booking.calendar_file import calendar_of
from booking.messages import Reader, booked, readers_of
from booking.models import Appointment, Status
from booking.wording import when_text
from notifications import outbox

logger = structlog.get_logger(__name__)

Line = tuple[Appointment, Reader]


def booked_together(appointments: Sequence[Appointment], *, now: dt.datetime) -> None:
    """What was booked for whom, in order of time. Who reads of one visit alone reads it as ever."""
    by_address: dict[str, list[Line]] = {}
    for visit in sorted(appointments, key=lambda each: each.start):
        for reader in readers_of(visit):
            by_address.setdefault(reader.address, []).append((visit, reader))
    if len(appointments) == 1:
        return booked(appointments[0], now=now)
    for address, lines in by_address.items():
        _tell(address, lines, now=now)
    return None


def _tell(address: str, lines: Sequence[Line], *, now: dt.datetime) -> None:
    first, reader = lines[0]
    visits = [visit for visit, _reader in lines]
    language = first.patient.language if first.patient else "en"
    about = f"group:{first.group}"
    with translation.override(language):
        context = _context(lines)
    if not context["pending"]:
        context["calendar"] = calendar_of(visits, now=now).decode()
    try:
        outbox.enqueue(
            template="booked_together",
            recipient=address,
            dedupe_key=f"{about}:booked:{reader.key or first.patient_id}",
            context=context,
            language=language,
            about=about,
            expires_at=max(visits[-1].end, now + dt.timedelta(hours=1)),
            now=now,
        )
    except outbox.BadRecipient:
        logger.warning("bad-recipient", group=str(first.group))


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
                "for_name": _first_name(visit) if of_several else "",
            }
            for visit, _reader in lines
        ],
        "url": links.appointments_url(),
    }


def _first_name(visit: Appointment) -> str:
    return (visit.patient.name.split() or [""])[0] if visit.patient else ""
