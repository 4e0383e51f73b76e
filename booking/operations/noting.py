"""The clinic's own words about a visit; the patient never sees them."""

from __future__ import annotations

import datetime as dt

from accounts.operations import record_audit
from booking.models import Appointment
from booking.operations import steps
from booking.operations.errors import TooLong
from clinic.lib.actor import Actor

LONGEST_NOTE = 2000


def set_note(*, appointment: Appointment, text: str, by: Actor, now: dt.datetime) -> Appointment:
    """Write the internal note of a visit in whatever state; empty takes it away. Raises TooLong.

    The trail tells that it was written, not what.
    """
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise TooLong
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.internal_note == text:
            return visit
        visit.internal_note = text
        visit.save(update_fields=["internal_note"])
        record_audit(
            action="appointment.noted",
            subject=visit,
            patient_id=visit.patient_id,
            by=by,
            now=now,
            data={"version": visit.version, "empty": not text},
        )
        return visit
