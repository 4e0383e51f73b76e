"""What the commands of operators share: a progress bar, and a last line that says what was done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

Item = TypeVar("Item")


class OperatorCommand(BaseCommand):
    """A command that may be read by a person or, with `--json`, by a program.

    Progress is drawn on stderr and only on a terminal, so that stdout stays clean for both.
    """

    quiet = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the last line as JSON, no bars")

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.quiet = bool(options.get("json")) or not options.get("verbosity", 1)
        return super().execute(*args, **options)

    def bar(self, total: int | None = None, *, what: str, unit: str = "") -> Any:
        """A progress bar to `update()`; it draws nothing where nobody looks at it."""
        return tqdm(total=total, desc=what, unit=unit, disable=self.quiet or None, leave=False)

    def each(self, items: Iterable[Item], *, what: str, total: int | None = None) -> Iterable[Item]:
        """`items`, with a progress bar beside them."""
        return tqdm(items, desc=what, total=total, disable=self.quiet or None, leave=False)

    def conclude(self, sentence: str, facts: Any, *, as_json: bool) -> None:
        """The last line: `sentence` for people, `facts` for programs."""
        self.stdout.write(json.dumps(facts, default=str) if as_json else sentence)
