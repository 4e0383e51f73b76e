"""Whether a patient is reminded of visits, and a doctor of the next day. Changes of a visit are
told in any case."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import ContactBy, Doctor, Patient
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor


def stop_reminders(*, patient_id: uuid.UUID, by: Actor, now: dt.datetime, via: str = "") -> bool:
    """No reminders from now on, and none that waits to leave. False when they were stopped before,
    or there is no such patient.

    `via` says in the audit trail how it was asked for: "link" is the one in every reminder.
    """
    reminded = Patient.objects.filter(pk=patient_id, reminders_stopped_at=None)
    with transaction.atomic():
        if not reminded.update(reminders_stopped_at=now):
            return False
        import_string(settings.TAKE_BACK_REMINDERS)(patient_id=patient_id, now=now)
        _record("patient.reminders_stopped", patient_id, by=by, now=now, via=via)
    return True


def resume_reminders(*, patient_id: uuid.UUID, by: Actor, now: dt.datetime, via: str = "") -> bool:
    """Reminders again, of those that are due from now on. False when nothing was stopped."""
    stopped = Patient.objects.filter(pk=patient_id, reminders_stopped_at__isnull=False)
    with transaction.atomic():
        if not stopped.update(reminders_stopped_at=None):
            return False
        _record("patient.reminders_resumed", patient_id, by=by, now=now, via=via)
    return True


def choose_channel(*, patient: Patient, channel: ContactBy, by: Actor, now: dt.datetime) -> Patient:
    """By text message or by mail. To choose texts is to agree to them; to choose mail takes that
    back. Choosing the same again changes nothing."""
    with transaction.atomic():
        found = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        by_text = channel == ContactBy.SMS
        if found.contact_by != channel or by_text != (found.texts_agreed_at is not None):
            found.contact_by = channel
            found.texts_agreed_at = now if by_text else None
            found.save(update_fields=["contact_by", "texts_agreed_at"])
            data = {"channel": str(channel)}
            record_audit(action="patient.channel_chosen", subject=found, by=by, now=now, data=data)
        return found


def choose_agenda(*, doctor: Doctor, wanted: bool, by: Actor, now: dt.datetime) -> bool:
    """Whether the doctor is mailed the next day's times in the evening. False when it was so."""
    other = Doctor.objects.filter(pk=doctor.pk, agenda_by_mail=not wanted)
    with transaction.atomic():
        if not other.update(agenda_by_mail=wanted):
            return False
        action = "doctor.agenda_wanted" if wanted else "doctor.agenda_stopped"
        record_audit(action=action, subject=doctor, by=by, now=now)
    return True


def _record(action: str, patient_id: uuid.UUID, *, by: Actor, now: dt.datetime, via: str) -> None:
    record_audit(
        action=action,
        subject=Patient(pk=patient_id),
        by=by,
        now=now,
        data={"via": via} if via else {},
    )
