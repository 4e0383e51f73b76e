"""Told by phone instead."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models, transaction

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from notifications.models import Call


def mark_called(
    *, about: str, subject: models.Model, patient_id: uuid.UUID | None, by: Actor, now: dt.datetime
) -> Call:
    """Somebody called about `about`: it is off the list of those not reached. `subject` is what
    the audit trail says it of. A second time is written down too, and harmless."""
    with transaction.atomic():
        call = Call.objects.create(about=about, patient_id=patient_id, at=now, by=by.label[:60])
        record_audit(
            action=f"{subject._meta.model_name}.called",
            subject=subject,
            by=by,
            now=now,
            patient_id=patient_id,
        )
    return call
