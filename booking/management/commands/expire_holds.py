"""`manage.py expire_holds`: what beat does by the clock, by hand."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from booking import operations
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = "End the holds whose time is over and free their slots. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = operations.expire_holds(now=timezone.now())
        self.conclude(f"Ended {ended} holds.", {"ended": ended}, as_json=options["json"])
