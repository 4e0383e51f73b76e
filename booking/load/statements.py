"""The rows of years, each kind by one statement.

A doctor's half hour is the unit: one visit of half an hour, two of a quarter, one, or none. A
doctor's patients come in turn, so nobody is in two places at once, and each has one doctor.
"""

PATIENTS = """
    INSERT INTO accounts_patient
        (id, name, date_of_birth, phone, email, language, time_zone, contact_by, is_guest,
         created_at)
    SELECT gen_random_uuid(), given || ' ' || family,
           (%(today)s::date - ((1 + 90 * random()) * 365)::int),
           '+1' || (2010000000 + 7 * n),
           lower(given || '.' || family) || n || '@load.example', 'en', '', 'email',
           false, %(now)s
    FROM (
        SELECT n, (%(given)s::text[])[1 + floor(random() * %(givens)s)::int] AS given,
               (%(family)s::text[])[1 + floor(random() * %(families)s)::int] AS family
        FROM generate_series(1, %(patients)s) n
    ) people
"""

# Whom each doctor sees: numbered, so that they can come in turn.
PANELS = """
    CREATE TEMP TABLE load_panel ON COMMIT DROP AS
    SELECT d.doctor_id, p.id AS patient_id,
           row_number() OVER (PARTITION BY d.doctor_id ORDER BY p.id) - 1 AS place
    FROM (
        SELECT id, 1 + (row_number() OVER (ORDER BY id)) %% %(doctors)s AS turn
        FROM accounts_patient WHERE email LIKE '%%@load.example'
    ) p
    JOIN unnest(%(doctor_ids)s::uuid[]) WITH ORDINALITY AS d(doctor_id, turn) USING (turn);
    CREATE UNIQUE INDEX ON load_panel (doctor_id, place);
    ANALYZE load_panel
"""

# Days on which doctors work, in clinic time; the last ones are still to come.
BLOCKS = """
    CREATE TEMP TABLE load_block ON COMMIT DROP AS
    SELECT d.doctor_id, d.turn, day.day::date AS day, block,
           (day.day + CASE WHEN block < 8 THEN interval '8 hours' ELSE interval '9 hours' END
            + block * interval '30 minutes') AT TIME ZONE %(zone)s AS start,
           random() AS kind
    FROM unnest(%(doctor_ids)s::uuid[]) WITH ORDINALITY AS d(doctor_id, turn)
    CROSS JOIN generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') day(day)
    CROSS JOIN generate_series(0, 15) block
    WHERE EXTRACT(ISODOW FROM day.day) < 6
"""

# What was wished for. How far ahead somebody books decides who is reminded and who forgets.
WISHES = """
    CREATE TEMP TABLE load_wish ON COMMIT DROP AS
    SELECT doctor_id, turn, day, block, start, "end", r1, r2, r3,
           CASE WHEN r1 < 0.15 THEN 0 WHEN r1 < 0.30 THEN 1 + floor(2 * r2)::int
                WHEN r1 < 0.55 THEN 3 + floor(5 * r2)::int
                WHEN r1 < 0.78 THEN 8 + floor(7 * r2)::int
                WHEN r1 < 0.93 THEN 15 + floor(16 * r2)::int
                ELSE 31 + floor(29 * r2)::int END AS lead
    FROM (
        SELECT doctor_id, turn, day, block, start, start + interval '30 minutes' AS "end",
               random() AS r1, random() AS r2, random() AS r3
        FROM load_block WHERE kind < 0.20
        UNION ALL
        SELECT doctor_id, turn, day, block, start, start + interval '15 minutes',
               random(), random(), random()
        FROM load_block WHERE kind >= 0.20 AND kind < 0.90
        UNION ALL
        SELECT doctor_id, turn, day, block, start + interval '15 minutes',
               start + interval '30 minutes', random(), random(), random()
        FROM load_block WHERE kind >= 0.45 AND kind < 0.97
    ) wished
"""

