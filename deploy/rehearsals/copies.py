"""A second PostgreSQL beside the site's: made from a base backup, as standby or to be restored.

All by PostgreSQL's own tools: `pg_basebackup`, and `pg_verifybackup`, which reads the copy again
and compares it with the manifest.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from deploy.local.ports import HOST
from deploy.local.postgres import APP, DATABASE, SUPERUSER, Postgres
from deploy.local.process import Child, run_to_end, wait_until_ready
from deploy.local.replica import Replica
from deploy.rehearsals.site import Site

READY_WITHIN = 120.0


def tell(server: Postgres, *statements: str) -> list[tuple[Any, ...]]:
    """Run them as its superuser; rows of the last one. Raises psycopg.Error."""
    rows: list[tuple[Any, ...]] = []
    with server._connect(DATABASE) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
    return rows


def configure(server: Postgres, **values: str) -> None:
    """As a parameter group would: kept, and read again at once where that is enough."""
    quoted = [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in values.items()]
    tell(server, *quoted, "SELECT pg_reload_conf()")


def give(server: Postgres, path: Path) -> Path:
    """A new directory that the server may write to."""
    path.mkdir(mode=0o700)
    server._own(path)
    return path


class Copy(Replica):
    """A server of its own, with the data, the roles and the passwords of another.

    Unlike a replica that only follows, it may be made long before it is started, be told other
    settings, and be waited for by the name that it has.
    """

    def __init__(self, site: Site, name: str, *, of: Postgres, **settings: str) -> None:
        super().__init__(site.services.place, of, label=name)
        self.site, self.name, self._more = site, name, settings

    def settings(self) -> dict[str, str]:
        return super().settings() | self._more

    def back_up(self, *options: str) -> None:
        """Copy the other server while it serves; the copy is verified."""
        give(self, self.data)
        where = f"host={HOST} port={self.primary.port} user={SUPERUSER}"
        whence = f"{where} application_name={self.name}"
        flags = ["--checkpoint=fast", "--wal-method=stream", *options]
        self._tool("pg_basebackup", f"--pgdata={self.data}", f"--dbname={whence}", *flags)
        self._tool("pg_verifybackup", str(self.data))

    def start(self) -> Child:
        """Started, and answering. Raises LocalError if it does not."""
        child = self.site.services.add(replace(self.command(), name=self.name))
        wait_until_ready(child, self.probe, seconds=READY_WITHIN, check=_nothing)
        return child

    def in_recovery(self) -> bool:
        """Whether it only replays; True also while it does not answer."""
        try:
            return bool(tell(self, "SELECT pg_is_in_recovery()")[0][0])
        except psycopg.OperationalError:
            return True

    def _tool(self, program: str, *arguments: str) -> None:
        command = self._as_allowed(program, [program, *arguments])
        password = {"PGPASSWORD": self.place.state.secret(SUPERUSER)}
        told = replace(command, environment={**command.environment, **password})
        run_to_end(told, self.place.log(program), check=_nothing)


def url(site: Site, *servers: Postgres, role: str = APP) -> str:
    """One address of one or several servers; that one is used which takes writes."""
    hosts = ",".join(f"{HOST}:{server.port}" for server in servers)
    secret = site.services.place.state.secret(role)
    return f"postgres://{role}:{secret}@{hosts}/{DATABASE}?target_session_attrs=read-write"


def _nothing() -> None:
    return None
