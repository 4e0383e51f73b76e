import django.contrib.postgres.indexes
import django.db.models.fields.json
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Alone and outside a transaction: on a trail of millions of rows the index takes minutes, in
    which everybody goes on writing.

    It waits for every transaction that is open, longer than others may wait for a lock. What an
    interrupted build leaves behind is not valid and stands in the way of the next one.
    """

    atomic = False

    dependencies = [
        ("accounts", "0016_sign_ins_and_what_ends_them"),
    ]

    operations = [
        migrations.RunSQL("SET lock_timeout = 0", "RESET lock_timeout"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS audit_listed", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="auditevent",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.fields.json.KeyTransform("patients", "data"),
                    name="jsonb_path_ops",
                ),
                condition=models.Q(("data__has_key", "patients")),
                name="audit_listed",
            ),
        ),
        migrations.RunSQL("RESET lock_timeout", "SET lock_timeout = 0"),
    ]
