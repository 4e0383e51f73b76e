"""A visit asked for by somebody who has no login."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from accounts.models import Doctor, Patient
from accounts.operations import record_audit
from booking.models import Appointment, VisitType
from booking.operations.booking import book
from booking.operations.limits import check_requests
from booking.operations.sweeping import expire_holds
from clinic.lib.actor import Actor


def request_as_guest(
    *,
    name: str,
    email: str,
    language: str,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor,
    reason: str = "",
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Ask for a visit: always `pending`, and it lapses unless the mailed link is followed within
    GUEST_CONFIRM_HOURS and before `start` (UTC).

    The guest is a new patient each time, never one who is known by that email address: nobody has
    shown that it is theirs. A refusal leaves no patient behind. Raises TooMany, and what
    `book` raises.
    """
    check_requests(by=by, now=now)
    # Before the transaction that the patient needs: `book` would end them inside of it.
    expire_holds(now=now)
    confirm_by = min(now + dt.timedelta(hours=settings.GUEST_CONFIRM_HOURS), start)
    with transaction.atomic():
        guest = Patient.objects.create(name=name, email=email, language=language, is_guest=True)
        record_audit(action="patient.created", subject=guest, by=by, now=now, data={"guest": True})
        return book(
            patient=guest,
            visit_type=visit_type,
            start=start,
            doctor=doctor,
            reason=reason,
            source="guest",
            confirm_by=confirm_by,
            by=by,
            now=now,
        )
