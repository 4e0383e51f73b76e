"""What the figures count, each in one pass over the rows of the period."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from booking.figures.scope import Scope
from clinic.lib import replica

# Every visit that was agreed or asked for, in clinic time; holds that became nothing are none.
_VISITS = """
    SELECT a.id, a.doctor_id, a.patient_id, a.status, a.start, a.ended_at,
           a.reminded_at IS NOT NULL AS reminded,
           a.start AT TIME ZONE %(zone)s AS local,
           (a.start AT TIME ZONE %(zone)s)::date
               - (a.booked_at AT TIME ZONE %(zone)s)::date AS lead,
           EXTRACT(EPOCH FROM a.busy_end - a.busy_start)::bigint / 60 AS minutes
    FROM booking_appointment a
    WHERE a.clinic_id = %(clinic)s AND a.start >= %(start)s AND a.start < %(end)s
      AND a.booked_at IS NOT NULL
      AND (%(doctor)s::uuid IS NULL OR a.doctor_id = %(doctor)s::uuid)
      AND (%(visit_type)s::uuid IS NULL OR a.visit_type_id = %(visit_type)s::uuid)
"""

# One scan, five ways of grouping it; `kind` says which one a row is of.
VISITS = f"""
    SELECT CASE grouping(status, doctor_id, week, weekday, hour, lead, reminded)
               WHEN 63 THEN 'status' WHEN 79 THEN 'week' WHEN 119 THEN 'weekday'
               WHEN 123 THEN 'hour' ELSE 'lead' END AS kind,
           status, doctor_id, week, weekday, hour, lead, reminded,
           count(*) AS visits,
           count(*) FILTER (WHERE status = 'no_show') AS missed,
           count(*) FILTER (WHERE status IN ('no_show', 'completed')) AS known,
           coalesce(sum(minutes) FILTER (
               WHERE status IN ('pending', 'booked', 'checked_in', 'completed')), 0) AS taken,
           coalesce(sum(minutes) FILTER (WHERE status = 'no_show'), 0) AS lost
    FROM (
        SELECT status, doctor_id, date_trunc('week', local)::date AS week,
               EXTRACT(ISODOW FROM local)::int - 1 AS weekday,
               EXTRACT(HOUR FROM local)::int AS hour, lead, reminded, minutes
        FROM ({_VISITS}) visit
    ) visit
    GROUP BY GROUPING SETS ((status), (doctor_id, week), (weekday), (hour), (lead, reminded))
"""  # noqa: S608 (joins constants of ours)

# What a doctor's grid could have given: cells that were free or given away, none that were blocked.
OFFERED = """
    SELECT s.doctor_id, date_trunc('week', s.start AT TIME ZONE %(zone)s)::date AS week,
           sum(EXTRACT(EPOCH FROM s."end" - s.start)::bigint / 60) AS minutes
    FROM booking_slot s
    JOIN accounts_doctor d ON d.id = s.doctor_id AND d.clinic_id = %(clinic)s
    WHERE s.start >= %(start)s AND s.start < %(end)s AND s.status IN ('free', 'held', 'booked')
      AND (%(doctor)s::uuid IS NULL OR s.doctor_id = %(doctor)s::uuid)
    GROUP BY 1, 2
"""

# Who cancelled is in the audit trail alone: the person's own login or a carer's is the patient.
CANCELLED = f"""
    SELECT CASE WHEN e.actor LIKE 'system:%%' THEN 'system'
                WHEN e.actor = 'guest' OR e.user_id = p.user_id THEN 'patient'
                WHEN clinic.user_id IS NOT NULL THEN 'clinic'
                WHEN e.user_id IS NULL THEN 'unknown'
                ELSE 'patient' END AS who,
           CASE WHEN visit.ended_at > visit.start - interval '2 hours' THEN 0
                WHEN visit.ended_at > visit.start - interval '24 hours' THEN 2
                WHEN visit.ended_at > visit.start - interval '72 hours' THEN 24
                WHEN visit.ended_at > visit.start - interval '168 hours' THEN 72
                ELSE 168 END AS hours,
           count(*)
    FROM ({_VISITS} AND a.status = 'cancelled') visit
    LEFT JOIN accounts_patient p ON p.id = visit.patient_id
    LEFT JOIN LATERAL (
        SELECT e.actor, e.user_id FROM accounts_auditevent e
        WHERE e.subject_id = visit.id::text AND e.action = 'appointment.cancelled'
        ORDER BY e.at DESC LIMIT 1
    ) e ON true
    LEFT JOIN (
        SELECT DISTINCT m.user_id FROM accounts_user_groups m
        JOIN auth_group g ON g.id = m.group_id AND g.name IN ('doctor', 'staff')
    ) clinic ON clinic.user_id = e.user_id
    GROUP BY 1, 2
"""  # noqa: S608


class Counted(NamedTuple):
    """Visits of one group (`kind` says of what): all of them, those that were missed, those whose
    end is known, and the doctor's minutes that stand taken or were lost to no-shows."""

    kind: str
    status: str | None
    doctor_id: uuid.UUID | None
    week: dt.date | None
    weekday: int | None
    hour: int | None
    lead: int | None
    reminded: bool | None
    visits: int
    missed: int
    known: int
    taken: int
    lost: int


class Offered(NamedTuple):
    doctor_id: uuid.UUID
    week: dt.date
    minutes: int


class Cancelled(NamedTuple):
    """`hours`: at least so many before the start; the next higher of them bounds it."""

    who: str
    hours: int
    visits: int


def visits(scope: Scope) -> list[Counted]:
    return [Counted(*row) for row in _rows(VISITS, scope)]


def offered(scope: Scope) -> list[Offered]:
    return [Offered(doctor, week, int(minutes)) for doctor, week, minutes in _rows(OFFERED, scope)]


def cancelled(scope: Scope) -> list[Cancelled]:
    return [Cancelled(*row) for row in _rows(CANCELLED, scope)]


def _rows(sql: str, scope: Scope) -> list[tuple[Any, ...]]:
    with replica.connection().cursor() as cursor:
        cursor.execute(sql, scope.params())
        return cursor.fetchall()
