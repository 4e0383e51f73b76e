"""Writing down at a visit that its reminder left, for the figures.

Not when the reminder is enqueued: a visit's row stands in a dozen indexes, which makes that five
times as dear as the reminder itself, at the hour when all of them leave. And what is queued has not
reminded anybody yet. It is done once the visit has begun, when figures first count it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction

# Runs that were missed are made up for.
LOOK_BACK = dt.timedelta(days=3)
BATCH = 500

# "about" is said not to be empty because its index says so, and is found by that alone. Whoever
# holds a visit is passed by, so that no order of locking is needed.
NOTE = """
WITH begun AS (
    SELECT a.id, m.sent_at
      FROM booking_appointment a
      JOIN LATERAL (
        SELECT min(m.sent_at) AS sent_at FROM notifications_message m
         WHERE m.about = 'appointment:' || a.id AND m.about <> '' AND m.template = 'reminder'
           AND m.sent_at IS NOT NULL
           AND starts_with(m.dedupe_key, 'appointment:' || a.id || ':v' || a.version || ':')
      ) m ON m.sent_at IS NOT NULL
     WHERE a.start > %(since)s AND a.start <= %(now)s AND a.reminded_at IS NULL
     ORDER BY a.start
     LIMIT %(limit)s
       FOR NO KEY UPDATE OF a SKIP LOCKED
)
UPDATE booking_appointment a SET reminded_at = begun.sent_at FROM begun WHERE a.id = begun.id
"""


def note_reminded(*, now: dt.datetime) -> int:
    """Returns how many visits. Each batch is a transaction of its own; safe to repeat."""
    params: dict[str, Any] = {"since": now - LOOK_BACK, "now": now, "limit": BATCH}
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NOTE, params)
            noted = cursor.rowcount
        total += noted
        if noted < BATCH:
            return total
