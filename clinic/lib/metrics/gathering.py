"""What one process has gathered since it last told it."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from clinic.lib.metrics import emf
from clinic.lib.metrics.names import Metric

SECONDS = 10.0
# A process that is asked very much tells it sooner than it could fill its memory.
MOST_TIMINGS = 2_000

Key = tuple[Metric, tuple[tuple[str, str], ...]]


class Gathering:
    """Numbers from any thread. A forked process begins with nothing of its parent's."""

    def __init__(self, origin: Callable[[], emf.Origin]) -> None:
        self._origin = origin
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.flush)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._teller: threading.Thread | None = None
        self._empty()

    def _empty(self) -> None:
        self._counts: dict[Key, float] = defaultdict(int)
        self._timings: dict[Key, list[float]] = defaultdict(list)
        self._noted = 0

    def add(self, metric: Metric, number: float, by: Mapping[str, str]) -> None:
        key = _key(metric, by)
        with self._lock:
            self._counts[key] += number
        self._see_that_it_is_told()

    def note(self, metric: Metric, value: float, by: Mapping[str, str]) -> None:
        key = _key(metric, by)
        with self._lock:
            self._timings[key].append(round(value, 1))
            self._noted += 1
            full = self._noted >= MOST_TIMINGS
        self._see_that_it_is_told()
        if full:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            counts, timings = self._counts, self._timings
            self._empty()
        readings = [emf.Reading(metric, number, by) for (metric, by), number in counts.items()]
        readings += [emf.Reading(metric, values, by) for (metric, by), values in timings.items()]
        if readings:  # a process without settings has none either
            self.tell(readings)

    def tell(self, readings: Iterable[emf.Reading]) -> None:
        found = emf.lines(readings, origin=self._origin(), milliseconds=int(time.time() * 1000))
        for line in found:
            # Each by itself: several processes share a pipe, which keeps only short writes whole.
            write(f"{line}\n".encode())

    def _see_that_it_is_told(self) -> None:
        """By a thread that begins with the first number: a server's parent, which only forks, and
        a process that gathers nothing have none."""
        if self._teller is not None:
            return
        with self._lock:
            if self._teller is None:
                self._teller = threading.Thread(target=self._tell_on, name="metrics", daemon=True)
                self._teller.start()

    def _tell_on(self) -> None:
        while True:
            time.sleep(SECONDS)
            # What cannot be told is lost, and takes nothing with it.
            with contextlib.suppress(Exception):
                self.flush()


def _key(metric: Metric, by: Mapping[str, str]) -> Key:
    return metric, tuple(sorted(by.items()))


def write(data: bytes) -> None:
    """Straight to standard output: Celery puts a logger in the place of `sys.stdout`."""
    stream = sys.__stdout__
    with contextlib.suppress(OSError, ValueError):
        number = stream.fileno() if stream else 1
        while data:
            data = data[os.write(number, data) :]
