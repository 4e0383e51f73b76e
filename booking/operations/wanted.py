"""The documents that a visit asks for: asked, come, no longer asked.

`documents` calls `asked` and `fulfil` by the setting WANTED_DOCUMENTS: it knows no visits, and a
refusal only as the `Refusal` of this module.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import NamedTuple

from django.db import models

from accounts.operations import record_audit
from booking.models import Appointment, WantedDocument
from booking.operations import steps
from booking.operations.errors import BookingError, WrongState
from clinic.lib.actor import Actor
from documents.models import Document

Refusal = BookingError


class Asked(NamedTuple):
    """What the page says on which it is sent, and whose document it will be."""

    id: uuid.UUID
    what: str
    patient_id: uuid.UUID
    appointment_id: uuid.UUID


def want(appointment: Appointment, *, now: dt.datetime) -> None:
    """Write down what the visit asks for, in the transaction of its booking: one INSERT for all,
    none where nothing is asked. What is written already stays as it is."""
    lines = dict.fromkeys(appointment.documents)
    rows = [WantedDocument(appointment=appointment, what=line, asked_at=now) for line in lines]
    if rows:
        WantedDocument.objects.bulk_create(rows, ignore_conflicts=True)


def want_instead(appointment: Appointment, *, before: str, now: dt.datetime) -> None:
    """What staff ask for beside it, in place of what they asked for `before`: not of what has come
    already, nor of what the kind of visit needs by itself. Asked for again, it is not waived."""
    mine = appointment.wanted_documents
    if before not in appointment.visit_type.documents:
        mine.filter(what=before, document=None).delete()
    mine.filter(what=appointment.documents_asked).update(waived_at=None, waived_by=None)
    want(appointment, now=now)


def asked(*, wanted_id: uuid.UUID, now: dt.datetime) -> Asked | None:
    """What is still asked for under this id; None when it is not, or never was.

    Whether whoever asks may act for the patient is for the caller to see.
    """
    found = WantedDocument.objects.asked(now=now).filter(pk=wanted_id).select_related("appointment")
    wanted = found.first()
    if wanted is None or wanted.appointment.patient_id is None:
        return None
    visit = wanted.appointment
    return Asked(wanted.pk, wanted.what, visit.patient_id, visit.pk)  # type: ignore[arg-type]


def fulfil(*, wanted_id: uuid.UUID, document_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """A document has come for it, in place of one that came before. False when it is not asked for
    any more, or the document is not this very patient's; then nothing is changed.

    Of visits that were booked together it answers every one that asks for the same. Raises Busy.
    """
    still = WantedDocument.objects.asked(now=now).filter(pk=wanted_id)
    with steps.short_transaction():
        locked = _lock_alike(still.select_related("appointment").first(), now=now)
        wanted = _lock(still)
        if wanted is None:
            return False
        visit = wanted.appointment
        theirs = Document.objects.kept().filter(pk=document_id, patient=visit.patient_id)
        if not theirs.exists():
            return False
        _alike(wanted, now=now).filter(pk__in=locked).update(document=document_id)
        data = {"document": str(document_id)}
        _record("wanted_document.sent", wanted, by=by, now=now, data=data)
        return True


def unfulfil(*, wanted_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """What came was not what is asked for: it is missing again, and the document stays with the
    patient. False when nothing had come."""
    with steps.short_transaction():
        wanted = _lock(WantedDocument.objects.filter(pk=wanted_id, document__isnull=False))
        if wanted is None:
            return False
        data = {"document": str(wanted.document_id)}
        wanted.document = None
        wanted.save(update_fields=["document"])
        _record("wanted_document.missing", wanted, by=by, now=now, data=data)
        return True


def waive(*, wanted_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """Brought on paper, or not needed after all: it is asked for no longer. False when it was not.

    Raises WrongState when nobody says so: somebody of the clinic does.
    """
    if by.user_id is None:
        raise WrongState
    with steps.short_transaction():
        wanted = _lock(WantedDocument.objects.asked(now=now).filter(pk=wanted_id))
        if wanted is None:
            return False
        wanted.waived_at, wanted.waived_by = now, uuid.UUID(by.user_id)
        wanted.save(update_fields=["waived_at", "waived_by"])
        _record("wanted_document.waived", wanted, by=by, now=now)
        return True


def _lock(found: models.QuerySet[WantedDocument]) -> WantedDocument | None:
    """Locked alone, then read with its visit: see `steps.lock_appointment`."""
    locked = found.select_for_update(of=("self",), no_key=True).first()
    return locked and WantedDocument.objects.select_related("appointment").get(pk=locked.pk)


def _lock_alike(wanted: WantedDocument | None, *, now: dt.datetime) -> list[uuid.UUID]:
    """All that one document answers, in one order: two who send for two visits of a course would
    otherwise each keep what the other one waits for."""
    if wanted is None:
        return []
    rows = _alike(wanted, now=now).select_for_update(of=("self",), no_key=True).order_by("pk")
    return [row.pk for row in rows]


def _alike(wanted: WantedDocument, *, now: dt.datetime) -> models.QuerySet[WantedDocument]:
    """The same, asked for by this visit and by those of the patient that were booked with it."""
    visit = wanted.appointment
    own = models.Q(pk=wanted.pk)
    if visit.group is None:
        return WantedDocument.objects.filter(own)
    beside = WantedDocument.objects.asked(now=now).filter(
        what=wanted.what, appointment__group=visit.group, appointment__patient=visit.patient_id
    )
    return WantedDocument.objects.filter(own | models.Q(pk__in=beside.values("pk")))


def _record(
    action: str,
    wanted: WantedDocument,
    *,
    by: Actor,
    now: dt.datetime,
    data: dict[str, str] | None = None,
) -> None:
    record_audit(
        action=action,
        subject=wanted,
        patient_id=wanted.appointment.patient_id,
        by=by,
        now=now,
        data={**(data or {}), "appointment": str(wanted.appointment_id)},
    )
