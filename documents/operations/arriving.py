"""Uploads of which no browser said that they are there: found, or given up."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import transaction

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents import hint, storage
from documents.models import Document, DocumentStatus
from documents.operations import deciding_uploads as deciding
from documents.operations import scratch
from documents.operations.checking import record_arrival, waiting

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
