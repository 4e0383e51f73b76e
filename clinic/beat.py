"""The clock that starts what `clinic/celery.py` has a table of. It remembers nothing.

Celery's own keeps in a file when each entry last ran. A container's file is gone with it, and an
entry that it knows nothing of would first run a whole interval later: a clinic that is deployed
every day would never see what runs daily. Every entry is a sweep that may run twice, so all are due
when the clock starts.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from clinic.lib import alive

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Entry(ScheduleEntry):
    def __init__(self, *args: Any, last_run_at: dt.datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, last_run_at=last_run_at or LONG_AGO, **kwargs)


class Clock(Scheduler):
    """Named by `beat_scheduler` in `clinic/celery.py`."""

    Entry = Entry

    def tick(self, *args: Any, **kwargs: Any) -> float:
        alive.show()
        return float(super().tick(*args, **kwargs))
