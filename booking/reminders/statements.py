"""The statements of reminding: when visits start whose reminder is due, and their messages."""

from __future__ import annotations

# Thousands of visits come at some hundred times: by these their messages are written.
MOMENTS = """
SELECT a.start, a.visit_type_id, count(*)
  FROM booking_appointment a
  JOIN unnest(%(types)s::uuid[], %(lows)s::timestamptz[]) AS t(id, low) ON t.id = a.visit_type_id
 WHERE a.status = 'booked' AND a.clinic_id = %(clinic)s
   AND a.start >= %(low)s AND a.start < %(high)s AND a.start >= t.low
 GROUP BY a.start, a.visit_type_id
 ORDER BY a.start, a.visit_type_id
"""
BY_TEXT = "%(texts)s AND p.phone <> '' AND p.texts_agreed_at IS NOT NULL"

# Who agreed to a time after its reminder was due has been told of it just now.
_VISITS = """
    SELECT a.id, a.version, a.patient_id, a.doctor_id, 'appointment:' || a.id AS about, m.number
      FROM booking_appointment a
      JOIN unnest(%(starts)s::timestamptz[], %(types)s::uuid[], %(dues)s::timestamptz[])
           WITH ORDINALITY AS m(start, visit_type_id, due, number)
        ON m.start = a.start AND m.visit_type_id = a.visit_type_id
     WHERE a.status = 'booked' AND a.clinic_id = %(clinic)s
       AND a.start BETWEEN %(first)s AND %(last)s
       AND greatest(a.booked_at, a.decided_at, a.moved_at) < m.due
"""
COUNT = f"""
SELECT count(*) FROM ({_VISITS}) a JOIN accounts_patient p ON p.id = a.patient_id
 WHERE p.reminders_stopped_at IS NULL
"""  # noqa: S608 (joins constants of ours)

# As `messages.readers` has it: by text who wishes it, has agreed and left a number, or has nothing
# else; by mail everybody else who can be.
_WAY = """
       CASE WHEN {by_text} AND ({who}.contact_by = 'sms' OR {email} = '') THEN 'sms'
            ELSE 'email' END AS channel,
       CASE WHEN {by_text} AND ({who}.contact_by = 'sms' OR {email} = '') THEN {who}.phone
            ELSE {email} END AS recipient
"""
_OWN_EMAIL = "coalesce(nullif(p.email, ''), u.email, '')"
_ALONE = f"(p.email <> '' OR p.user_id IS NOT NULL OR {BY_TEXT})"
_READERS = f"""
    SELECT p.name, '' AS for_name, '' AS key,
           {_WAY.format(by_text=BY_TEXT, who="p", email=_OWN_EMAIL)}
     WHERE {_ALONE}
     UNION ALL
    SELECT * FROM (
        SELECT c.name, split_part(trim(p.name), ' ', 1), ':' || c.id,
               {_WAY.format(by_text=BY_TEXT.replace("p.", "own."), who="own", email="c.email")}
          FROM accounts_care care
          JOIN accounts_user c ON c.id = care.user_id AND c.is_active
          LEFT JOIN accounts_patient own ON own.user_id = c.id
         WHERE care.patient_id = p.id AND care.ended_at IS NULL AND NOT {_ALONE}
    ) carers WHERE recipient <> ''
"""  # noqa: S608 (joins constants of ours)

# The visits are locked while their messages are written, so that whoever moves or cancels one is
# either seen here or finds the message to take back.
MESSAGES = f"""
SELECT a.about || ':v' || a.version || ':reminder-' || %(hours)s || 'h' || r.key AS dedupe_key,
       r.channel, r.recipient, p.language, a.about, a.patient_id, said.expires_at,
       said.words || jsonb_build_object(
           'patient_name', r.name, 'for_name', r.for_name, 'doctor', d.display_name,
           'visit', a.id || ':' || a.version
       ) AS context
  FROM ({_VISITS}
     ORDER BY a.id
       FOR SHARE OF a
  ) a
  JOIN accounts_patient p ON p.id = a.patient_id
  JOIN unnest(%(numbers)s::int[], %(languages)s::text[], %(said)s::jsonb[],
              %(expire)s::timestamptz[]) AS said(number, language, words, expires_at)
    ON said.number = a.number
   AND said.language = CASE WHEN p.language = ANY(%(known)s) THEN p.language ELSE %(other)s END
  JOIN (SELECT id, trim(title || ' ' || name) AS display_name FROM accounts_doctor) d
    ON d.id = a.doctor_id
  LEFT JOIN accounts_user u ON u.id = p.user_id
 CROSS JOIN LATERAL ({_READERS}) r
 WHERE p.reminders_stopped_at IS NULL
"""  # noqa: S608 (joins constants of ours)
