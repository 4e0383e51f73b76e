"""`manage.py sweep_orphans`: what the clock does once a day, by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from clinic.lib.commands import OperatorCommand
from documents.operations.orphans import Sweep, sweep_orphans
from documents.storage import StorageError


class Command(OperatorCommand):
    help = (
        "Remove from the bucket what no document's row names and is older than a day: the leavings"
        " of interrupted work. Safe to repeat. Exit 1 when the store does not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="count them, remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        dry = options["dry_run"]
        try:
            found = sweep_orphans(now=timezone.now(), dry_run=dry)
        except StorageError as error:
            reason = type(error).__name__
            self.conclude(
                f"The document storage did not answer ({reason}); run it again.",
                {"ok": False, "reason": reason},
                as_json=options["json"],
            )
            raise SystemExit(1) from None
        self.conclude(_sentence(found, dry=dry), asdict(found), as_json=options["json"])


def _sentence(found: Sweep, *, dry: bool) -> str:
    done = "Found" if dry else "Removed"
    return (
        f"{done} {found.orphans} of {found.seen} objects that no row names ({found.bytes} bytes);"
        f" {found.young} are younger than a day and were left."
    )
