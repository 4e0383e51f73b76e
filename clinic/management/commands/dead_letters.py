"""`manage.py dead_letters`: what no worker could do; to be shown, given back or dropped."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from clinic.lib import dead_letters
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Show what no worker could read or finish; give it back to its queue, or forget it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--show", metavar="ID", help="one of them, whole")
        what.add_argument("--replay", metavar="ID", help="give this one back to its queue")
        what.add_argument("--replay-all", action="store_true", help="give all back")
        what.add_argument("--drop", metavar="ID", help="forget this one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"] or options["replay_all"]:
            self._act(dead_letters.replay, options["replay"], "given back to their queues", options)
        elif options["drop"]:
            self._act(dead_letters.drop, options["drop"], "dropped", options)
        else:
            self._list(options["show"], options)

    def _act(self, act: Any, one: str | None, did: str, options: dict[str, Any]) -> None:
        done = list(self.each(act(ids=[one] if one else None), what=did))
        if one and not done:
            raise CommandError(f"There is no dead letter {one}.")
        facts = {"done": len(done), "ids": [letter.id for letter in done]}
        self.conclude(f"{len(done)} {did}.", facts, as_json=options["json"])

    def _list(self, one: str | None, options: dict[str, Any]) -> None:
        found = [x for x in dead_letters.all_newest_first() if one in (None, x.id)]
        if one and not found:
            raise CommandError(f"There is no dead letter {one}.")
        if not options["json"]:
            for letter in found:
                at = letter.at.isoformat(timespec="seconds")
                whole = f"\n    {letter.body}" if one else ""
                self.stdout.write(
                    f"{letter.id}  {at}  {letter.queue}  {letter.task or '-'}:"
                    f" {letter.reason}{whole}"
                )
        facts = {"dead_letters": [letter.facts() for letter in found]}
        self.conclude(f"{len(found)} dead letters.", facts, as_json=options["json"])
