"""`manage.py export_patient`: everything that is kept of one patient, for the patient."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking.keeping import export
from booking.keeping.parcel import AlreadyThere
from booking.management.arguments import clinics_person, patient_with
from clinic.lib.actor import Actor
from clinic.lib.commands import OperatorCommand
from documents.operations import StorageTrouble


class Command(OperatorCommand):
    help = (
        "Write everything that is kept of a patient (rows as JSON, documents as they are, who"
        " looked) into a directory or a zip file that only you can read. The export is recorded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("patient", help="the patient's id")
        parser.add_argument(
            "--out", required=True, type=Path, metavar="DIR|FILE.zip", help="what to write"
        )
        parser.add_argument("--by", metavar="EMAIL", help="the login of whoever asks for it")

    def handle(self, *args: Any, **options: Any) -> None:
        patient = patient_with(options["patient"])
        by = clinics_person(options["by"]) if options["by"] else Actor.system("export_patient")
        out: Path = options["out"]
        try:
            done = export(
                patient=patient,
                out=out,
                by=by,
                now=timezone.now(),
                each=lambda items: self.each(items, what="export"),
            )
        except AlreadyThere as error:
            raise CommandError(f"There is something already: {error}") from None
        except StorageTrouble as error:
            raise CommandError(f"{error} ({error.reason}) Nothing was written.") from None
        if not options["json"]:
            for table, count in done.tables.items():
                self.stdout.write(f"{count:8} {table}")
        missing = f"; missing in the store: {', '.join(done.missing)}" if done.missing else ""
        self.conclude(
            f"Exported {done.rows} rows of {len(done.tables)} tables, {done.looks} looks and"
            f" {done.files} documents ({done.bytes} bytes) into {out}{missing}.",
            {"out": str(out), **asdict(done)},
            as_json=options["json"],
        )
        if done.missing:
            raise SystemExit(1)
