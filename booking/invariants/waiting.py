"""The waiting list keeps its word: what is offered is kept, once, and nothing is forgotten."""

from booking.invariants.check import Check, rows_check

_OFFERS = """
    SELECT o.id, o.status, o.expires_at, o.freed_id, e.id AS entry, e.status AS entry_status,
           e.patient_id, f.doctor_id, a.id AS visit, a.status AS visit_status, a.holder,
           a.held_until, a.booked_at, a.doctor_id AS visit_doctor, a.patient_id AS visit_patient
    FROM booking_offer o
    JOIN booking_waitlistentry e ON e.id = o.entry_id
    JOIN booking_freedtime f ON f.id = o.freed_id
    JOIN booking_appointment a ON a.id = o.hold_id
    WHERE %(clinic)s::uuid IS NULL OR e.clinic_id = %(clinic)s::uuid
"""
_ENTRIES = """
    SELECT id, status, patient_id FROM booking_waitlistentry
    WHERE %(clinic)s::uuid IS NULL OR clinic_id = %(clinic)s::uuid
"""

CHECKS: list[Check] = [
    rows_check(
        "open_offers_keep_their_time",
        "An offer that awaits its answer has a hold of its doctor until the same moment, or one"
        " that has ended and waits for the next sweep; and whatever is held for the list has one.",
        of=_OFFERS,
        broken=f"""
            SELECT id, visit, visit_status, 'not kept' AS fault FROM ({_OFFERS}) o
            WHERE status = 'open' AND (
                visit_status NOT IN ('held', 'expired') OR visit_doctor <> doctor_id
                OR visit_status = 'held'
                   AND (held_until <> expires_at OR holder <> 'waitlist:' || id)
            )
            UNION ALL
            SELECT NULL, a.id, a.status, 'kept for nobody' FROM appointment a
            WHERE a.status = 'held' AND a.holder LIKE 'waitlist:%%' AND NOT EXISTS (
                SELECT FROM booking_offer o WHERE o.hold_id = a.id AND o.status = 'open'
            )
        """,  # noqa: S608 (joins constants of ours)
    ),
    rows_check(
        "answered_offers_came_true",
        "A yes became the patient's visit and ended the wait; a no, or no answer, a hold that has"
        " ended.",
        of=_OFFERS,
        broken=f"""
            SELECT id, status, visit, visit_status, entry_status FROM ({_OFFERS}) o
            WHERE (status = 'accepted' AND (
                       booked_at IS NULL OR visit_patient <> patient_id
                       OR entry_status <> 'booked'))
               OR (status IN ('declined', 'expired') AND visit_status <> 'expired')
        """,  # noqa: S608
    ),
    rows_check(
        "who_has_an_offer_is_marked_so",
        "An entry is marked as having an offer exactly while it has one that is open.",
        of=_ENTRIES,
        broken=f"""
            SELECT e.id, e.status, count(o.id) AS open_offers
            FROM ({_ENTRIES}) e
            LEFT JOIN booking_offer o ON o.entry_id = e.id AND o.status = 'open'
            GROUP BY e.id, e.status
            HAVING count(o.id) <> (CASE WHEN e.status = 'offered' THEN 1 ELSE 0 END)
        """,  # noqa: S608
    ),
    rows_check(
        "freed_times_are_looked_after",
        "A freed time counts its offers, and is not done with while one of them is open.",
        of="""SELECT f.id FROM booking_freedtime f JOIN accounts_doctor d ON d.id = f.doctor_id
              WHERE %(clinic)s::uuid IS NULL OR d.clinic_id = %(clinic)s::uuid""",
        broken="""
            SELECT f.id, f.offers_made, count(o.id) AS offers, f.done_at
            FROM booking_freedtime f
            JOIN accounts_doctor d ON d.id = f.doctor_id
            LEFT JOIN booking_offer o ON o.freed_id = f.id
            WHERE %(clinic)s::uuid IS NULL OR d.clinic_id = %(clinic)s::uuid
            GROUP BY f.id
            HAVING count(o.id) <> f.offers_made
                OR (f.done_at IS NOT NULL AND count(*) FILTER (WHERE o.status = 'open') > 0)
        """,
    ),
]
