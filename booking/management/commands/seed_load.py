"""`manage.py seed_load`: a clinic with very many visits, to see what it costs to look at them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking import demo
from booking.load import AlreadyLoaded, load
from booking.load.loading import STEPS
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Add 60 doctors, their patients and very many visits, past and to come, to a demonstration."
        " Only where DEMO is on; takes a few minutes for a million, in which nothing can be booked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--appointments", type=int, default=1_000_000, help="(%(default)s)")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["appointments"]
        if not settings.DEMO:
            raise CommandError("Invented visits are for demonstrations: set DEMO=1.")
        if not 1000 <= number <= 5_000_000:
            raise CommandError("--appointments is a number from 1,000 to 5,000,000.")
        if not options["yes"]:
            answer = input(f"Add {number:,} invented visits to this database? [y/N] ")
            if answer.strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was done.")
        try:
            with self.bar(len(STEPS) + 1, what="steps") as bar:
                summary = load(
                    appointments=number,
                    password=demo.PASSWORD,
                    now=timezone.now(),
                    progress=lambda: bar.update(1),
                )
        except AlreadyLoaded:
            raise CommandError(
                "They are there already: `make reset` empties the database."
            ) from None
        self.conclude(
            f"Loaded {summary.appointments:,} visits of {summary.patients:,} patients with"
            f" {summary.doctors} doctors into “{summary.clinic}”.",
            summary.facts(),
            as_json=options["json"],
        )
