"""`manage.py send_agendas`: what the clock does in the evening, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from booking import messages
from booking.management.arguments import clinic_named, current_clinic, moment
from clinic.lib.commands import OperatorCommand
from clinic.lib.times import iso_z


class Command(OperatorCommand):
    help = (
        "Put doctors' agendas for tomorrow into the outbox, once their hour (AGENDA_AT) has come."
        " It may be run at any time, and twice: nobody gets two of one day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--clinic", help="another clinic than the current one (id or name)")
        parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
        parser.add_argument("--at", help="as if it were then (ISO 8601; by the clinic's clock)")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_named(options["clinic"]) if options["clinic"] else current_clinic()
        now = moment(options["at"], clinic.zone) if options["at"] else timezone.now()
        count = messages.send_agendas(clinic=clinic, now=now, dry_run=options["dry_run"])
        done = "would be enqueued" if options["dry_run"] else "enqueued"
        self.conclude(
            f"{count} agendas {done}.",
            {"at": iso_z(now), "dry_run": options["dry_run"], "agendas": count},
            as_json=options["json"],
        )
