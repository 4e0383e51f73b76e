"""The message with which a freed time is offered. It does not say what the visit is for."""

from __future__ import annotations

import datetime as dt

from django.utils import translation

from booking import links
from booking.messages.readers import Reader, readers_for
from booking.messages.telling import enqueue
from booking.models import Offer
from booking.wording import when_text
from notifications import outbox


def offered(offer: Offer, *, now: dt.datetime) -> None:
    """In the transaction of the offer; too late to be of use when the offer has ended."""
    patient = offer.entry.patient
    for reader in readers_for(patient):
        with translation.override(patient.language):
            context = _context(offer, reader)
        enqueue(
            reader,
            template="waitlist_offer",
            names=(_about(offer), "offered", reader.key),
            context=context,
            language=patient.language,
            about=_about(offer),
            patient_id=patient.pk,
            expires_at=offer.expires_at,
            now=now,
        )


def taken_back(offer: Offer, *, now: dt.datetime) -> None:
    """What has not left yet is of no use any more."""
    outbox.void(about=_about(offer), now=now)


def _about(offer: Offer) -> str:
    return f"offer:{offer.pk}"


def _context(offer: Offer, reader: Reader) -> dict[str, str]:
    clinic = offer.entry.visit_type.clinic
    return {
        "patient_name": reader.name,
        "for_name": reader.of,
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
        "when": when_text(offer.hold.start, clinic.zone),
        "where": clinic.address,
        "doctor": offer.freed.doctor.display_name,
        "until": when_text(offer.expires_at, clinic.zone),
        "url": links.offer_url(offer),
    }
