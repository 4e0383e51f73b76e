"""`manage.py hold_documents`: a legal hold on all documents of a patient."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from booking.management.arguments import clinics_person, patient_with
from clinic.lib.commands import OperatorCommand
from documents.models import Document
from documents.operations import DocumentError, lift_hold, place_hold


class Command(OperatorCommand):
    help = (
        "Put all documents of a patient on legal hold, or lift it: they are neither deleted nor"
        " erased meanwhile. Documents that come later are held by running it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("patient", help="the patient's id")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="who decided it")
        parser.add_argument("--reason", default="", help="of the hold; stays out of the trail")
        parser.add_argument("--lift", action="store_true", help="end the hold instead")

    def handle(self, *args: Any, **options: Any) -> None:
        by, patient = clinics_person(options["by"]), patient_with(options["patient"])
        lift, now = options["lift"], timezone.now()
        theirs = Document.objects.kept().filter(patient=patient, held_at__isnull=not lift)
        done = list(theirs.values_list("pk", flat=True))
        try:
            for pk in done:
                if lift:
                    lift_hold(document_id=pk, by=by, now=now)
                else:
                    place_hold(document_id=pk, reason=options["reason"], by=by, now=now)
        except DocumentError as error:
            raise CommandError(str(error)) from None
        self.conclude(
            f"{'Lifted the hold on' if lift else 'Put on hold'}: {len(done)} documents.",
            {"documents": [str(pk) for pk in done], "lifted": lift},
            as_json=options["json"],
        )
