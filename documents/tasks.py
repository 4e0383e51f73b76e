"""What the clock does with documents. Each may run twice, and finds what an earlier run left."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from documents import hint, operations, storage

logger = structlog.get_logger(__name__)


@shared_task
def verify() -> dict[str, int]:
    """Check whatever waits: on a hint after an upload, and as the sweep asks for it. What waits is
    in the rows; the queue knows of no document."""
    hint.CHECK.heard()
    return operations.check_waiting(clock=timezone.now)


@shared_task
def sweep_uploads() -> dict[str, int]:
    """Find uploads of which no browser said that they are there, give up the others."""
    return operations.sweep_uploads(now=timezone.now())


@shared_task
def purge() -> int:
    """Remove for good what was deleted long ago, and what nobody needs to keep any more."""
    return operations.purge_due(now=timezone.now()).gone


@shared_task
def sweep_orphans() -> int:
    """Remove from the bucket what no row names. A store that is away is looked at tomorrow."""
    try:
        return operations.sweep_orphans(now=timezone.now()).gone
    except storage.StorageError as error:
        logger.warning("sweep-interrupted", reason=type(error).__name__)
        return 0
