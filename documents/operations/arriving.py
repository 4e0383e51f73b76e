"""An upload is there: its browser says so, or the sweep finds it; or it is given up."""

from __future__ import annotations

import datetime as dt
import uuid

import structlog
from django.db import transaction

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents import hint, storage
from documents.models import Document, DocumentStatus
from documents.operations import deciding_uploads as deciding
from documents.operations import scratch
from documents.operations.checking import waiting

logger = structlog.get_logger(__name__)

BY = Actor.system("sweep-uploads")
# A browser says it at once; a form is good for minutes, and a slow line takes a while.
SOON = dt.timedelta(minutes=1)
LOOKED_FOR = dt.timedelta(hours=2)
GIVEN_UP = dt.timedelta(days=1)
AT_ONCE = 200


def sweep_uploads(*, now: dt.datetime) -> dict[str, int]:
    """Find what arrived, give up what did not within a day, and ask for what waits to be checked.

    Returns how many there were of each. A store that is away ends the run; the next one goes on.
    """
    counts = {"arrived": 0, "lapsed": 0, "left_on_disk": scratch.remove_stale()}
    try:
        for document in _due(now=now):
            stored = storage.head(document.upload_key)
            if stored is not None:
                counts["arrived"] += record_arrival(
                    document_id=document.pk, stored=stored, by=BY, now=now
                )
            elif document.created_at <= now - GIVEN_UP:
                counts["lapsed"] += _lapse(document, now=now)
    except storage.StorageError as error:
        logger.warning("uploads-not-looked-for", reason=type(error).__name__)
    if waiting(now=now).exists():
        hint.CHECK.give()
    return counts


def record_arrival(
    *, document_id: uuid.UUID, stored: storage.Stored, by: Actor, now: dt.datetime
) -> bool:
    """The version that is to be checked, whatever comes by the same form later. Returns False when
    one was recorded already, or the document is about to go."""
    with transaction.atomic():
        document = deciding.awaited(document_id)
        if document is None:
            return False
        document.status = DocumentStatus.CHECKING
        document.upload_version, document.arrived_at = stored.version, now
        document.save(update_fields=["status", "upload_version", "arrived_at"])
        record_audit(
            action="document.arrived",
            subject=document,
            patient_id=document.patient_id,
            by=by,
            now=now,
        )
        hint.something_waits()
    return True


def _due(*, now: dt.datetime) -> list[Document]:
    """Those that may have come by now, and those whose time is over."""
    awaited = Document.objects.filter(status=DocumentStatus.AWAITED, purging_at__isnull=True)
    fresh = awaited.filter(created_at__lte=now - SOON, created_at__gt=now - LOOKED_FOR)
    over = awaited.filter(created_at__lte=now - GIVEN_UP)
    return [*fresh.order_by("created_at")[:AT_ONCE], *over.order_by("created_at")[:AT_ONCE]]


def _lapse(document: Document, *, now: dt.datetime) -> bool:
    with transaction.atomic():
        locked = deciding.awaited(document.pk)
        if locked is None:
            return False
        locked.status, locked.decided_at = DocumentStatus.LAPSED, now
        locked.save(update_fields=["status", "decided_at"])
        record_audit(
            action="document.lapsed",
            subject=locked,
            patient_id=locked.patient_id,
            by=BY,
            now=now,
        )
    return True
