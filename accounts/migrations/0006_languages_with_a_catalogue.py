"""Spanish could be chosen before anything was translated; what was chosen said nothing so far."""

from django.db import migrations, models
from django.db.migrations.state import StateApps

OFFERED = [("en", "English")]


def back_to_english(apps: StateApps, schema_editor: object) -> None:
    for name in ("Patient", "Clinic"):
        rows = apps.get_model("accounts", name).objects.all()
        rows.exclude(language="en").update(language="en")


def language() -> models.CharField:
    return models.CharField(choices=OFFERED, default="en", max_length=8, verbose_name="language")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_audit_seal_ends")]

    operations = [
        migrations.RunPython(back_to_english, migrations.RunPython.noop),
        migrations.AlterField("patient", "language", language()),
        migrations.AlterField("clinic", "language", language()),
    ]
