"""Putting the newest seal's digest where the database's owner cannot reach it."""

from __future__ import annotations

import datetime as dt

import structlog

from accounts import heads
from accounts.models import AuditSeal

logger = structlog.get_logger(__name__)


def store_head(*, now: dt.datetime) -> bool:
    """Store the newest seal's head, unless it is stored already. Returns whether it was new.

    Seals follow from each other, so the newest speaks for all before it. A store that is away is
    logged and asked again by the next run; the seals themselves do not wait for it.
    """
    newest = AuditSeal.objects.order_by("-id").first()
    if newest is None:
        return False
    try:
        return heads.put(
            seal=newest.pk,
            digest=newest.digest,
            rows=newest.rows,
            sealed_at=newest.sealed_at,
            now=now,
        )
    except heads.NoBucket:
        return False
    except heads.HeadsAway as error:
        logger.warning("audit-head-not-stored", error=str(error))
        return False
