"""`manage.py replay_failed`: give failed messages that are still true a new start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.lib.actor import Actor
from clinic.lib.commands import OperatorCommand
from notifications import operations
from notifications.catalog import KINDS
from notifications.models import Message, MessageStatus

BATCH = 200
BY = Actor.system("replay_failed")
OTHERS = "; the others are no longer true or of use, or their contents are not kept any more"


def moment(text: str) -> dt.datetime:
    """Raises ValueError for what is no day and no time; without a zone it is UTC."""
    found = parse_datetime(text if "T" in text or " " in text else f"{text}T00:00")
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


class Command(OperatorCommand):
    help = (
        "Queue failed messages again: those that still say what is true, are still of use, and"
        " that no other arrived instead of."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", type=moment, help="written since then (2026-12-01T08:00)")
        parser.add_argument("--template", help="only this kind of message")
        parser.add_argument("--dry-run", action="store_true", help="say how many, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"] and options["template"] not in KINDS:
            raise CommandError(f"No message is called {options['template']}.")
        failed = Message.objects.filter(status=MessageStatus.FAILED)
        if options["since"]:
            failed = failed.filter(created_at__gte=options["since"])
        if options["template"]:
            failed = failed.filter(template=options["template"])
        ids = list(failed.order_by("created_at").values_list("pk", flat=True))
        dry = options["dry_run"]
        queued = sum(self._each(ids, dry=dry))
        did = "would be queued again" if dry else "are queued again"
        self.conclude(
            f"{queued} of {len(ids)} failed messages {did}{OTHERS if queued < len(ids) else ''}.",
            {"failed": len(ids), "queued": queued, "dry_run": dry},
            as_json=options["json"],
        )

    def _each(self, ids: list[Any], *, dry: bool) -> Iterator[int]:
        with self.bar(len(ids), what="replaying") as bar:
            for batch in batches(ids):
                chosen = list(Message.objects.filter(pk__in=batch))
                now = timezone.now()
                if dry:
                    yield len(operations.replayable(messages=chosen, now=now))
                else:
                    yield len(operations.replay(messages=chosen, by=BY, now=now))
                bar.update(len(batch))


def batches(ids: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
