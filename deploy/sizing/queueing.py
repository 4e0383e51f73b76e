"""Requests, processors, and who waits: a simulation event by event, and the formula to hold it to.

A request wants one processor for a while. Whoever finds none free waits in line, first come, first
served, whatever task has it: the balancer gives a request to the task with the fewest. Who waits
longer than `patience` is told so (a failed request), and so is who finds the line full.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

INFINITE = math.inf


class Scaler(Protocol):
    def minute(self, now: float, *, busy: float, arrived: int) -> Iterator[float]:
        """What is seen each minute: the share of processors at work in it, and the requests. Yields
        the moments at which further tasks will be ready."""
        ...


@dataclass
class Outcome:
    arrived: int = 0
    served: int = 0
    failed: int = 0
    waited: int = 0  # had to wait at all, of those that began or gave up
    long: int = 0  # waited longer than LONG, or failed
    longest: float = 0.0  # seconds
    left: int = 0  # in line or at work when the run ended
    most_tasks: int = 0

    @property
    def conserved(self) -> bool:
        return self.arrived == self.served + self.failed + self.left


LONG = 1.0  # seconds: what people notice


@dataclass
class Line:
    """The run's state. `processors` of a task each serve one request at a time."""

    tasks: int
    processors: int
    patience: float
    room: float  # requests in line, a task
    free: int = 0
    waiting: deque[tuple[float, float]] = field(default_factory=deque)
    working: list[float] = field(default_factory=list)
    busy: float = 0.0  # seconds of work begun
    outcome: Outcome = field(default_factory=Outcome)

    def arrive(self, now: float, work: float) -> None:
        self.outcome.arrived += 1
        if self.free:
            self._begin(now, now, work)
        elif len(self.waiting) >= self.room * self.tasks:
            self._fail()
        else:
            self.waiting.append((now, work))

    def add_task(self, now: float) -> None:
        self.tasks += 1
        self.outcome.most_tasks = max(self.outcome.most_tasks, self.tasks)
        self.free += self.processors
        self.next(now)

    def end_one(self, now: float) -> None:
        heapq.heappop(self.working)
        self.outcome.served += 1
        self.free += 1
        self.next(now)

    def next(self, now: float) -> None:
        while self.waiting and self.free:
            came, work = self.waiting.popleft()
            if now - came > self.patience:
                self._fail(waited=self.patience)
            else:
                self._begin(now, came, work)

    def _begin(self, now: float, came: float, work: float) -> None:
        self.free -= 1
        self.busy += work
        heapq.heappush(self.working, now + work)
        wait, outcome = now - came, self.outcome
        if wait > 0:
            outcome.waited += 1
            outcome.long += wait > LONG
            outcome.longest = max(outcome.longest, wait)

    def _fail(self, *, waited: float = 0.0) -> None:
        outcome = self.outcome
        outcome.failed += 1
        outcome.waited += 1
        outcome.long += 1
        outcome.longest = max(outcome.longest, waited)


def run(
    arrivals: Iterator[tuple[float, float]],
    *,
    tasks: int,
    processors: int = 1,
    patience: float = INFINITE,
    room: float = INFINITE,
    scaler: Scaler | None = None,
    until: Callable[[Outcome], bool] = lambda outcome: False,
) -> Outcome:
    """`arrivals`: (moment, seconds of a processor), in order. Ends after the last of them; what is
    still in line is counted as left. Ends early when `until` says so, asked each minute."""
    line = Line(tasks, processors, patience, room, free=tasks * processors)
    line.outcome.most_tasks = tasks
    starting: list[float] = []
    minute, arrived, worked = 60.0, 0, 0.0
    for moment, work in arrivals:
        while minute <= moment:
            _catch_up(line, starting, minute)
            at_work = min(1.0, (line.busy - worked) / (60 * line.tasks * processors))
            if scaler:
                seen = line.outcome.arrived - arrived
                for ready in scaler.minute(minute, busy=at_work, arrived=seen):
                    heapq.heappush(starting, ready)
            arrived, worked, minute = line.outcome.arrived, line.busy, minute + 60
            if until(line.outcome):
                break
        else:
            _catch_up(line, starting, moment)
            line.arrive(moment, work)
            continue
        break
    line.outcome.left = len(line.waiting) + len(line.working)
    return line.outcome


def _catch_up(line: Line, starting: list[float], moment: float) -> None:
    """All that ends or starts until `moment`, in order."""
    working = line.working
    while True:
        ends = working[0] if working else INFINITE
        ready = starting[0] if starting else INFINITE
        if min(ends, ready) > moment:
            return
        if ends <= ready:
            line.end_one(ends)
        else:
            heapq.heappop(starting)
            line.add_task(ready)


def erlang_c(servers: int, load: float) -> float:
    """The share of requests that wait where they come at random and their work is exponential.
    `load`: how many servers' worth of work comes; less than `servers`."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    busy = load / servers
    return blocked / (1 - busy * (1 - blocked))
