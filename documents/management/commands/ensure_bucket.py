"""`manage.py ensure_bucket`: the buckets are what they must be."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from clinic.lib.commands import OperatorCommand
from documents.storage.bucket import ensuring
from documents.storage.errors import StorageError


class Command(OperatorCommand):
    help = (
        "Makes S3_BUCKET and AUDIT_BUCKET and sets what they need: private, versioned, encrypted,"
        " old things removed. May be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        steps = []
        try:
            for step in ensuring.ensure_all():
                steps.append(step)
                if not options["json"]:
                    why = f"  ({step.why})" if step.why else ""
                    self.stdout.write(f"{step.done:<8} {step.bucket}: {step.what}{why}")
        except StorageError as error:
            raise CommandError(
                f"The store could not be set up: {type(error).__name__} ({error});"
                " `manage.py check_storage` says more."
            ) from error
        self._conclude(steps, as_json=options["json"])

    def _conclude(self, steps: list[ensuring.Step], *, as_json: bool) -> None:
        def count(*done: str) -> int:
            return sum(step.done in done for step in steps)

        changed, kept = count(ensuring.MADE, ensuring.CHANGED), count(ensuring.KEPT)
        unknown = count(ensuring.UNKNOWN)
        not_known = f" This store does not know {unknown} of them." if unknown else ""
        self.conclude(
            f"{changed} of {len(steps)} changed, {kept} were so already.{not_known}",
            [asdict(step) for step in steps],
            as_json=as_json,
        )
        if failed := [step for step in steps if step.done == ensuring.FAILED]:
            what = ", ".join(f"{step.bucket}: {step.what} ({step.why})" for step in failed)
            raise CommandError(
                f"{len(failed)} could not be set: {what}. StorageDenied: see the rights of our"
                " credentials; StorageAway: run it again."
            )
