"""`manage.py check_storage`: are the buckets what they must be? Exit code 1: no."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from clinic.lib.commands import OperatorCommand
from documents.storage.bucket import checking


class Command(OperatorCommand):
    help = (
        "Looks at each property of S3_BUCKET and AUDIT_BUCKET, then writes, reads and removes a few"
        " bytes, and tries what must be refused."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for found in checking.check_all():
            findings.append(found)
            if not options["json"]:
                advice = f": {found.advice}" if found.advice else ""
                self.stdout.write(f"{found.state:<8} {found.bucket}: {found.what}{advice}")
        wrong = sum(found.state == checking.NOT for found in findings)
        unknown = sum(found.state == checking.UNKNOWN for found in findings)
        not_known = f", {unknown} not known to this store" if unknown else ""
        self.conclude(
            f"{len(findings) - wrong - unknown} of {len(findings)} as they must be{not_known}.",
            [asdict(found) for found in findings],
            as_json=options["json"],
        )
        if wrong:
            raise CommandError(f"{wrong} not as they must be.")
