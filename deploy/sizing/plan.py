"""How many tasks, and what database and cache, a size of demand needs in its busiest hour.

All from processor time: one vCPU at work all the time serves 1000 / (milliseconds of a request) a
second. Nothing is planned to be that busy: what is left is for a bad minute, and for what the
measurements did not see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from deploy.aws.configuration import Environment
from deploy.sizing.demand import Size, assumed
from deploy.sizing.machines import CACHES, DATABASES, Machine
from deploy.sizing.measured import REMINDER_MS

WEB_BUSY = 0.70  # as the scaling of the web tasks
DATABASE_BUSY = 0.50  # a standby that takes over is cold, and vacuum wants its part
CELL_VCPUS = 32  # the largest database that is planned with: above it, another cell
LEAST = 2  # tasks: in two zones
REMINDERS_WITHIN = 600  # seconds in which a morning's reminders leave
HOT_MONTHS = 1  # of visits that fill no more than half of the database's memory


@dataclass(frozen=True)
class Plan:
    """`cells`: whole environments side by side, each with its share of the clinics. Everything else
    is of one cell."""

    size: Size
    cells: int
    web_tasks: int
    worker_tasks: int
    database: Machine
    database_vcpus: float  # at work in the busiest hour
    storage_gib: int
    cache: Machine
    rate: float  # requests a second, of a cell
    web_vcpus: float


def plan(size: Size, shape: Environment) -> Plan:
    """`shape`: whose web tasks, and whose rules for starting more, are planned with."""
    cost, rate = size.cost, size.rate
    database = rate * cost.database_ms / 1000
    cells = _cells(database, _stored_gib(size) * _hot_share())
    web = rate * cost.site_ms / 1000 / cells
    stored = _stored_gib(size) / cells
    return Plan(
        size=size,
        cells=cells,
        web_tasks=max(LEAST, _by_processors(web, shape), _by_requests(rate / cells, shape)),
        worker_tasks=_workers(size, cells),
        database=_fits(
            DATABASES, database / cells / DATABASE_BUSY, stored * _hot_share(), CELL_VCPUS
        ),
        database_vcpus=database / cells,
        storage_gib=max(20, 10 * math.ceil(stored * 1.3 / 10)),
        cache=_fits(CACHES, rate * cost.cache_ms / 1000 / cells / DATABASE_BUSY, _sessions(size)),
        rate=rate / cells,
        web_vcpus=web,
    )


def _cells(vcpus: float, hot_gib: float) -> int:
    """As many as the largest planned database must be there for the work, and for the memory."""
    most = max((each for each in DATABASES if each.vcpus <= CELL_VCPUS), key=lambda m: m.vcpus)
    by_work, by_memory = vcpus / (most.steady * DATABASE_BUSY), 2 * hot_gib / most.gib
    return max(1, math.ceil(by_work), math.ceil(by_memory))


def _by_processors(vcpus: float, shape: Environment) -> int:
    return math.ceil(vcpus / WEB_BUSY / (shape.web.cpu / 1024))


def _by_requests(rate: float, shape: Environment) -> int:
    """As many as the scaling starts for so many requests, whatever their processors do."""
    return math.ceil(rate * 60 / (shape.requests_a_minute * shape.web.cpu / 1024))


def _workers(size: Size, cells: int) -> int:
    """A morning's reminders of tomorrow's visits, by one process a task."""
    busy = size.visits_a_day / cells * REMINDER_MS / 1000 / REMINDERS_WITHIN
    return max(LEAST, math.ceil(busy / WEB_BUSY))


def _stored_gib(size: Size) -> float:
    visits = size.visits_a_month * 12 * assumed("years of visits stored")
    return visits * assumed("bytes of a visit") / 2**30


def _hot_share() -> float:
    return HOT_MONTHS / (12 * assumed("years of visits stored"))


def _sessions(size: Size) -> float:
    """GiB: a day's bookings each with a session, and as much again for finished free times."""
    bookings = size.visits_a_day * assumed("bookings for a visit")
    people = bookings * assumed("people who look for one who books")
    return 2 * people * assumed("bytes of a session") / 2**30


def _fits(ladder: tuple[Machine, ...], vcpus: float, gib: float, most: float = math.inf) -> Machine:
    """The smallest with so many processors and twice the memory; else the largest allowed."""
    allowed = [each for each in ladder if each.vcpus <= most]
    return next((m for m in allowed if m.steady >= vcpus and m.gib / 2 >= gib), allowed[-1])
