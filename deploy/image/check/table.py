"""What was looked at, and how it was: a line for each as it comes, and the count at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


class CheckError(Exception):
    """Nothing more can be looked at; its text is the sentence that says why."""


@dataclass
class Table:
    """`note` what was found; `passed` once nothing was wrong."""

    say: Callable[[str], None]
    failed: int = 0
    looked: int = field(default=0)

    def note(self, what: str, trouble: str = "", *, fact: str = "") -> bool:
        """One line. `trouble` says what is wrong, empty: nothing. Returns whether it is well."""
        self.looked += 1
        self.failed += bool(trouble)
        said = trouble or fact
        self.say(f"  {'FAIL' if trouble else 'ok  '}  {what}{f': {said}' if said else ''}")
        return not trouble

    def passed(self) -> bool:
        return self.looked > 0 and self.failed == 0
