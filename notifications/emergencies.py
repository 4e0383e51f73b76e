"""Operators are told that a doctor opened a record in an emergency: `accounts` finds this by the
setting TELL_OF_EMERGENCY. Whose record it was, and why, stands in the portal and not in a mail."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.queries import current_clinic
from notifications import outbox


def tell_operators(
    *, access_id: uuid.UUID, doctor: str, operators: Iterable[User], now: dt.datetime
) -> int:
    """One message to each, in the transaction of the opening; returns to how many."""
    clinic = current_clinic()
    words = {
        "clinic_name": clinic.name if clinic else "",
        "clinic_phone": clinic.phone if clinic else "",
        "clinic_address": clinic.address if clinic else "",
        "doctor": doctor,
        "at": f"{now:%Y-%m-%d %H:%M} UTC",
        "url": settings.SITE_URL + reverse("admin:accounts_emergencyaccess_changelist"),
    }
    drafts = [
        outbox.Draft(
            template="emergency_opened",
            recipient=operator.email,
            dedupe_key=f"emergency:{access_id}:{operator.pk}",
            context=words,
            language=clinic.language if clinic else "en",
        )
        for operator in operators
    ]
    return outbox.enqueue_many(drafts, now=now)
