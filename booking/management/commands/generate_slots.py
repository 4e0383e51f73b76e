"""`manage.py generate_slots`: brings the grid of slots in line with hours and time off."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking import operations
from booking.management.arguments import clinic_named, current_clinic
from clinic.lib.commands import OperatorCommand
from clinic.lib.times import local_day


class Command(OperatorCommand):
    help = (
        "Make the slots of the coming days from working hours and time off. Slots that are held or"
        " booked are never touched, and running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--clinic", help="id or name (default: the current clinic)")
        parser.add_argument(
            "--days",
            type=int,
            default=settings.SLOT_HORIZON_DAYS,
            help="how many days ahead (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["days"] <= 3660:
            raise CommandError("--days is a number of days from 0 to 3660.")
        clinic = clinic_named(options["clinic"]) if options["clinic"] else current_clinic()
        now = timezone.now()
        last = local_day(now, clinic.zone) + dt.timedelta(days=options["days"])
        doctors = list(clinic.doctors.filter(active=True))
        with self.bar(len(doctors), what="doctors") as bar:
            report = operations.generate_slots(
                clinic=clinic, now=now, last=last, doctors=doctors, progress=bar.update
            )
        self.conclude(
            f"Slots of {report.doctors} doctors up to {last}: {report.created} made,"
            f" {report.removed} removed, {report.changed} changed.",
            {"clinic": str(clinic.pk), "last": last.isoformat(), **asdict(report)},
            as_json=options["json"],
        )
