"""Each row is one that can be: known states, pairs of who and when, people where they belong."""

from booking.invariants.check import Check, rows_check
from booking.models import SlotStatus, Status

_ENDED = "('expired', 'declined', 'cancelled', 'lapsed', 'no_show', 'completed')"


def _known(statuses: list[str]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)


CHECKS: list[Check] = [
    rows_check(
        "statuses_are_known",
        "Every visit and every cell is in a state of the table of states.",
        of="SELECT 1 FROM appointment UNION ALL SELECT 1 FROM slot",
        broken=f"""
            SELECT 'appointment' AS kind, id::text, status FROM appointment
            WHERE status NOT IN ({_known(Status.values)})
            UNION ALL
            SELECT 'slot', id::text, status FROM slot
            WHERE status NOT IN ({_known(SlotStatus.values)})
        """,  # noqa: S608 (joins constants of ours)
    ),
    rows_check(
        "who_and_when_come_in_pairs",
        "Who booked, decided or ended a visit is written down with the moment, and an end exactly"
        " for what has ended.",
        of="appointment",
        broken=f"""
            SELECT id, status, booked_at, booked_by, decided_at, decided_by, ended_at, ended_by
            FROM appointment
            WHERE (booked_at IS NULL) <> (booked_by IS NULL)
               OR (decided_at IS NULL) <> (decided_by IS NULL)
               OR (ended_at IS NULL) <> (ended_by IS NULL)
               OR (ended_at IS NULL) = (status IN {_ENDED})
        """,  # noqa: S608
    ),
    rows_check(
        "visits_have_a_patient",
        "Whatever is more than a hold has a patient and was booked; a hold has an end.",
        of="appointment",
        broken="""
            SELECT id, status, patient_id, booked_at, held_until FROM appointment
            WHERE (status NOT IN ('held', 'expired')
                   AND (patient_id IS NULL OR booked_at IS NULL))
               OR (status = 'held' AND held_until IS NULL)
        """,
    ),
    rows_check(
        "times_are_in_order",
        "A visit and a cell end after they start, and buffers lie around the visit.",
        of="SELECT 1 FROM appointment UNION ALL SELECT 1 FROM slot",
        broken="""
            SELECT 'appointment' AS kind, id::text, start, "end", busy_start, busy_end
            FROM appointment
            WHERE NOT ("end" > start AND busy_start <= start AND busy_end >= "end")
            UNION ALL
            SELECT 'slot', id::text, start, "end", NULL, NULL FROM slot WHERE NOT "end" > start
        """,
    ),
    rows_check(
        "visits_stay_in_their_clinic",
        "A visit, its doctor and its visit type are of one clinic.",
        of="appointment",
        broken="""
            SELECT a.id, a.clinic_id, d.clinic_id AS doctor_clinic, v.clinic_id AS type_clinic
            FROM appointment a
            LEFT JOIN accounts_doctor d ON d.id = a.doctor_id
            LEFT JOIN booking_visittype v ON v.id = a.visit_type_id
            WHERE d.clinic_id IS DISTINCT FROM a.clinic_id
               OR v.clinic_id IS DISTINCT FROM a.clinic_id
        """,
    ),
    rows_check(
        "one_hold_per_browser",
        "Whoever holds a time holds one.",
        of="SELECT 1 FROM appointment WHERE status = 'held'",
        broken="""
            SELECT count(*) AS holds, array_agg(id) AS appointments FROM appointment
            WHERE status = 'held' AND holder <> '' GROUP BY holder HAVING count(*) > 1
        """,
    ),
    rows_check(
        "hours_do_not_overlap",
        "Working hours of one doctor never overlap on a day on which both hold.",
        of="booking_workinghours",
        broken="""
            SELECT one.id, other.id AS other, one.doctor_id, one.weekday
            FROM booking_workinghours one
            JOIN booking_workinghours other
              ON other.doctor_id = one.doctor_id AND other.weekday = one.weekday
             AND other.id > one.id AND other.opens < one.closes AND one.opens < other.closes
             AND daterange(one.valid_from, one.valid_until, '[]')
              && daterange(other.valid_from, other.valid_until, '[]')
        """,
    ),
    rows_check(
        "guests_have_no_login",
        "Who came by the public form is attached to no login.",
        of="SELECT 1 FROM accounts_patient WHERE is_guest",
        broken="SELECT id FROM accounts_patient WHERE is_guest AND user_id IS NOT NULL",
    ),
    rows_check(
        "guests_are_treated_by_nobody",
        "A guest opens no treating relationship.",
        of="SELECT 1 FROM accounts_patient WHERE is_guest",
        broken="""
            SELECT t.id, t.doctor_id, t.patient_id FROM accounts_treatingrelationship t
            JOIN accounts_patient p ON p.id = t.patient_id WHERE p.is_guest
        """,
    ),
    rows_check(
        "booked_visits_have_a_treating_doctor",
        "An agreed visit of somebody who is no guest, and on record still, lets its doctor read the"
        " record beyond it.",
        of="SELECT 1 FROM appointment WHERE status IN ('booked', 'checked_in', 'completed')",
        broken="""
            SELECT a.id, a.doctor_id, a.patient_id, t.ends_at FROM appointment a
            JOIN accounts_patient p
              ON p.id = a.patient_id AND NOT p.is_guest AND p.erased_at IS NULL
            LEFT JOIN accounts_treatingrelationship t
              ON t.doctor_id = a.doctor_id AND t.patient_id = a.patient_id
            WHERE a.status IN ('booked', 'checked_in', 'completed')
              AND (t.id IS NULL OR t.ends_at < a."end")
        """,
    ),
]
