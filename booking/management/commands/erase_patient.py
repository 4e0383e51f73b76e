"""`manage.py erase_patient`: a patient's data is removed for good, and what stands is named."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking.keeping import CannotBeErased, Erased, ErasedAlready, Interrupted, erase
from booking.management.arguments import clinics_person, patient_with
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Remove everything of a patient for good: documents with all their versions, messages,"
        " login, waiting list, words in visits. The audit trail stands. There is no way back;"
        " interrupted, run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("patient", help="the patient's id")
        parser.add_argument(
            "--by", metavar="EMAIL", required=True, help="the login of whoever decided it"
        )
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument("--dry-run", action="store_true", help="say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        dry = options["dry_run"]
        if options["yes"] == dry:
            raise CommandError("There is no way back: say --dry-run first, then --yes.")
        by = clinics_person(options["by"])
        patient = patient_with(options["patient"])
        try:
            done = erase(patient_id=patient.pk, by=by, now=timezone.now(), dry_run=dry)
        except CannotBeErased as error:
            raise CommandError("Not erased. " + "\n".join(error.reasons)) from None
        except Interrupted as error:
            raise CommandError(
                f"The document storage did not answer ({error.reason}): {error.documents} documents"
                " are gone, the rest is as it was. Run it again."
            ) from None
        except ErasedAlready as error:
            self.conclude(
                f"This patient was erased on {error.at:%Y-%m-%d}.",
                {"patient": str(patient.pk), "erased_at": error.at},
                as_json=options["json"],
            )
            return
        if not options["json"]:
            self._report(done)
        verb = "Would remove" if dry else "Removed"
        self.conclude(
            f"{verb} {sum(done.gone.values())} rows, {done.documents} documents"
            f" ({done.versions} stored versions), {done.sessions} sessions and {done.mails} local"
            " copies of messages.",
            asdict(done),
            as_json=options["json"],
        )

    def _report(self, done: Erased) -> None:
        for table, count in done.gone.items():
            if count:
                self.stdout.write(f"{count:8} {table}: gone")
        for table, what in done.stands.items():
            self.stdout.write(f"{what['rows']:8} {table}: {what['why']}")
        if done.login_stays:
            self.stdout.write(f"         The login stands: {done.login_stays}.")
        self.stdout.write(
            "         Out of reach: backups until they are rotated, what mail and text providers"
            " keep, objects that a bucket's own replication copied."
        )
