"""Who treats whom: what lets a doctor read a patient's record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import Doctor, Patient, TreatingRelationship
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

# A relationship that had ended is opened anew; one that already lasts long enough is left alone,
# so that the many visits of a patient do not rewrite it. A row that was inserted has no xmax.
UPSERT = """
WITH before AS (
    SELECT ends_at FROM accounts_treatingrelationship
    WHERE doctor_id = %(doctor)s AND patient_id = %(patient)s
)
INSERT INTO accounts_treatingrelationship AS t (doctor_id, patient_id, opened_at, ends_at)
VALUES (%(doctor)s, %(patient)s, %(now)s, %(ends)s)
ON CONFLICT (doctor_id, patient_id) DO UPDATE SET
    ends_at = GREATEST(t.ends_at, EXCLUDED.ends_at),
    opened_at = CASE WHEN t.ends_at <= %(now)s THEN EXCLUDED.opened_at ELSE t.opened_at END
WHERE t.ends_at < EXCLUDED.ends_at
RETURNING t.id, t.xmax = 0 OR COALESCE((SELECT ends_at <= %(now)s FROM before), false)
"""


def open_treating(
    *, patient: Patient, doctor: Doctor, visit_end: dt.datetime, by: Actor, now: dt.datetime
) -> bool:
    """Let `doctor` read `patient`'s record until TREATING_DAYS_AFTER_VISIT days after the visit.

    Never shortens what is there. One statement; an audit row only when it was newly opened, and
    then True. Call it in the transaction of the booking.
    """
    ends = visit_end + dt.timedelta(days=settings.TREATING_DAYS_AFTER_VISIT)
    values: dict[str, Any] = {"doctor": doctor.pk, "patient": patient.pk, "now": now, "ends": ends}
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, values)
        row = cursor.fetchone()
    if row is None or not row[1]:
        return False
    record_audit(
        action="treating.opened",
        subject=TreatingRelationship(id=row[0]),
        by=by,
        now=now,
        patient_id=patient.pk,
        data={"doctor": str(doctor.pk), "until": ends.date().isoformat()},
    )
    return True
