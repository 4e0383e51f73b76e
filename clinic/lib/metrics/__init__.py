"""What the process tells those who watch it, in numbers: how much happened, and how long it took.

`count` and `timing` only add to what this process has gathered; every ten seconds that leaves as
lines of CloudWatch's embedded metric format on standard output, between the log's. With the setting
METRICS empty, as on one's own machine, nothing is gathered. `names` lists every metric there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction

from clinic.lib.metrics import emf, names
from clinic.lib.metrics.gathering import Gathering
from clinic.lib.metrics.names import Metric

__all__ = ["Level", "Metric", "count", "count_when_committed", "flush", "levels", "names", "timing"]

Level = emf.Reading

_gathering = Gathering(lambda: emf.Origin(settings.ENVIRONMENT_NAME, settings.SERVICE_NAME))


def on() -> bool:
    return settings.METRICS == "emf"


def count(metric: Metric, number: float = 1, **by: str) -> None:
    """Add to a count. `by`: values of the dimensions that the list names for it."""
    if on():
        _gathering.add(metric, number, by)


def timing(metric: Metric, value: float, **by: str) -> None:
    """One value of many, in the metric's unit."""
    if on():
        _gathering.note(metric, value, by)


def count_when_committed(metric: Metric) -> None:
    """What is undone never happened. Outside a transaction it counts at once."""
    if on():
        transaction.on_commit(partial(count, metric), robust=True)


def levels(read: Iterable[Level]) -> None:
    """Tell how things stand now; by one process of all, or each level is told several times."""
    if on():
        _gathering.tell(read)


def flush() -> None:
    """Let what is gathered leave now: before the process ends."""
    _gathering.flush()
