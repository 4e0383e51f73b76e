"""How long to wait before a message is tried again, and when to give it up."""

from __future__ import annotations

import datetime as dt
import random

# Twice as long each time, an hour at most, four hours in all.
WAITS = [
    dt.timedelta(seconds=seconds)
    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3390)
]


def wait_after(tries: int) -> dt.timedelta | None:
    """Until the next try when `tries` have failed; None when that was the last one.

    Up to a fifth shorter, so that what failed together is not tried together.
    """
    if tries > len(WAITS):
        return None
    return WAITS[max(tries, 1) - 1] * random.uniform(0.8, 1.0)  # noqa: S311 (guards nothing)
