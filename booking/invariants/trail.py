"""Nothing happened without being written down, and nothing untrue is about to be mailed."""

from __future__ import annotations

import uuid

from accounts.models import AuditSeal
from accounts.queries import verify_audit
from booking.invariants.check import Check, Result, found, rows_check

# The audit rows of each visit, counted by action, in one pass over the trail.
_TRAIL = """
    SELECT e.subject_id,
           count(*) FILTER (
               WHERE e.action IN ('appointment.booked', 'appointment.requested')) AS made,
           count(*) FILTER (WHERE e.action = 'appointment.held') AS held,
           count(*) FILTER (WHERE e.action = 'appointment.checked_in') AS checked_in,
           count(*) FILTER (WHERE e.action = 'appointment.completed') AS completed,
           count(*) FILTER (WHERE e.action = 'appointment.no_show') AS no_show,
           count(*) FILTER (WHERE e.action = 'appointment.cancelled') AS cancelled,
           count(*) FILTER (WHERE e.action = 'appointment.declined') AS declined,
           count(*) FILTER (WHERE e.action = 'appointment.lapsed') AS lapsed,
           count(*) FILTER (
               WHERE e.action IN ('appointment.expired', 'appointment.released')) AS expired
    FROM accounts_auditevent e
    WHERE e.subject_type = 'booking.appointment'
    GROUP BY e.subject_id
"""

# What each state's newest row of the trail may say; of an undone step, where it led. Rows that
# change no state are left out.
_LAST = {
    "held": ["held"],
    "expired": ["expired", "released"],
    "pending": ["requested", "moved", "confirmed"],
    "booked": ["booked", "accepted", "moved", "confirmed", "undone to booked"],
    "checked_in": ["checked_in", "undone to checked_in"],
    "completed": ["completed"],
    "no_show": ["no_show"],
    "cancelled": ["cancelled"],
    "declined": ["declined"],
    "lapsed": ["lapsed"],
}
_KNOWN = sorted({f"appointment.{action}" for actions in _LAST.values() for action in actions})
_PAIRS = ", ".join(
    f"('{status}', 'appointment.{action}')"
    for status, actions in _LAST.items()
    for action in actions
)


def _verify_seals(clinic_id: uuid.UUID | None, result: Result) -> None:
    found(result, [{"seal": sentence} for sentence in verify_audit()])
    result.checked = AuditSeal.objects.count()


CHECKS: list[Check] = [
    rows_check(
        "bookings_are_written_down_once",
        "Each booking or request has exactly one row in the audit trail that tells of it.",
        of="SELECT 1 FROM appointment WHERE booked_at IS NOT NULL",
        broken=f"""
            SELECT a.id, a.status, coalesce(t.made, 0) AS rows
            FROM appointment a LEFT JOIN ({_TRAIL}) t ON t.subject_id = a.id::text
            WHERE (a.booked_at IS NOT NULL AND coalesce(t.made, 0) <> 1)
               OR (a.booked_at IS NULL AND coalesce(t.made, 0) <> 0)
        """,  # noqa: S608
    ),
    rows_check(
        "ends_are_written_down",
        "What ended for good has exactly one row that tells of it; what can be undone, at least"
        " one.",
        of="SELECT 1 FROM appointment WHERE ended_at IS NOT NULL",
        broken=f"""
            SELECT a.id, a.status
            FROM appointment a LEFT JOIN ({_TRAIL}) t ON t.subject_id = a.id::text
            WHERE (a.status = 'cancelled' AND coalesce(t.cancelled, 0) <> 1)
               OR (a.status = 'declined' AND coalesce(t.declined, 0) <> 1)
               OR (a.status = 'lapsed' AND coalesce(t.lapsed, 0) <> 1)
               OR (a.status = 'expired' AND coalesce(t.expired, 0) <> 1)
               OR (a.status = 'completed' AND coalesce(t.completed, 0) < 1)
               OR (a.status = 'completed' AND coalesce(t.checked_in, 0) < 1)
               OR (a.status = 'checked_in' AND coalesce(t.checked_in, 0) < 1)
               OR (a.status = 'no_show' AND coalesce(t.no_show, 0) < 1)
               OR (a.status = 'held' AND coalesce(t.held, 0) <> 1)
        """,  # noqa: S608
    ),
    rows_check(
        "trail_tells_the_present_state",
        "The newest row about a visit in the audit trail tells the state it is in.",
        of="appointment",
        broken=f"""
            SELECT a.id, a.status, last.action
            FROM appointment a
            LEFT JOIN (
                SELECT DISTINCT ON (subject_id) subject_id, told.action
                FROM accounts_auditevent e, LATERAL (
                    SELECT CASE e.action WHEN 'appointment.undone'
                           THEN e.action || ' to ' || (e.data->>'to') ELSE e.action END AS action
                ) told
                WHERE subject_type = 'booking.appointment' AND told.action = ANY(ARRAY{_KNOWN})
                ORDER BY subject_id, id DESC
            ) last ON last.subject_id = a.id::text
            WHERE (a.status, coalesce(last.action, 'none')) NOT IN ({_PAIRS})
        """,  # noqa: S608
    ),
    rows_check(
        "no_message_about_an_older_version",
        "No message waits to be sent that speaks of a visit as it was before its last change.",
        of="""SELECT 1 FROM notifications_message
              WHERE status IN ('queued', 'sending') AND dedupe_key LIKE 'appointment:%%:v%%:%%'""",
        broken="""
            SELECT m.id, m.template, m.status, m.dedupe_key, a.version
            FROM notifications_message m
            JOIN appointment a ON a.id::text = split_part(m.dedupe_key, ':', 2)
            WHERE m.status IN ('queued', 'sending') AND m.overtaken_at IS NULL
              AND m.dedupe_key ~ '^appointment:[0-9a-f-]+:v[0-9]+:'
              AND substr(split_part(m.dedupe_key, ':', 3), 2)::int <> a.version
        """,
    ),
    rows_check(
        "messages_are_in_a_true_state",
        "A message is sent exactly when the moment is written down, and leased exactly while a"
        " worker sends it.",
        of="notifications_message",
        broken="""
            SELECT id, template, status, sent_at, lease, leased_until FROM notifications_message
            WHERE (status IN ('sent', 'delivered', 'bounced', 'complained'))
                  <> (sent_at IS NOT NULL)
               OR (status = 'sending') <> (lease IS NOT NULL)
               OR (lease IS NULL) <> (leased_until IS NULL)
        """,
    ),
    rows_check(
        "messages_name_patients_that_are_there",
        "Whoever a message names as its patient is on record.",
        of="SELECT 1 FROM notifications_message WHERE patient_id IS NOT NULL",
        broken="""
            SELECT m.id, m.template, m.status, m.patient_id FROM notifications_message m
            LEFT JOIN accounts_patient p ON p.id = m.patient_id
            WHERE m.patient_id IS NOT NULL AND p.id IS NULL
        """,
    ),
    Check(
        "audit_seals_hold",
        "No row of the audit trail under a seal was changed, and none is under two.",
        _verify_seals,
    ),
]
