"""What a worker that died had begun: nobody knows whether it left."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import connection, transaction

from notifications.catalog import SECRETS
from notifications.delivery import fallback

MOST = 3
REASON = f"lost with {MOST} workers"
BATCH = 500

# Back into the queue, unless it is no longer true, or has been lost too often: what kills each
# worker that touches it must stop somewhere. The attempt says that the next may be a second mail.
LOST = """
WITH lost AS (
    SELECT id, begun_at, leased_until, provider FROM notifications_message
     WHERE status = 'sending' AND leased_until <= %(now)s
     ORDER BY leased_until LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), noted AS (
    INSERT INTO notifications_attempt (message_id, begun_at, ended_at, outcome, provider, error)
    SELECT id, coalesce(begun_at, leased_until), %(now)s, 'lost', provider, '' FROM lost
)
UPDATE notifications_message m
   SET status = CASE WHEN m.overtaken_at IS NOT NULL THEN 'void'
                     WHEN m.losses + 1 >= %(most)s THEN 'failed'
                     ELSE 'queued' END,
       error = CASE WHEN m.overtaken_at IS NOT NULL THEN m.error
                    WHEN m.losses + 1 >= %(most)s THEN %(reason)s
                    ELSE m.error END,
       context = CASE WHEN m.template = ANY(%(secrets)s)
                       AND (m.overtaken_at IS NOT NULL OR m.losses + 1 >= %(most)s)
                      THEN '{}'::jsonb ELSE m.context END,
       begun_at = CASE WHEN m.overtaken_at IS NULL AND m.losses + 1 < %(most)s
                       THEN NULL ELSE m.begun_at END,
       losses = m.losses + 1, lease = NULL, leased_until = NULL
  FROM lost
 WHERE m.id = lost.id
RETURNING m.id, m.status
"""


def take_back(*, now: dt.datetime) -> dict[str, int]:
    """Give what was begun under a lease that has run out a new start, or end it. Returns how many
    ended in which status."""
    values: dict[str, Any] = {
        "now": now,
        "batch": BATCH,
        "most": MOST,
        "reason": REASON,
        "secrets": SECRETS,
    }
    counts: dict[str, int] = {}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOST, values)
            rows: list[tuple[uuid.UUID, str]] = cursor.fetchall()
            fallback.write(ids=[id_ for id_, status in rows if status == "failed"], now=now)
        for _id, status in rows:
            counts[status] = counts.get(status, 0) + 1
        if len(rows) < BATCH:
            return counts
