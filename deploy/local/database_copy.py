"""Dump and restore of the embedded database, by PostgreSQL's own tools, as the owner role."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from deploy.local.errors import LocalError
from deploy.local.postgres import bin_directory
from deploy.local.state import read_environment

NOT_OURS = (
    "backup and restore are for the embedded database of `make run`; for a database that was given"
    " use its own tools (pg_dump, snapshots)."
)
# Everything goes in one transaction, so a failed restore leaves what was there. If somebody holds
# a table for longer than this, the restore gives up.
EMPTY_SCHEMA = """
SET LOCAL lock_timeout = '15s';
SET LOCAL client_min_messages = warning;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
COUNT_CHECK = """
DO $check$ DECLARE found bigint; BEGIN
    SELECT count(*) INTO found FROM {table};
    IF found <> {rows} THEN
        RAISE EXCEPTION 'table % has % rows and not {rows}', {name}, found;
    END IF;
END $check$;
"""


@dataclass(frozen=True)
class Owner:
    """How to connect as the role that owns the database."""

    host: str
    port: str
    user: str
    password: str
    database: str

    @property
    def environment(self) -> dict[str, str]:
        """For libpq's programs; a password on a command line could be read by anybody."""
        return {
            **os.environ,
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGCONNECT_TIMEOUT": "5",
        }

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=self.database,
            connect_timeout=5,
        )


def local_owner(env_file: Path, database: Mapping[str, Any]) -> Owner:
    """The owner of the embedded database that Django is configured for (`settings_dict`).

    Raises LocalError if Django talks to any other.
    """
    url = os.environ.get("DATABASE_OWNER_URL") or read_environment(env_file).get(
        "DATABASE_OWNER_URL", ""
    )
    parts = urlsplit(url)
    ours = (parts.hostname, str(parts.port))
    if not url or ours != (database["HOST"], str(database["PORT"])) or ours[0] != "127.0.0.1":
        raise LocalError(NOT_OURS)
    return Owner(
        host=ours[0],
        port=ours[1],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=str(database["NAME"]),
    )


@contextmanager
def snapshot(owner: Owner) -> Iterator[tuple[psycopg.Connection[tuple[Any, ...]], str]]:
    """A moment of the database that pg_dump and our own counts both see."""
    try:
        connection = owner.connect()
    except psycopg.OperationalError:
        raise LocalError("The database does not answer; start it with `make run`.") from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]


def count_rows(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, int]:
    """Rows of every table in the public schema."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))
        row = connection.execute(query).fetchone()
        counts[table] = row[0] if row else 0
    return counts


def dump(owner: Owner, snapshot_name: str, path: Path) -> None:
    """Write the whole database as SQL."""
    path.touch(mode=0o600)
    _tool(owner, "pg_dump", f"--snapshot={snapshot_name}", "--no-comments", f"--file={path}")


def restore(owner: Owner, dump_file: Path, rows: Mapping[str, int], *, then: str = "") -> None:
    """Replace the whole database by the dump, or change nothing.

    `rows` are the counts that every table must have before it is committed; `then` is SQL that
    belongs to the same transaction.
    """
    before, after = dump_file.with_name("before.sql"), dump_file.with_name("after.sql")
    before.write_text(EMPTY_SCHEMA)
    checks = "".join(_count_check(name, count) for name, count in rows.items())
    after.write_text(checks + then)
    files = [f"--file={path}" for path in (before, dump_file, after)]
    _tool(owner, "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "--single-transaction", *files)


def _count_check(table: str, rows: int) -> str:
    return COUNT_CHECK.format(
        table=sql.Identifier("public", table).as_string(),
        name=sql.Literal(table).as_string(),
        rows=int(rows),
    )


def _tool(owner: Owner, program: str, *arguments: str) -> None:
    command = [str(bin_directory() / program), *arguments]
    try:
        result = subprocess.run(
            command, env=owner.environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise LocalError(f"{command[0]} cannot be run: {error.strerror}.") from None
    if result.returncode != 0:
        lines = [line for line in result.stderr.strip().splitlines() if line.strip()]
        telling = [line for line in lines if "ERROR" in line or "FATAL" in line] or lines
        raise LocalError(f"{program} failed: {telling[0] if telling else 'it said nothing'}")
