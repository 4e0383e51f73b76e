"""What asks for the messages of many visits finds them by their index."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from booking.reminders import noting
from notifications import outbox, queries
from tests.factories import NOW

MANY = """
SELECT 'told:' || n AS dedupe_key, 'email' AS channel, 'maria@example.org' AS recipient,
       'en' AS language, '{}'::jsonb AS context, 'told:' || n AS about, NULL::uuid AS patient_id,
       NULL::timestamptz AS expires_at
  FROM generate_series(1, 5000) n
"""

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (noting.NOTE, {"since": NOW - dt.timedelta(days=3), "now": NOW, "limit": 500}),
        (queries.NOT_REACHED.format(which="m.created_at >= %s"), [NOW]),
        (queries.TOLD_SINCE, [["appointment:1"], [NOW]]),
    ],
)
def test_messages_are_not_read_from_first_to_last(statement: str, values: object) -> None:
    outbox.enqueue_selected(template="booked", selected=MANY, params={}, now=NOW)
    with connection.cursor() as cursor:
        # Of a small table all is read unless that is forbidden; without an index it still would.
        cursor.execute("SET LOCAL enable_seqscan = off")
        # By what is there now, and not by what an earlier test let the planner believe.
        cursor.execute("ANALYZE notifications_message")
        cursor.execute(f"EXPLAIN {statement}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "message_about" in plan
    assert "Seq Scan on notifications_message" not in plan
