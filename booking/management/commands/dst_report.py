"""`manage.py dst_report`: visits near the changes of the clocks, and those that new rules move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from booking import clock_changes
from booking.clock_changes import Visit
from booking.management.arguments import clinic_named, current_clinic
from clinic.lib.commands import OperatorCommand
from clinic.lib.times import iso_z


class Command(OperatorCommand):
    help = (
        "Visits within a day of each change of the clocks, with their local times; and visits whose"
        " time by the clinic's clock is no longer what the patient was told, as after an update of"
        " the time zone database (--since-tzdata: these alone). Exit 1 if there is any of those."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--clinic", help="another clinic than the current one (id or name)")
        parser.add_argument(
            "--since-tzdata", action="store_true", help="only what new rules of the zone would move"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_named(options["clinic"]) if options["clinic"] else current_clinic()
        now = timezone.now()
        self.quiet = self.quiet or options["json"]
        near = []
        if not options["since_tzdata"]:
            until = clock_changes.last_start(clinic, now=now)
            for change in clock_changes.changes(clinic.zone, now - clock_changes.DAY, until):
                near.append((change, clock_changes.visits_near(clinic, change, now=now)))
        moved = list(clock_changes.moved_visits(clinic, now=now))
        if not options["json"]:
            for change, visits in near:
                self.stdout.write(
                    f"{iso_z(change.at)}: the clock of {clinic.zone.key} goes"
                    f" {'forward' if change.minutes > 0 else 'back'} by {abs(change.minutes)}"
                    " minutes"
                )
                self._table(visits)
            if moved:
                self.stdout.write("Not the time that the patient was told:")
                self._table(moved)
        counted = sum(len(visits) for _change, visits in near)
        self.conclude(
            f"{len(near)} changes of the clocks, {counted} visits near them;"
            f" {len(moved)} visits moved by new rules.",
            {
                "zone": clinic.zone.key,
                "changes": [
                    {
                        "at": iso_z(change.at),
                        "minutes": change.minutes,
                        "visits": [visit.facts() for visit in visits],
                    }
                    for change, visits in near
                ],
                "moved": [visit.facts() for visit in moved],
            },
            as_json=options["json"],
        )
        if moved:
            raise SystemExit(1)

    def _table(self, visits: Sequence[Visit]) -> None:
        if not visits:
            self.stdout.write("    no visits")
        for visit in visits:
            facts = visit.facts()
            told = f"  told {facts['promised']}" if visit.is_moved else ""
            self.stdout.write(
                f"    {facts['local']}  {facts['utc']}  {facts['doctor']}"
                f"  {facts['appointment']}{told}"
            )
