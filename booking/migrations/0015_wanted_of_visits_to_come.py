"""Visits that were booked before ask for what their kinds ask for, as those booked from now on."""

from django.db import migrations

# Lines as `VisitType.documents` reads them. Of a visit that is over nothing is asked any more.
WRITE = """
INSERT INTO booking_wanteddocument (id, appointment_id, what, asked_at)
SELECT gen_random_uuid(), visit, what, now()
FROM (
    SELECT DISTINCT a.id AS visit, trim(regexp_replace(line, '\\s+', ' ', 'g')) AS what
    FROM booking_appointment a
    JOIN booking_visittype t ON t.id = a.visit_type_id
    CROSS JOIN LATERAL regexp_split_to_table(
        t.documents_asked || E'\\n' || a.documents_asked, E'[\\r\\n]+'
    ) line
    WHERE a.status IN ('pending', 'booked', 'checked_in') AND a.start > now()
      AND t.documents_asked || a.documents_asked <> ''
) lines
WHERE what <> ''
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0014_wanted_documents")]

    operations = [migrations.RunSQL(WRITE, migrations.RunSQL.noop)]
