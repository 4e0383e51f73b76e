"""The two statements of reminding: a page of visits whose reminder is due, and their messages."""

from __future__ import annotations

# In the order of `start`, by key: a page costs what it holds, however many there are.
PAGE = """
SELECT a.id, a.version, a.start, a.visit_type_id, p.language,
       greatest(a.booked_at, a.decided_at, a.moved_at) AS agreed_at,
       p.email <> '' OR p.user_id IS NOT NULL OR {by_text} AS reads_alone
  FROM booking_appointment a
  JOIN unnest(%(types)s::uuid[], %(lows)s::timestamptz[]) AS t(id, low) ON t.id = a.visit_type_id
  JOIN accounts_patient p ON p.id = a.patient_id
 WHERE a.status = 'booked' AND a.clinic_id = %(clinic)s
   AND a.start >= %(low)s AND a.start < %(high)s AND a.start >= t.low
   AND (a.start, a.id) > (%(after_start)s, %(after_id)s)
   AND p.reminders_stopped_at IS NULL
 ORDER BY a.start, a.id
 LIMIT %(limit)s
"""
BY_TEXT = "%(texts)s AND p.phone <> '' AND p.texts_agreed_at IS NOT NULL"

# The visits are locked while their messages are written, so that whoever moves or cancels one is
# either seen here (its version is another then) or finds the message to take back.
MESSAGES = """
SELECT 'appointment:' || a.id || ':v' || a.version || ':reminder-' || %(hours)s || 'h' || r.key
           AS dedupe_key,
       r.channel, r.recipient, p.language, 'appointment:' || a.id AS about,
       a.patient_id, a.expires_at,
       a.said || jsonb_build_object(
           'patient_name', r.name, 'for_name', r.for_name, 'doctor', d.display_name,
           'url', %(before_token)s || a.token || '/'
       ) AS context
  FROM (
    SELECT a.id, a.version, a.patient_id, a.doctor_id, n.token, m.said, m.expires_at
      FROM booking_appointment a
      JOIN unnest(%(ids)s::uuid[], %(versions)s::int[], %(tokens)s::text[], %(moments)s::int[])
           AS n(id, version, token, moment)
        ON n.id = a.id AND n.version = a.version
      JOIN unnest(%(said)s::jsonb[], %(expire)s::timestamptz[])
           WITH ORDINALITY AS m(said, expires_at, number)
        ON m.number = n.moment
     WHERE a.status = 'booked' AND a.start BETWEEN %(first)s AND %(last)s
     ORDER BY a.id
       FOR SHARE OF a
  ) a
  JOIN accounts_patient p ON p.id = a.patient_id
  JOIN (SELECT id, trim(title || ' ' || name) AS display_name FROM accounts_doctor) d
    ON d.id = a.doctor_id
  {readers}
 WHERE p.reminders_stopped_at IS NULL
"""

# As `messages.readers` has it: by text who wishes it, has agreed and left a number, or has nothing
# else; by mail everybody else who can be.
_WAY = """
       CASE WHEN {by_text} AND ({who}.contact_by = 'sms' OR {email} = '') THEN 'sms'
            ELSE 'email' END AS channel,
       CASE WHEN {by_text} AND ({who}.contact_by = 'sms' OR {email} = '') THEN {who}.phone
            ELSE {email} END AS recipient
"""
_OWN_EMAIL = "coalesce(nullif(p.email, ''), u.email, '')"
OWN = f"""
  LEFT JOIN accounts_user u ON u.id = p.user_id
 CROSS JOIN LATERAL (
    SELECT p.name, '' AS for_name, '' AS key,
           {_WAY.format(by_text=BY_TEXT, who="p", email=_OWN_EMAIL)}
  ) r
"""
CARERS = f"""
  JOIN LATERAL (
    SELECT u.name, split_part(trim(p.name), ' ', 1) AS for_name, ':' || u.id AS key,
           {_WAY.format(by_text=BY_TEXT.replace("p.", "own."), who="own", email="u.email")}
      FROM accounts_care c
      JOIN accounts_user u ON u.id = c.user_id AND u.is_active
      LEFT JOIN accounts_patient own ON own.user_id = u.id
     WHERE c.patient_id = p.id AND c.ended_at IS NULL
  ) r ON r.recipient <> ''
"""  # noqa: S608 (joins constants of ours)
