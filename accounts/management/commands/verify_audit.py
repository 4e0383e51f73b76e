"""`manage.py verify_audit`: proves that no row of the audit trail was changed or removed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.verifying import verify
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Recompute every seal of the audit trail and compare it with the heads that were stored"
        " outside the database. Exit 1 if a row or seal was changed, removed or rewritten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--require-head",
            action="store_true",
            help="exit 1 also when the heads outside could not be asked, are late or not locked",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify(now=timezone.now())
        failed = bool(report.faults or (options["require_head"] and report.unproved))
        if not options["json"]:
            for sentence in report.faults:
                self.stdout.write(f"✗ {sentence}")
            for sentence in report.unproved:
                self.stdout.write(f"– {sentence}")
        verdict = f"{len(report.faults)} faults" if report.faults else "nothing was changed"
        self.conclude(
            f"{report.rows} rows under {report.seals} seals, {report.heads} heads outside:"
            f" {verdict}.",
            {**report.facts(), "ok": not failed},
            as_json=options["json"],
        )
        if failed:
            raise SystemExit(1)
