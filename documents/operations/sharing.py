"""Letting one doctor read one document, and taking it back."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Doctor, Role, User
from accounts.operations import record_audit
from accounts.queries import doctors_who_treat
from clinic.lib.actor import Actor
from documents.models import Document, Share
from documents.operations.deciding import locked_for
from documents.operations.errors import NoSuchDoctor


def doctors_to_offer(document: Document, *, now: dt.datetime) -> QuerySet[Doctor]:
    """Doctors to whom a share gives something: who treats the patient reads the document anyway."""
    treating = doctors_who_treat(patient_id=document.patient_id, now=now)
    return _doctors_to_share_with(document).exclude(pk__in=treating.values("pk"))


def _doctors_to_share_with(document: Document) -> QuerySet[Doctor]:
    """Doctors of the clinic who sign in, and do not have the document from the patient already."""
    shared = Share.objects.current().filter(document=document).values("doctor")
    working = Doctor.objects.filter(
        active=True, user__is_active=True, user__groups__name=Role.DOCTOR
    )
    return working.exclude(pk__in=shared).order_by("name", "pk")


def share(
    *, document_id: uuid.UUID, doctor_id: uuid.UUID, user: User, by: Actor, now: dt.datetime
) -> Share:
    """From now on the doctor may read the document. Said twice it is the same.

    Raises NotYours and NoSuchDoctor.
    """
    with transaction.atomic():
        document = locked_for(document_id, user=user, now=now)
        current = Share.objects.current().select_related("doctor").filter(document=document)
        if there := current.filter(doctor=doctor_id).first():
            return there
        doctor = _doctors_to_share_with(document).filter(pk=doctor_id).first()
        if doctor is None:
            raise NoSuchDoctor
        opened = Share.objects.create(
            document=document, doctor=doctor, opened_at=now, opened_by=user.pk
        )
        _record("document.shared", document, doctor.pk, by=by, now=now)
    return opened


def withdraw(
    *, document_id: uuid.UUID, doctor_id: uuid.UUID, user: User, by: Actor, now: dt.datetime
) -> bool:
    """The doctor reads it no longer, unless for another reason. False: it was not shared.

    A link that was given out a moment before lives on for its seconds. Raises NotYours.
    """
    with transaction.atomic():
        document = locked_for(document_id, user=user, now=now)
        current = Share.objects.current().filter(document=document, doctor=doctor_id)
        ended = current.update(ended_at=now, ended_by=user.pk)
        if ended:
            _record("document.unshared", document, doctor_id, by=by, now=now)
    return bool(ended)


def _record(
    action: str, document: Document, doctor_id: uuid.UUID, *, by: Actor, now: dt.datetime
) -> None:
    data = {"doctor": str(doctor_id)}
    patient_id = document.patient_id
    record_audit(action=action, subject=document, patient_id=patient_id, by=by, now=now, data=data)
