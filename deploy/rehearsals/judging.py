"""What a run says, from what was written down while it ran. Pure: no clock, no database."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One request: when it was due (seconds on the run's clock), what it took, how it ended."""

    at: float
    kind: str  # "page" or "booking"
    milliseconds: float
    status: int  # of the answer; 0 where none came
    trouble: str = ""

    @property
    def failed(self) -> bool:
        """No answer, or one that blames the server. A refusal (409) is an answer."""
        return self.status == 0 or self.status >= 500


@dataclass(frozen=True)
class Booked:
    """A booking that a client was told of: from then on it must never be lost."""

    at: float
    id: str
    doctor: str
    start: str


@dataclass(frozen=True)
class Figures:
    """Requests of one stretch of time; p50 and p99 in milliseconds."""

    requests: int
    failed: int
    bookings: int
    p50: float
    p99: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all (0 to 1) do not exceed; nan of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def figures(samples: Iterable[Sample], *, since: float = 0.0, until: float = math.inf) -> Figures:
    """Of the requests that were due in [since, until)."""
    chosen = [one for one in samples if since <= one.at < until]
    answered = [one.milliseconds for one in chosen if not one.failed]
    return Figures(
        requests=len(chosen),
        failed=sum(one.failed for one in chosen),
        bookings=sum(one.kind == "booking" and one.status == 201 for one in chosen),
        p50=percentile(answered, 0.5),
        p99=percentile(answered, 0.99),
    )


def troubles(samples: Iterable[Sample]) -> str:
    """How requests failed, the most frequent first: "502 ×3, ReadError ×1"."""
    named = Counter(one.trouble or str(one.status) for one in samples if one.failed)
    return ", ".join(f"{name} ×{count}" for name, count in named.most_common())


def lost(journal: Iterable[Booked], present: Collection[str]) -> list[Booked]:
    """The acknowledged bookings whose row is not there."""
    return [one for one in journal if one.id not in present]


def given_twice(journal: Iterable[Booked]) -> list[tuple[str, str]]:
    """Times (doctor, start) that were acknowledged to more than one client."""
    counted = Counter((one.doctor, one.start) for one in journal)
    return [time for time, times in counted.items() if times > 1]


def gap(moments: Iterable[float], *, broken: float) -> float:
    """Seconds from the break to the first success that is later; inf if none came."""
    return min((at for at in moments if at > broken), default=math.inf) - broken


@dataclass(frozen=True)
class Sent:
    """The outbox beside what the mailbox kept."""

    messages: int
    unsent: int
    missing: int
    twice: int

    @property
    def exactly_once(self) -> bool:
        return not (self.unsent or self.missing or self.twice)


def sent(statuses: dict[str, str], kept: Iterable[str]) -> Sent:
    """`statuses`: of each row of the outbox by id; `kept`: the id in each mail that arrived."""
    arrived = Counter(kept)
    return Sent(
        messages=len(statuses),
        unsent=sum(status != "sent" for status in statuses.values()),
        missing=sum(id_ not in arrived for id_ in statuses),
        twice=sum(times > 1 for times in arrived.values()),
    )


@dataclass(frozen=True)
class Promise:
    """One sentence that a run must keep, and whether it did."""

    text: str
    kept: bool


def verdict(promises: Sequence[Promise]) -> tuple[bool, str]:
    """Whether all were kept, and the sentence that ends a run. Nothing promised is nothing kept."""
    broken = [one.text for one in promises if not one.kept]
    if not promises:
        return False, "BROKEN: nothing was looked at."
    if broken:
        return False, "BROKEN: " + "; ".join(broken) + "."
    return True, "Kept: " + "; ".join(one.text for one in promises) + "."


def rows(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    """A table in Markdown, its columns aligned so that a terminal can show it too."""
    cells = [[str(cell) for cell in line] for line in (heads, *lines)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    shown: Callable[[Sequence[str]], str] = lambda line: (  # noqa: E731
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
    )
    return [shown(cells[0]), shown(["-" * width for width in widths]), *map(shown, cells[1:])]
