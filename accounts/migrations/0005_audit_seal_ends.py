"""Additive: which rows a seal spans, computed by the database (its rows may not be updated)."""

from django.db import migrations, models
from django.db.models.functions import Cast


def end(path: str) -> models.GeneratedField:
    return models.GeneratedField(
        expression=Cast(models.F(path), models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_user_session_generation")]

    operations = [
        migrations.AddField("auditseal", "first_id", end("event_ids__0__0")),
        migrations.AddField("auditseal", "last_id", end("event_ids__-1__1")),
        migrations.AddIndex("auditseal", models.Index(fields=["last_id"], name="audit_seal_last")),
    ]
