"""Numbers as lines of CloudWatch's embedded metric format: JSON that the log's reader turns into
metrics. Nothing to call, nothing to wait for, and no permission to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from clinic.lib.metrics.names import ENVIRONMENT, NAMESPACE, Metric

# The format's own limit: values of one metric in one line.
MOST_VALUES = 100


class Origin(NamedTuple):
    environment: str
    service: str  # told beside the numbers, to be searched for; no dimension, which would cost


class Reading(NamedTuple):
    """A metric's value, or its values where each is one of many (timings)."""

    metric: Metric
    value: float | list[float]
    by: tuple[tuple[str, str], ...] = ()


def lines(readings: Iterable[Reading], *, origin: Origin, milliseconds: int) -> Iterator[str]:
    """JSON lines, each with the metrics that share their dimensions.

    `milliseconds`: of the epoch, when the numbers were gathered.
    """
    found = list(readings)
    single = sorted((one for one in found if not isinstance(one.value, list)), key=_kin)
    groups = [list(alike) for _key, alike in groupby(single, key=_kin)]
    groups += [[piece] for one in found for piece in _pieces(one)]
    for group in groups:
        yield _line(group, origin=origin, milliseconds=milliseconds)


def _kin(reading: Reading) -> tuple[Any, ...]:
    """What shares a line: what has the same dimensions."""
    return reading.metric.dimension_sets, reading.by


def _pieces(reading: Reading) -> Iterator[Reading]:
    if isinstance(reading.value, list):
        for at in range(0, len(reading.value), MOST_VALUES):
            yield reading._replace(value=reading.value[at : at + MOST_VALUES])


def _line(readings: list[Reading], *, origin: Origin, milliseconds: int) -> str:
    first = readings[0]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": first.metric.dimension_sets,
        "Metrics": [{"Name": each.metric.name, "Unit": each.metric.unit} for each in readings],
    }
    document: dict[str, Any] = {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        ENVIRONMENT: origin.environment,
        "Service": origin.service,
        **dict(first.by),
        **{each.metric.name: each.value for each in readings},
    }
    return orjson.dumps(document).decode()
