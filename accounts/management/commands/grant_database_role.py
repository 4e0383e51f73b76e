from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from clinic.lib.commands import OperatorCommand
from clinic.lib.databases import LOCK_TIMEOUT

INSERT_ONLY = ("accounts_auditevent", "accounts_auditseal")
READ_ONLY = ("django_migrations",)


class Command(OperatorCommand):
    help = (
        "Let the application's database role use what `migrate` made, and no more: it owns no"
        " table, and may only add to the audit trail. Run as the owner, after every migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("role", help="the role that the application signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        with transaction.atomic(), connection.cursor() as cursor:
            self._check(cursor, role)
            statements = list(self._statements(role))
            try:
                for statement in self.each(statements, what="granting"):
                    cursor.execute(statement)
            except DatabaseError as error:
                raise CommandError(f"Not granted, nothing was changed: {error}") from error
            self._limit_waiting(cursor, role)
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            tables = cursor.fetchone()[0]
        self.conclude(
            f"{role} may read and write {tables} tables; the audit trail takes only new rows"
            " from it.",
            {"role": role, "tables": tables, "insert_only": INSERT_ONLY},
            as_json=options["json"],
        )

    @staticmethod
    def _limit_waiting(cursor: Any, role: str) -> None:
        """Also behind a pooler that takes no such wish from a client; who may not alter the role
        leaves it to the connections' own."""
        statement = sql.SQL("ALTER ROLE {} SET lock_timeout = {}")
        try:
            with transaction.atomic():
                cursor.execute(statement.format(sql.Identifier(role), sql.Literal(LOCK_TIMEOUT)))
        except DatabaseError:
            return

    @staticmethod
    def _check(cursor: Any, role: str) -> None:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            raise CommandError(f"There is no database role {role}; make it with CREATE ROLE.")
        if found[0]:
            raise CommandError(f"{role} is a superuser, whom no grant binds; use another role.")
        cursor.execute(
            "SELECT 1 FROM pg_tables WHERE tablename = ANY(%s)"
            " AND pg_has_role(%s, tableowner, 'MEMBER')",
            [list(INSERT_ONLY), role],
        )
        if cursor.fetchone():
            raise CommandError(f"{role} owns the audit trail and could undo its guard.")

    @staticmethod
    def _statements(role: str) -> Any:
        to = sql.Identifier(role)
        database = sql.Identifier(connection.settings_dict["NAME"])
        everything = "ON ALL {} IN SCHEMA public TO {}"
        rows = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE " + everything)
        numbers = sql.SQL("GRANT USAGE, SELECT, UPDATE " + everything)
        yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, to)
        yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(to)
        yield rows.format(sql.SQL("TABLES"), to)
        yield numbers.format(sql.SQL("SEQUENCES"), to)
        for tables, allowed in ((INSERT_ONLY, "SELECT, INSERT"), (READ_ONLY, "SELECT")):
            for table in map(sql.Identifier, tables):
                yield sql.SQL("REVOKE ALL ON {} FROM {}").format(table, to)
                yield sql.SQL("GRANT " + allowed + " ON {} TO {}").format(table, to)
