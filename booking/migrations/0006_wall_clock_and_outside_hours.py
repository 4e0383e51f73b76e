from django.db import migrations, models

# Of visits to come, what their patients have been told by now. Of what is over nobody asks.
PROMISED = """
    UPDATE booking_appointment visit
    SET utc_offset = round(extract(epoch FROM
        (visit.start AT TIME ZONE clinic.time_zone) - (visit.start AT TIME ZONE 'UTC')) / 60)
    FROM accounts_clinic clinic
    WHERE clinic.id = visit.clinic_id
      AND visit."end" > now()
      AND visit.status IN ('held', 'pending', 'booked', 'checked_in')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0005_proposals_outlive_time_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="outside_hours",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="outside of working hours"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="utc_offset",
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.RunSQL(PROMISED, migrations.RunSQL.noop),
    ]
