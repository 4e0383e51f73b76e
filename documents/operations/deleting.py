"""Deleting a document, having it back, and saying better what it is."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents.files import plain_name
from documents.models import Document, Kind
from documents.operations.deciding import locked_for
from documents.operations.errors import GoneForGood, MustStay, NothingChosen
from documents.queries import deleted_by_family
from documents.retention import keep_until


def delete(*, document_id: uuid.UUID, user: User, by: Actor, now: dt.datetime) -> Document:
    """From now on nobody reads it; it can be had back for DOCUMENT_UNDO_DAYS.

    Raises NotYours, and MustStay while the clinic must keep it.
    """
    with transaction.atomic():
        document = locked_for(document_id, user=user, now=now)
        if must_stay(document):
            raise MustStay
        document.deleted_at, document.deleted_by = now, user.pk
        document.save(update_fields=["deleted_at", "deleted_by"])
        _record("document.deleted", document, by=by, now=now)
    return document


def must_stay(document: Document) -> bool:
    """Whether the family's wish does not remove it: a hold, or a clinic that keeps everything."""
    return document.held_at is not None or not settings.DOCUMENT_PATIENTS_DELETE


def restore(*, document_id: uuid.UUID, user: User, by: Actor, now: dt.datetime) -> Document:
    """Have back what the family deleted, as it was. Raises NotYours and GoneForGood."""
    with transaction.atomic():
        deleted = Document.objects.filter(deleted_at__isnull=False)
        theirs = deleted_by_family(deleted, user=user)
        document = locked_for(document_id, user=user, now=now, among=theirs)
        too_late = now - dt.timedelta(days=settings.DOCUMENT_UNDO_DAYS)
        if document.purging_at is not None or document.deleted_at <= too_late:  # type: ignore[operator]
            raise GoneForGood(document.patient)
        document.deleted_at = document.deleted_by = None
        document.save(update_fields=["deleted_at", "deleted_by"])
        _record("document.restored", document, by=by, now=now)
    return document


def describe(
    *, document_id: uuid.UUID, name: str, kind: Kind, user: User, by: Actor, now: dt.datetime
) -> Document:
    """Another name or kind. Raises NotYours, and NothingChosen when no name is left."""
    name = plain_name(name)
    if not name:
        raise NothingChosen
    with transaction.atomic():
        document = locked_for(document_id, user=user, now=now)
        if (document.name, document.kind) != (name, kind):
            document.name, document.kind = name, kind
            if document.keep_until is not None:  # by another name nothing goes sooner
                since = document.decided_at or now
                longer = keep_until(kind, document.patient, since)
                document.keep_until = max(document.keep_until, longer)
            document.save(update_fields=["name", "kind", "keep_until"])
            _record("document.described", document, by=by, now=now)
    return document


def _record(action: str, document: Document, *, by: Actor, now: dt.datetime) -> None:
    data = {"kind": document.kind}
    patient_id = document.patient_id
    record_audit(action=action, subject=document, patient_id=patient_id, by=by, now=now, data=data)
