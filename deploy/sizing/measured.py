"""What our own runs found. Each group with its command, its day and its machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Of one request: milliseconds of processors, and the answer's bytes when packed."""

    site_ms: float
    database_ms: float
    cache_ms: float
    packed_bytes: int


@dataclass(frozen=True)
class Run:
    command: str
    date: str
    machine: str


# Processor time and not the clock: other programs worked on the machine, too. They share its
# caches, so that a quiet machine needs rather less. Ticks of 10 ms: a figure is right to 0.2 ms.
COSTS = Run(
    "python -m benchmarks.costs --appointments 100000 --times 60",
    "2026-11-22",
    "two cores of an AMD EPYC (x86), load 4 to 14",
)
PAGES = {
    "first page": Cost(5.33, 0.67, 0.0, 1678),
    "a week's free times": Cost(28.33, 1.0, 0.0, 3744),
    # "free times after a booking" less the booking: nothing of it was in the cache.
    "a week's free times, changed": Cost(81.33, 8.17, 0.83, 3746),
    "booking": Cost(29.17, 8.33, 0.17, 220),
    "my appointments": Cost(19.0, 3.83, 0.17, 2170),
    "doctor's day": Cost(40.67, 5.17, 0.17, 4868),
    "doctor's week": Cost(63.33, 8.33, 0.17, 9122),
    "front desk, busy day": Cost(69.0, 14.83, 0.33, 28565),
    "front desk, has it changed": Cost(27.33, 9.67, 0.17, 49),
    "front desk, a visit": Cost(33.0, 7.33, 0.17, 6099),
    "front desk, find by name": Cost(23.67, 3.0, 0.33, 5364),
    "a patient's record": Cost(43.5, 4.0, 0.33, 8315),
}
WEB_MIB, WORKER_MIB, BEAT_MIB = 260.2, 117.9, 98.7  # PSS, after the run; worker and clock idle
START_PROCESSOR_MS = 2100.0  # of a web task, until it is ready
VISIT_BYTES = 2960  # in the database: the visit and its place in the grid, nothing else

# The README's "What a morning costs": 50,000 in 7.7 s by two processes, the provider's stand-in and
# the database on the same two cores. At most all of both: 2 x 7.7 s / 50,000.
REMINDERS = Run("make bench-reminders", "in the README", "two cores, nothing else at work (load 1)")
REMINDER_MS = 0.31


def mean(*pages: str) -> Cost:
    """Of pages that are asked for equally often."""
    costs, many = [PAGES[page] for page in pages], len(pages)
    return Cost(
        site_ms=sum(cost.site_ms for cost in costs) / many,
        database_ms=sum(cost.database_ms for cost in costs) / many,
        cache_ms=sum(cost.cache_ms for cost in costs) / many,
        packed_bytes=round(sum(cost.packed_bytes for cost in costs) / many),
    )


# The kinds of request that `demand` counts.
REQUESTS = {
    "first page": PAGES["first page"],
    "free times": PAGES["a week's free times"],
    "free times, changed": PAGES["a week's free times, changed"],
    "other page of a patient": PAGES["my appointments"],
    "booking": PAGES["booking"],
    "page of a doctor": mean("doctor's day", "doctor's day", "doctor's week"),
    "page of a desk": mean(
        "front desk, busy day",
        "front desk, busy day",
        "front desk, a visit",
        "front desk, find by name",
        "a patient's record",
    ),
    "desk looks": PAGES["front desk, has it changed"],
}
