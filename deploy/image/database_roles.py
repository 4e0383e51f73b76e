"""The database's two roles, made once in an empty installation; again, it sets their passwords.

Given by the environment: ADMINISTRATOR, OWNER and APP, each JSON of username and password as
Secrets Manager has it; DATABASE_URL names server and database (its user is not used). The owner
owns the database and migrates; the application's role owns nothing (`grant_database_role`, in
every release, gives it what it needs).
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def main() -> None:
    address = urlsplit(os.environ["DATABASE_URL"])
    administrator = json.loads(os.environ["ADMINISTRATOR"])
    database = address.path.strip("/")
    with psycopg.connect(
        host=address.hostname,
        port=address.port or 5432,
        dbname=database,
        user=administrator["username"],
        password=administrator["password"],
        sslmode="verify-full" if os.environ.get("DATABASE_CA") else "prefer",
        sslrootcert=os.environ.get("DATABASE_CA") or None,
    ) as connection:
        make(
            connection,
            database=database,
            owner=json.loads(os.environ["OWNER"]),
            app=json.loads(os.environ["APP"]),
        )


def make(
    connection: psycopg.Connection[Any],
    *,
    database: str,
    owner: dict[str, str],
    app: dict[str, str],
) -> None:
    """`owner` and `app`: "username" and "password". All of it or nothing."""
    with connection.transaction(), connection.cursor() as cursor:
        for role in (owner, app):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role["username"]])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(
                sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(role["username"]), sql.Literal(role["password"])
                )
            )
        name, to = sql.Identifier(database), sql.Identifier(owner["username"])
        # An administrator who is no superuser (RDS) gives away only to roles that he is in.
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(to))
        cursor.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, to))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


if __name__ == "__main__":
    main()
