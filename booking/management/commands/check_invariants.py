"""`manage.py check_invariants`: proves the guarantees over the whole database."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from booking.invariants import CHECKS, Result, prove
from booking.management.arguments import clinic_named
from clinic.lib.commands import OperatorCommand

MARKS = {"ok": "✓", "broken": "✗", "skipped": "–"}


class Command(OperatorCommand):
    help = (
        "Prove over the whole database that no time is given away twice, that everything is in the"
        " audit trail and that the constraints stand. Exit 1, with the rows, if anything is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--clinic", help="only this clinic's rows (id or name)")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_named(options["clinic"]) if options["clinic"] else None
        proof = prove(clinic=clinic)
        results = list(self.each(proof, what="checks", total=len(CHECKS)))
        broken = [result for result in results if result.status == "broken"]
        if not options["json"]:
            for result in results:
                self._show(result)
        verdict = f"{len(broken)} broken" if broken else "all hold"
        checked = sum(result.checked for result in results)
        self.conclude(
            f"{len(results)} checks over {checked} rows: {verdict}.",
            {"ok": not broken, "checks": [result.facts() for result in results]},
            as_json=options["json"],
        )
        if broken:
            raise SystemExit(1)

    def _show(self, result: Result) -> None:
        note = f" ({result.note})" if result.note else ""
        self.stdout.write(
            f"{MARKS[result.status]} {result.name}: {result.checked} checked,"
            f" {result.broken} broken{note}"
        )
        if result.status == "broken":
            self.stdout.write(f"    {result.meaning}")
            for row in result.rows:
                self.stdout.write(f"    {json.dumps(row, default=str)}")
