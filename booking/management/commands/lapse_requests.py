"""`manage.py lapse_requests`: what beat does by the clock, by hand."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from booking import operations
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "End the requests that nobody answered before their start, and those whose mailed link was"
        " not followed in time; the patients are told. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        ended = operations.lapse_requests(now=timezone.now())
        self.conclude(f"Ended {ended} requests.", {"ended": ended}, as_json=options["json"])
