"""The mail with which a freed time is offered. It does not say what the visit is for."""

from __future__ import annotations

import datetime as dt

import structlog
from django.utils import translation

from accounts.models import Patient
from booking import links
from booking.models import Offer
from booking.wording import when_text
from notifications import outbox

logger = structlog.get_logger(__name__)


def address_of(patient: Patient) -> str:
    """Where somebody reads what concerns the patient: the patient, or who looks after him."""
    own = patient.email or (patient.user.email if patient.user else "")
    if own:
        return own
    care = patient.cared_for_by.current().select_related("user").order_by("opened_at").first()
    return care.user.email if care else ""


def offered(offer: Offer, *, now: dt.datetime) -> None:
    """In the transaction of the offer; too late to be of use when the offer has ended."""
    patient, visit_type = offer.entry.patient, offer.entry.visit_type
    clinic = visit_type.clinic
    with translation.override(patient.language):
        context = {
            "patient_name": patient.name,
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "clinic_address": clinic.address,
            "when": when_text(offer.hold.start, clinic.zone),
            "where": clinic.address,
            "doctor": offer.freed.doctor.display_name,
            "until": when_text(offer.expires_at, clinic.zone),
            "url": links.offer_url(offer),
        }
    about = _about(offer)
    try:
        outbox.enqueue(
            template="waitlist_offer",
            recipient=address_of(patient),
            dedupe_key=f"{about}:offered",
            context=context,
            language=patient.language,
            about=about,
            expires_at=offer.expires_at,
            now=now,
        )
    except outbox.BadRecipient:
        logger.warning("bad-recipient", offer=str(offer.pk))


def taken_back(offer: Offer, *, now: dt.datetime) -> None:
    """What has not left yet is of no use any more."""
    outbox.void(about=_about(offer), now=now)


def _about(offer: Offer) -> str:
    return f"offer:{offer.pk}"
