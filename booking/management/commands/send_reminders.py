"""`manage.py send_reminders`: what the clock does every minute, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from booking import reminders
from booking.management.arguments import clinic_named, current_clinic, moment
from clinic.lib.commands import OperatorCommand
from clinic.lib.times import iso_z

WHY_NONE = {
    "night": "Nobody is reminded at this hour; what is due now leaves in the morning.",
    "busy": "Another run is at work.",
}


class Command(OperatorCommand):
    help = (
        "Put the reminders that are due into the outbox, from where they leave as everything else."
        " It may be run at any time, and twice: nobody is reminded twice of the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--clinic", help="another clinic than the current one (id or name)")
        parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
        parser.add_argument("--at", help="as if it were then (ISO 8601; by the clinic's clock)")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_named(options["clinic"]) if options["clinic"] else current_clinic()
        now = moment(options["at"], clinic.zone) if options["at"] else timezone.now()
        with self.bar(what="visits") as bar:
            sent = reminders.send_reminders(
                clinic=clinic, now=now, dry_run=options["dry_run"], progress=bar.update
            )
        done = "would be enqueued" if options["dry_run"] else "enqueued"
        each = ", ".join(f"{count} of {hours} h" for hours, count in sent.by_hours.items())
        sentence = f"{sent.total} reminders {done}{f' ({each})' if each else ''}."
        self.conclude(
            WHY_NONE.get(sent.why_none, sentence),
            {
                "at": iso_z(now),
                "dry_run": options["dry_run"],
                "reminders": sent.total,
                "by_hours": sent.by_hours,
                "why_none": sent.why_none,
            },
            as_json=options["json"],
        )
