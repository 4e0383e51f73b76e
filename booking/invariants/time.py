"""Nobody's time is given away twice."""

from booking.invariants.check import Check, rows_check

# A row overlaps an earlier one of its group exactly when it starts before the furthest end so far.
_OVERLAP = """
    SELECT id, {group} AS of, {start} AS start, earlier_end FROM (
        SELECT id, {group}, {start},
               max({end}) OVER (
                   PARTITION BY {group} ORDER BY {start}, id
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ) AS earlier_end
        FROM {rows} WHERE {group} IS NOT NULL
    ) ordered
    WHERE {start} < earlier_end
"""

CHECKS: list[Check] = [
    rows_check(
        "slots_do_not_overlap",
        "Cells of one doctor never overlap.",
        of="slot",
        broken=_OVERLAP.format(group="doctor_id", start="start", end='"end"', rows="slot"),
    ),
    rows_check(
        "doctor_is_not_double_booked",
        "Live visits of one doctor never overlap, buffers included.",
        of="live",
        broken=_OVERLAP.format(group="doctor_id", start="busy_start", end="busy_end", rows="live"),
    ),
    rows_check(
        "patient_is_not_double_booked",
        "Live visits of one patient never overlap, buffers aside.",
        of="SELECT 1 FROM live WHERE patient_id IS NOT NULL",
        broken=_OVERLAP.format(group="patient_id", start="start", end='"end"', rows="live"),
    ),
    rows_check(
        "slot_has_one_owner",
        "A cell belongs to at most one visit at a time.",
        of="claimed",
        broken="""
            SELECT slot_id, count(*) AS claims, array_agg(appointment_id) AS appointments
            FROM claimed GROUP BY slot_id HAVING count(*) > 1
        """,
    ),
    rows_check(
        "only_live_visits_have_slots",
        "What has ended has given back its cells.",
        of="claimed",
        broken="""
            SELECT c.id, c.slot_id, a.id AS appointment, a.status
            FROM claimed c JOIN appointment a ON a.id = c.appointment_id
            WHERE a.status NOT IN ('held', 'pending', 'booked', 'checked_in', 'completed')
        """,
    ),
    rows_check(
        "free_slots_have_no_owner",
        "A cell that is free, blocked or on a holiday belongs to no visit.",
        of="SELECT 1 FROM slot WHERE status NOT IN ('held', 'booked')",
        broken="""
            SELECT s.id, s.status, c.appointment_id
            FROM slot s JOIN booking_appointmentslot c
              ON c.slot_id = s.id AND c.released_at IS NULL
            WHERE s.status NOT IN ('held', 'booked')
        """,
    ),
    rows_check(
        "taken_slots_have_an_owner",
        "A cell that is held or booked belongs to exactly one visit.",
        of="SELECT 1 FROM slot WHERE status IN ('held', 'booked')",
        broken="""
            SELECT s.id, s.status, count(c.id) AS claims
            FROM slot s LEFT JOIN booking_appointmentslot c
              ON c.slot_id = s.id AND c.released_at IS NULL
            WHERE s.status IN ('held', 'booked')
            GROUP BY s.id, s.status HAVING count(c.id) <> 1
        """,
    ),
    rows_check(
        "slots_agree_with_their_visit",
        "A cell is held exactly while its visit is, and until the same moment.",
        of="claimed",
        broken="""
            SELECT s.id, s.status AS slot_status, s.held_until AS slot_held_until,
                   a.id AS appointment, a.status, a.held_until
            FROM claimed c
            JOIN booking_slot s ON s.id = c.slot_id
            JOIN live a ON a.id = c.appointment_id
            WHERE s.status IN ('held', 'booked')
              AND ((s.status = 'held') <> (a.status = 'held')
                   OR (s.status = 'held' AND s.held_until IS DISTINCT FROM a.held_until))
        """,
    ),
    rows_check(
        "visits_stand_on_their_slots",
        "The cells of a live visit are its doctor's, lie within its time, fill the visit without a"
        " gap, and leave no cell of its time to others.",
        of="live",
        broken="""
            -- Each once, whatever the planner believes of tables that it has not looked at yet.
            WITH mine AS MATERIALIZED (
                SELECT c.appointment_id, count(*) AS cells,
                       range_agg(tstzrange(s.start, s."end")) AS covered,
                       bool_and(s.doctor_id = a.doctor_id AND s.start >= a.busy_start
                                AND s."end" <= a.busy_end) AS inside
                FROM claimed c
                JOIN booking_slot s ON s.id = c.slot_id
                JOIN live a ON a.id = c.appointment_id
                GROUP BY c.appointment_id
            ), under AS MATERIALIZED (
                SELECT a.id AS appointment_id, s.id AS slot_id
                FROM live a
                JOIN booking_slot s ON s.doctor_id = a.doctor_id
                    AND s.start < a.busy_end AND s."end" > a.busy_start
                    -- No cell is longer; this lets the index on (doctor, start) be used.
                    AND s.start > a.busy_start - interval '30 minutes'
            ), others AS MATERIALIZED (
                SELECT u.appointment_id, count(*) AS cells
                FROM under u
                LEFT JOIN booking_appointmentslot c
                    ON c.slot_id = u.slot_id AND c.appointment_id = u.appointment_id
                    AND c.released_at IS NULL
                WHERE c.id IS NULL
                GROUP BY u.appointment_id
            )
            SELECT a.id, a.doctor_id, a.busy_start, a.busy_end, mine.cells, others.cells AS missing
            FROM live a
            LEFT JOIN mine ON mine.appointment_id = a.id
            LEFT JOIN others ON others.appointment_id = a.id
            WHERE mine.appointment_id IS NULL
               OR NOT mine.inside
               OR NOT mine.covered @> tstzrange(a.start, a."end")
               OR others.cells > 0
        """,
    ),
    rows_check(
        "rooms_are_not_used_twice",
        "Two visits never use one room or one piece of equipment at once, buffers included.",
        of="used",
        broken=_OVERLAP.format(group="resource_id", start="start", end='"end"', rows="used"),
    ),
    rows_check(
        "only_live_visits_use_rooms",
        "What has ended has given back its rooms; what is live uses them for all of its time.",
        of="used",
        broken="""
            SELECT u.id, u.resource_id, a.id AS appointment, a.status, u.start, u."end"
            FROM used u JOIN appointment a ON a.id = u.appointment_id
            WHERE a.status NOT IN ('held', 'pending', 'booked', 'checked_in', 'completed')
               OR u.start > a.start OR u."end" < a."end"
               OR u.start < a.busy_start OR u."end" > a.busy_end
        """,
    ),
    rows_check(
        "visits_have_the_rooms_they_need",
        "A live visit has a room or device of its own for each need that its type had when it was"
        " made.",
        of="SELECT 1 FROM live WHERE visit_type_id IN (SELECT visit_type_id FROM booking_need)",
        # A need of the very moment may have been looked for before it was there.
        broken="""
            SELECT a.id, a.visit_type_id, needs.count AS needs, count(u.id) AS uses
            FROM live a
            JOIN LATERAL (
                SELECT count(*) FROM booking_need n
                WHERE n.visit_type_id = a.visit_type_id
                  AND n.since < a.created_at - interval '1 minute'
            ) needs ON needs.count > 0
            LEFT JOIN used u ON u.appointment_id = a.id
            GROUP BY a.id, a.visit_type_id, needs.count
            HAVING count(DISTINCT u.resource_id) < needs.count
        """,
    ),
]
