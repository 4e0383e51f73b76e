"""The four roles. What each may do follows with `manage.py sync_roles`: permissions exist only
once `migrate` has ended."""

from django.db import migrations

ROLES = ("patient", "doctor", "staff", "operator")


def create_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in ROLES:
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_insert_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
