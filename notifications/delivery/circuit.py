"""A provider that is away is asked again after a while, by one message, and later each time."""

from __future__ import annotations

import datetime as dt
import os
import random

FIRST = dt.timedelta(seconds=2)
# With a sweep each quarter of a minute, all is sent within the minute of its coming back.
LONGEST = dt.timedelta(seconds=30)


class Circuit:
    """One for each channel and process; several processes ask each for themselves."""

    def __init__(self) -> None:
        self._failures = 0
        self._until: dt.datetime | None = None

    def closed(self) -> bool:
        """The provider answers, as far as is known: no reason to be careful."""
        return self._failures == 0

    def may_try(self, *, now: dt.datetime) -> bool:
        return self._until is None or now >= self._until

    def away(self, *, now: dt.datetime) -> None:
        wait = min(FIRST * 2 ** min(self._failures, 10), LONGEST)
        self._failures += 1
        self._until = now + wait * random.uniform(0.8, 1.0)  # noqa: S311 (guards nothing)

    def answered(self) -> None:
        self._failures, self._until = 0, None


_circuits: dict[tuple[int, str], Circuit] = {}


def circuit_of(channel: str) -> Circuit:
    return _circuits.setdefault((os.getpid(), channel), Circuit())


def forget() -> None:
    """For tests: whatever a provider did before, ask it again."""
    _circuits.clear()
