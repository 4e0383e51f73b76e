"""What the link in a reminder does."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction

from accounts.operations import stop_reminders
from clinic.lib.actor import Actor
from notifications import outbox


def stop(*, patient_id: uuid.UUID, by: Actor, now: dt.datetime) -> None:
    """No more reminders, and none that waits to leave. A second time changes nothing."""
    with transaction.atomic():
        stop_reminders(patient_id=patient_id, by=by, now=now, via="link")
        outbox.void_reminders(patient_id=patient_id, now=now)
