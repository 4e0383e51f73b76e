"""What people feel while tasks start, and how many must stand there for nobody to feel anything."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from deploy.aws.configuration import Tasks
from deploy.sizing.demand import CLINIC, HUNDRED, Size
from deploy.sizing.queueing import Outcome, run
from deploy.sizing.scaling import Following

SEED = 20260922
PATIENCE = 30.0  # seconds: CloudFront would wait for sixty, but people do not
BACKLOG = 2048  # connections that a task's gunicorn lets wait, its default
QUIET = 300.0  # seconds before anything happens
LONGEST = 1200.0
RAMP = 600.0  # seconds from night to the busiest rate, from 8:00 on
NIGHT = 0.05  # of the busiest hour's rate
MANY = 60  # tasks: more than any of these waves asks for


@dataclass(frozen=True)
class Wave:
    """How the rate changes: `rate(seconds)` in requests a second; never above `peak`."""

    name: str
    rate: Callable[[float], float]
    peak: float
    seconds: float = LONGEST


def step(size: Size, *, factor: int = 10) -> Wave:
    """From the busiest usual rate to so many times that, from one moment to the next."""
    usual = size.rate
    peak = usual * factor
    return Wave(
        f"{factor} times at once", lambda now: peak if now >= QUIET else usual, peak, seconds=900.0
    )


def morning(size: Size, *, factor: int = 1) -> Wave:
    """The doors open at 8:00: within ten minutes from the night's rate to the busiest."""
    peak = size.rate * factor

    def rate(now: float) -> float:
        return peak * min(1.0, max(NIGHT, (now - QUIET) / RAMP))

    name = "8:00" if factor == 1 else f"8:00, {factor} times"
    return Wave(name, rate, peak)


def arrivals(wave: Wave, *, mean: float, seed: int = SEED) -> Iterator[tuple[float, float]]:
    """At random at the wave's rate; work at random too (exponential), of `mean` seconds: about as
    uneven as our pages are."""
    chance = random.Random(seed)  # noqa: S311 - a simulation that is to come out the same again
    draw, accept = chance.expovariate, chance.random
    now = draw(wave.peak)
    while now < wave.seconds:
        if accept() * wave.peak <= wave.rate(now):
            yield now, draw(1 / mean)
        now += draw(wave.peak)


def felt(
    wave: Wave,
    *,
    mean: float,
    least: int,
    most: int,
    vcpus: float = 1,
    requests_a_minute: float = 600,
    until: Callable[[Outcome], bool] = lambda outcome: False,
) -> Outcome:
    """With `least` tasks standing there at the beginning. Work is done by whole processors; a task
    with part of one is slower."""
    processors = max(1, int(vcpus))
    return run(
        arrivals(wave, mean=mean * processors / vcpus),
        tasks=least,
        processors=processors,
        patience=PATIENCE,
        room=BACKLOG,
        scaler=Following(least, most, vcpus, requests_a_minute),
        until=until,
    )


def fewest(
    wave: Wave, *, mean: float, most: int, vcpus: float = 1, requests_a_minute: float = 600
) -> int:
    """The smallest number of tasks to begin with, so that no request waits longer than a second or
    fails. Looked for by halving, which takes it that more tasks are never worse."""
    low, high = 1, max(2, math.ceil(wave.peak * mean / vcpus * 2) + 2)
    while low < high:
        middle = (low + high) // 2
        outcome = felt(
            wave, mean=mean, least=middle, most=max(most, middle), vcpus=vcpus,
            requests_a_minute=requests_a_minute, until=lambda found: found.long > 0,
        )  # fmt: skip
        low, high = (low, middle) if outcome.long == 0 else (middle + 1, high)
    return low


@dataclass(frozen=True)
class Felt:
    size: Size
    wave: Wave
    least: int
    most: int
    outcome: Outcome
    fewest: int


@lru_cache(maxsize=1)
def all_felt(web: Tasks, *, requests_a_minute: int) -> tuple[Felt, ...]:
    """A clinic with the configured tasks; a hundred also with as many as they ask for. A country is
    cells of that kind: the more requests there are, the smoother they come."""
    found = []
    for size in (CLINIC, HUNDRED):
        mean, vcpus = size.cost.site_ms / 1000, web.cpu / 1024
        for wave in (morning(size), morning(size, factor=10), step(size)):
            enough = fewest(
                wave, mean=mean, most=MANY, vcpus=vcpus, requests_a_minute=requests_a_minute
            )
            for most in (web.most,) if size is CLINIC else (web.most, MANY):
                outcome = felt(
                    wave, mean=mean, least=web.least, most=most, vcpus=vcpus,
                    requests_a_minute=requests_a_minute,
                )  # fmt: skip
                found.append(Felt(size, wave, web.least, most, outcome, enough))
    return tuple(found)
