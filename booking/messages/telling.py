"""One message about one visit, to each who is to read it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.utils import translation

from booking import visit_links
from booking.calendar_file import calendar_file
from booking.messages.readers import Reader, readers_of
from booking.models import Appointment
from booking.wording import when_text
from notifications import outbox
from notifications.models import Priority

logger = structlog.get_logger(__name__)

# What changes a visit that is this near goes before everything that can wait.
NEAR = dt.timedelta(hours=24)


def tell(
    template: str,
    visit: Appointment,
    *,
    now: dt.datetime,
    url: str = "",
    calendar: str = "",
    more: Callable[[], dict[str, Any]] = dict,
    key: str = "",
    expires_at: dt.datetime | None = None,
    changes: dt.datetime | None = None,
) -> None:
    """Put it into the outbox for every reader; nobody, if it was booked without an address.

    `more` is called in the reader's language and completes the context. `key` tells several
    messages of one kind about one version apart. `changes`: the start that is no longer, or has
    become, what it was; a near one makes the message urgent.
    """
    about = about_visit(visit)
    language = visit.patient.language if visit.patient else "en"
    # What was about to be said of a visit is of no use to anybody once it is over.
    useful_until = max(visit.end, now + dt.timedelta(hours=1))
    for reader in readers_of(visit):
        with translation.override(language):
            context = _context(visit, reader, url=url) | more()
        if calendar:
            context["calendar"] = calendar_file(visit, method=calendar, now=now).decode()
        enqueue(
            reader,
            template=template,
            names=(about, f"v{visit.version}", template, key, reader.key),
            context=context,
            language=language,
            about=about,
            patient_id=visit.patient_id,
            priority=Priority.URGENT if changes and changes - now <= NEAR else None,
            expires_at=expires_at or useful_until,
            now=now,
        )


def enqueue(
    reader: Reader,
    *,
    template: str,
    names: Iterable[str],
    about: str,
    now: dt.datetime,
    context: dict[str, Any],
    language: str,
    patient_id: uuid.UUID | None,
    expires_at: dt.datetime,
    priority: Priority | None = None,
) -> None:
    """By the first way of the reader's that can be; `names` make up the dedupe key."""
    for channel, address in reader.ways(template):
        try:
            outbox.enqueue(
                template=template,
                channel=channel,
                recipient=address,
                dedupe_key=":".join(name for name in names if name),
                context=context,
                language=language,
                about=about,
                patient_id=patient_id,
                priority=priority,
                expires_at=expires_at,
                now=now,
            )
        except outbox.BadRecipient:
            # One address that cannot be must not undo a change, or stop a sweep over many.
            logger.warning("bad-recipient", about=about, channel=channel)
        else:
            return


def about_visit(visit: Appointment) -> str:
    return f"appointment:{visit.pk}"


def take_back(visit: Appointment, *, now: dt.datetime, template: str = "") -> None:
    """What has not left yet of the visit's earlier versions, or of one kind, is not said any
    more."""
    outbox.void(about=about_visit(visit), template=template, now=now)


def _context(visit: Appointment, reader: Reader, *, url: str) -> dict[str, Any]:
    clinic = visit.visit_type.clinic
    return {
        "patient_name": reader.name,
        "for_name": reader.of,
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
        "when": when_text(visit.start, clinic.zone),
        "where": clinic.address,
        "doctor": visit.doctor.display_name,
        "what_to_bring": visit.visit_type.what_to_bring,
        "url": url or visit_links.visit_url(visit),
    }
