"""Addresses that messages carry."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from booking.models import Appointment, Offer, Proposal

GUEST_SALT = "booking.guest-request"
PROPOSAL_SALT = "booking.proposal"
OFFER_SALT = "booking.waitlist-offer"


def appointment_url(appointment: Appointment) -> str:
    """The visit's page, for a patient who signs in."""
    return settings.SITE_URL + reverse("appointment", args=[appointment.pk])


def appointments_url() -> str:
    """All of one's visits, for a patient or carer who signs in."""
    return settings.SITE_URL + reverse("appointments")


def day_url(day: dt.date) -> str:
    """A doctor's own day, for a doctor who signs in."""
    return settings.SITE_URL + reverse("day", args=[day])


def booking_url() -> str:
    """Where another time is found. Names no visit type: a mail must not say what it was for."""
    return settings.SITE_URL + reverse("home")


def guest_url(appointment: Appointment) -> str:
    """The page on which a guest confirms a request: who has the mail needs no sign-in."""
    return settings.SITE_URL + reverse("guest_confirm", args=[_token(appointment.pk, GUEST_SALT)])


def guest_appointment_id(token: str) -> uuid.UUID | None:
    """Which request a guest's link names; None for a forged one."""
    return _named(token, GUEST_SALT)


def offer_path(offer: Offer) -> str:
    """The page on which an offer is answered: who has the mail needs no sign-in."""
    return reverse("offer", args=[_token(offer.pk, OFFER_SALT)])


def offer_url(offer: Offer) -> str:
    return settings.SITE_URL + offer_path(offer)


def offer_id(token: str) -> uuid.UUID | None:
    """Which offer a link names; None for a forged one."""
    return _named(token, OFFER_SALT)


def proposal_url(proposal: Proposal) -> str:
    """The page on which a patient chooses another time: who has the mail needs no sign-in."""
    return settings.SITE_URL + reverse("choose", args=[_token(proposal.pk, PROPOSAL_SALT)])


def proposal_id(token: str) -> uuid.UUID | None:
    """Which proposal a link names; None for a forged one."""
    return _named(token, PROPOSAL_SALT)


def _token(pk: uuid.UUID, salt: str) -> str:
    return signing.dumps(str(pk), salt=salt)


def _named(token: str, salt: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(signing.loads(token, salt=salt))
    except (signing.BadSignature, ValueError):
        return None
