"""The audit trail and its seals take INSERT only, whoever asks and by whatever way."""

from django.db import migrations

TABLES = ("accounts_auditevent", "accounts_auditseal")

FUNCTION = """
CREATE FUNCTION accounts_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is not allowed on %: the audit trail takes INSERT only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def triggers(table: str) -> str:
    return f"""
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION accounts_insert_only();
CREATE TRIGGER insert_only_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_insert_only();
"""


def no_triggers(table: str) -> str:
    return f"DROP TRIGGER insert_only ON {table}; DROP TRIGGER insert_only_truncate ON {table};"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION accounts_insert_only();"),
        *(migrations.RunSQL(triggers(table), no_triggers(table)) for table in TABLES),
    ]
