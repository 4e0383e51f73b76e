"""The simulation, held to what is known of queues, and to losing nobody."""

from __future__ import annotations

import random

import pytest

from deploy.sizing.queueing import erlang_c, run


def poisson(rate: float, mean: float, *, number: int, seed: int = 1):
    chance, now = random.Random(seed), 0.0
    for _ in range(number):
        now += chance.expovariate(rate)
        yield now, chance.expovariate(1 / mean)


def test_erlangs_formula_itself():
    # One server: the share that waits is how busy it is. Two, half busy: 1/3.
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("servers", "busy"), [(1, 0.5), (2, 0.7), (5, 0.8), (20, 0.9)])
def test_as_many_wait_as_erlang_says(servers, busy):
    load = servers * busy

    outcome = run(poisson(load / 0.03, 0.03, number=60_000), tasks=servers)

    expected = erlang_c(servers, load)
    assert outcome.waited / outcome.arrived == pytest.approx(expected, abs=0.03)


def test_processors_of_a_task_are_as_good_as_tasks():
    one_each = run(poisson(100, 0.03, number=5000), tasks=4)
    two_each = run(poisson(100, 0.03, number=5000), tasks=2, processors=2)

    assert (one_each.waited, one_each.longest) == (two_each.waited, two_each.longest)


@pytest.mark.parametrize("room", [5, float("inf")])
@pytest.mark.parametrize("patience", [0.5, float("inf")])
@pytest.mark.parametrize("busy", [0.3, 0.95, 3.0])
def test_whoever_came_was_served_failed_or_is_still_there(busy, patience, room):
    arrivals = poisson(2 * busy / 0.03, 0.03, number=5000)

    outcome = run(arrivals, tasks=2, patience=patience, room=room)

    assert outcome.arrived == 5000
    assert outcome.conserved


def test_nobody_is_begun_who_has_waited_too_long():
    # One task, a request of ten seconds, and two that wait for it: one of them has the patience.
    arrivals = iter([(0.0, 10.0), (1.0, 1.0), (6.0, 1.0), (20.0, 0.1)])

    outcome = run(arrivals, tasks=1, patience=5.0)

    assert (outcome.served, outcome.failed, outcome.left) == (2, 1, 1)
    assert outcome.long == 2  # the one that failed, and the one that waited four seconds


def test_a_full_line_turns_away():
    arrivals = iter([(0.0, 100.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)])

    outcome = run(arrivals, tasks=1, room=2)

    assert (outcome.failed, outcome.left) == (1, 3)


class OneMore:
    """One further task, `ready` at that moment, asked for at the end of the first minute."""

    def __init__(self, ready: float) -> None:
        self.ready = ready
        self.seen: list[tuple[float, int]] = []

    def minute(self, now, *, busy, arrived):
        self.seen.append((busy, arrived))
        if now == 60:
            yield self.ready


def test_a_task_takes_from_the_line_when_it_is_ready_and_not_before():
    arrivals = iter([(0.0, 300.0), (10.0, 1.0), (200.0, 1.0)])

    outcome = run(arrivals, tasks=1, scaler=OneMore(90.0))

    assert outcome.longest == 80.0
    assert outcome.most_tasks == 2


def test_each_minute_is_seen_with_what_came_in_it():
    scaler = OneMore(1e9)

    run(iter([(0.0, 30.0), (10.0, 15.0), (61.0, 6.0), (121.0, 1.0)]), tasks=1, scaler=scaler)

    assert [arrived for _busy, arrived in scaler.seen] == [2, 1]
    assert [round(busy, 2) for busy, _arrived in scaler.seen] == [0.75, 0.1]