# Only what has been booked by now; of more than were asked for, those nearest to now.
VISITS = """
    CREATE TEMP TABLE load_visit ON COMMIT DROP AS
    WITH booked AS (
        SELECT *, start - lead * interval '1 day'
                  - CASE WHEN lead = 0 THEN (1 + 3 * r3) ELSE 5 * r3 END * interval '1 hour'
                  AS booked_at,
               random() < 0.7 AND lead > 2 AS is_reminded, random() AS fate, random() AS late
        FROM load_wish
    ), chosen AS (
        SELECT * FROM booked WHERE booked_at < %(now)s
        ORDER BY greatest(start, %(now)s) - least(start, %(now)s) LIMIT %(appointments)s
    ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY doctor_id ORDER BY start) AS number FROM chosen
    ), fated AS (
        SELECT *,
               CASE WHEN fate < 0.08 THEN 'cancelled'
                    WHEN "end" <= %(now)s AND fate < 0.08 + CASE WHEN lead = 0 THEN 0.02
                         ELSE 0.05 + 0.002 * lead END - CASE WHEN is_reminded THEN 0.03 ELSE 0 END
                        THEN 'no_show'
                    WHEN "end" <= %(now)s THEN 'completed'
                    WHEN start <= %(now)s THEN 'checked_in'
                    WHEN fate > 0.97 THEN 'pending' ELSE 'booked' END AS status
        FROM numbered
    )
    SELECT gen_random_uuid() AS id, f.doctor_id, p.patient_id, f.status, f.start, f."end",
           f.booked_at, CASE WHEN f.status = 'pending' THEN %(asked)s::uuid
                WHEN f."end" - f.start > interval '15 minutes' THEN %(long)s::uuid
                ELSE %(short)s::uuid END AS visit_type_id,
           CASE WHEN f.status = 'cancelled'
                     THEN f.booked_at + f.late * (least(f.start, %(now)s) - f.booked_at)
                WHEN f.status IN ('completed', 'no_show') THEN f."end" END AS ended_at,
           CASE WHEN f.status IN ('completed', 'checked_in')
                     THEN f.start - f.late * interval '5 minutes' END AS arrived_at,
           CASE WHEN f.is_reminded AND f.start - interval '1 day' <= %(now)s
                     AND f.status <> 'cancelled' THEN f.start - interval '1 day' END AS reminded_at
    FROM fated f
    JOIN load_panel p ON p.doctor_id = f.doctor_id AND p.place = f.number %% %(panel)s;
    ANALYZE load_visit;
    ANALYZE load_block
"""

# A visit's cells, joined by equal starts: over years nothing else is quick.
_CELLS = """
    SELECT id, doctor_id, status, booked_at, ended_at,
           start + half * interval '15 minutes' AS start
    FROM load_visit CROSS JOIN generate_series(0, 1) half
    WHERE start + half * interval '15 minutes' < "end"
"""

SLOTS = f"""
    INSERT INTO booking_slot (doctor_id, start, "end", status)
    SELECT cell.doctor_id, cell.start, cell.start + interval '15 minutes',
           CASE WHEN v.id IS NULL THEN 'free' ELSE 'booked' END
    FROM (
        SELECT doctor_id, start + half * interval '15 minutes' AS start
        FROM load_block CROSS JOIN generate_series(0, 1) half
        WHERE day >= (SELECT (min(start) AT TIME ZONE %(zone)s)::date FROM load_visit)
    ) cell
    LEFT JOIN ({_CELLS} AND status NOT IN ('cancelled', 'no_show')) v
        ON v.doctor_id = cell.doctor_id AND v.start = cell.start
    ORDER BY cell.doctor_id, cell.start
"""  # noqa: S608 (joins constants of ours)

APPOINTMENTS = """
    INSERT INTO booking_appointment (
        id, clinic_id, doctor_id, visit_type_id, patient_id, status, version, start, "end",
        busy_start, busy_end, reason, source, created_at, holder, origin, booked_at, booked_by,
        decision_reason, ended_at, ended_by, cancel_reason, arrived_at, reminded_at, internal_note
    )
    SELECT id, %(clinic)s, doctor_id, visit_type_id, patient_id, status,
           CASE WHEN status = 'cancelled' THEN 2 ELSE 1 END, start, "end", start, "end", '',
           CASE WHEN random() < 0.6 THEN 'web' ELSE 'phone' END, booked_at, '', '', booked_at,
           'user', '', ended_at, CASE WHEN ended_at IS NOT NULL THEN 'user' END, '', arrived_at,
           reminded_at, ''
    FROM load_visit
"""

CLAIMS = f"""
    INSERT INTO booking_appointmentslot (appointment_id, slot_id, claimed_at, released_at)
    SELECT v.id, s.id, v.booked_at,
           CASE WHEN v.status IN ('cancelled', 'no_show') THEN v.ended_at END
    FROM ({_CELLS}) v
    JOIN booking_slot s ON s.doctor_id = v.doctor_id AND s.start = v.start
"""  # noqa: S608

TREATING = """
    INSERT INTO accounts_treatingrelationship (doctor_id, patient_id, opened_at, ends_at)
    SELECT doctor_id, patient_id, min(booked_at), max("end") + %(treating)s * interval '1 day'
    FROM load_visit WHERE status IN ('booked', 'checked_in', 'completed')
    GROUP BY doctor_id, patient_id
"""

TRAIL = """
    INSERT INTO accounts_auditevent (
        at, action, actor, user_id, subject_type, subject_id, patient_id, address, request_id, data
    )
    SELECT at, 'appointment.' || action, 'user', %(staff)s, 'booking.appointment', id::text,
           patient_id, '', '', jsonb_build_object('doctor', doctor_id, 'start', start)
    FROM (
        SELECT booked_at AS at, CASE WHEN status = 'pending' THEN 'requested' ELSE 'booked' END
               AS action, 1 AS step, id, patient_id, doctor_id, start FROM load_visit
        UNION ALL
        SELECT arrived_at, 'checked_in', 2, id, patient_id, doctor_id, start
        FROM load_visit WHERE arrived_at IS NOT NULL
        UNION ALL
        SELECT ended_at, status, 3, id, patient_id, doctor_id, start
        FROM load_visit WHERE ended_at IS NOT NULL
    ) happened
    ORDER BY at, step
"""
