"""What people feel: the same each time, worse with fewer tasks, and nothing with enough."""

from __future__ import annotations

import pytest

from deploy.sizing.delays import arrivals, felt, fewest, morning, step
from deploy.sizing.demand import Size

SMALL = Size("ten clinics", 10)
MEAN = 0.2  # seconds: enough for ten clinics to need several tasks


def test_the_same_seed_gives_the_same_requests():
    first, again, other = (list(arrivals(step(SMALL), mean=MEAN, seed=seed)) for seed in (1, 1, 2))

    assert first == again != other


def test_as_many_come_as_the_wave_says():
    wave = step(SMALL)

    came = [moment for moment, _work in arrivals(wave, mean=MEAN)]

    before = sum(moment < 300 for moment in came) / 300
    after = sum(moment >= 300 for moment in came) / 600
    assert before == pytest.approx(SMALL.rate, rel=0.1)
    assert after == pytest.approx(10 * SMALL.rate, rel=0.05)


def test_the_morning_ends_at_the_busiest_rate_and_begins_far_below():
    wave = morning(SMALL)

    assert wave.rate(0) < 0.1 * SMALL.rate
    assert wave.rate(900) == wave.peak == SMALL.rate


def test_too_few_make_people_wait_and_the_fewest_is_the_first_that_does_not():
    wave = step(SMALL)
    enough = fewest(wave, mean=MEAN, most=60)

    assert felt(wave, mean=MEAN, least=enough, most=60).long == 0
    assert felt(wave, mean=MEAN, least=enough - 1, most=60).long > 0
    assert felt(wave, mean=MEAN, least=1, most=60).failed > 0


def test_nobody_is_lost_while_tasks_are_added():
    outcome = felt(step(SMALL), mean=MEAN, least=2, most=60)

    assert outcome.most_tasks > 2
    assert outcome.conserved


def test_with_less_of_a_processor_a_request_takes_longer():
    wave = step(SMALL, factor=1)

    whole, quarter = (felt(wave, mean=0.02, least=1, most=1, vcpus=n) for n in (1, 0.25))

    assert quarter.waited > 2 * whole.waited
