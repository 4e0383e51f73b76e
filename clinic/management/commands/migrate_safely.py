"""`manage.py migrate_safely`: `migrate`, beside a running site and beside itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError, connection, connections

from clinic.lib.commands import OperatorCommand

# Any number of ours: whoever migrates has it.
LOCK = 7_219_004_117


class Command(OperatorCommand):
    help = (
        "Migrates, one at a time: a second one waits. No migration waits long for a lock, as"
        " everybody else would wait behind it; it is tried again when the table is free."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--wait", type=float, default=600, help="seconds for another one (600)")
        parser.add_argument("--lock-timeout", default="3s", help="for a table's lock (3s)")
        parser.add_argument("--tries", type=int, default=20, help="of one migration (20)")
        parser.add_argument("--pause", type=float, default=3, help="seconds between them (3)")

    def handle(self, *args: Any, **options: Any) -> None:
        with _alone(options["wait"]):
            tries = self._migrate(options)
        self.conclude(
            f"The database is up to date ({tries} tries).",
            {"tries": tries},
            as_json=options["json"],
        )

    def _migrate(self, options: dict[str, Any]) -> int:
        """How many tries it took. What was applied before a failure stays and is not repeated."""
        for number in range(1, options["tries"] + 1):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, false)", [options["lock_timeout"]]
                )
            try:
                call_command("migrate", interactive=False, verbosity=0 if self.quiet else 1)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock not available
                    raise
                self.stderr.write(f"A table was not free; try {number} of {options['tries']}.")
                time.sleep(options["pause"])
            else:
                return number
        raise CommandError("A table was never free. What was applied stays; run it again.")


@contextmanager
def _alone(seconds: float) -> Iterator[None]:
    """By a lock that ends with its connection, which is one of its own: whatever becomes of this
    process, the next one is let in."""
    own = connections.create_connection("default")
    deadline = time.monotonic() + seconds
    try:
        while True:
            with own.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                if cursor.fetchone()[0]:
                    break
            if time.monotonic() > deadline:
                raise CommandError("Somebody else migrates, and did not finish in time.")
            time.sleep(0.2)
        yield
    finally:
        own.close()
