"""`manage.py replay_demand FILE`: real demand through the same operation as every booking."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.models import Clinic
from booking.replay import ReplayError, Report, replay
from booking.replay.workers import WorkerDied
from clinic.lib.commands import OperatorCommand

INTERRUPTED = 130


class Command(OperatorCommand):
    help = (
        "Book every row of a file in the public “medical appointment no-shows” format, in a clinic"
        " of its own, from concurrent workers, as of the moment each was scheduled; then record who"
        " came. No message is sent. Ends with a table in which every row is accounted for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE.csv[.gz]")
        parser.add_argument("--limit", type=int, help="only the first so many rows")
        parser.add_argument("--workers", type=int, default=8, help="(default: %(default)s)")
        parser.add_argument(
            "--force", action="store_true", help="also in the database of a clinic that is at work"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["workers"] <= 64:
            raise CommandError("--workers is a number from 1 to 64.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number of rows, at least 1.")
        at_work = Clinic.objects.filter(is_current=True).exists() and not settings.DEMO
        if at_work and not options["force"]:
            raise CommandError(
                "This database belongs to a clinic that is at work, and the replay would add"
                " thousands of invented patients; use another one, or say --force."
            )
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as good as Ctrl-C
        try:
            report, done = replay(
                options["file"],
                limit=options["limit"],
                workers=options["workers"],
                now=timezone.now(),
                watch=self.each,
            )
        except (ReplayError, WorkerDied) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted while nothing was being booked; what was booked stands."
            ) from None
        finally:
            signal.signal(signal.SIGTERM, before)
        self._show(report, done, as_json=options["json"])

    def _show(self, report: Report, done: bool, *, as_json: bool) -> None:
        if not as_json:
            for line in report.lines():
                self.stdout.write(line)
            for result in report.broken:
                self.stdout.write(f"✗ {result.name}: {result.meaning} {result.rows}")
        state = "" if done else "Interrupted. "
        self.conclude(
            f"{state}{report.read} rows read, all accounted for: {report.booked} booked in"
            f" “{report.clinic}”, {report.refused.total()} refused.",
            {"done": done, **report.facts()},
            as_json=as_json,
        )
        if not done:
            raise SystemExit(INTERRUPTED)
        if report.broken:
            raise SystemExit(1)
