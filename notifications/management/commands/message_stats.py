"""`manage.py message_stats`: how messages are doing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from clinic.lib.commands import OperatorCommand
from notifications import metrics


class Command(OperatorCommand):
    help = "What waits, what left, what failed and why; of the last day where nothing else is said."

    def handle(self, *args: Any, **options: Any) -> None:
        stats = metrics.read(now=timezone.now())
        if not options["json"]:
            for kind, number in sorted(stats.queued.items()):
                self.stdout.write(f"{number:>8}  due: {kind}")
            for reason, number in sorted(stats.failed.items()):
                self.stdout.write(f"{number:>8}  failed: {reason}")
        away = "unknown, the broker does not answer"
        self.conclude(
            f"{sum(stats.queued.values())} due, the oldest for {stats.oldest_seconds:.0f} s;"
            f" {stats.later} for later, {stats.sending} being sent;"
            f" {stats.sent_last_minute} sent in the last minute, {stats.sent_last_hour} in the"
            f" last hour; {sum(stats.failed.values())} failed, {stats.bounced} not delivered,"
            f" {stats.overtaken} overtaken, {stats.possible_duplicates} perhaps sent twice;"
            f" {stats.suppressed} addresses suppressed; dead letters:"
            f" {away if stats.dead_letters is None else stats.dead_letters}.",
            asdict(stats),
            as_json=options["json"],
        )
