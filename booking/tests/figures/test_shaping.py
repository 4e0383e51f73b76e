"""Rates, intervals and standardising, against numbers worked out elsewhere."""

from __future__ import annotations

import pytest

from booking.figures.shaping import (
    BANDS,
    NOTHING,
    Band,
    Rate,
    band_of,
    compare,
    percentile,
    wilson,
)

SAME_DAY, NEAR, FAR = BANDS[0], BANDS[2], BANDS[4]


def test_wilsons_interval_is_the_textbooks() -> None:
    # 10 of 50: Newcombe 1998 and R's prop.test(10, 50, correct = FALSE) give 0.1124 to 0.3304.
    assert wilson(10, 50) == pytest.approx((0.1124, 0.3304), abs=1e-4)


@pytest.mark.parametrize(("part", "whole"), [(0, 20), (20, 20), (1, 1000), (999, 1000)])
def test_an_interval_stays_between_nothing_and_all(part: int, whole: int) -> None:
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole <= high <= 1
    assert low < high


def test_of_nineteen_visits_nothing_is_said_of_twenty_a_rate() -> None:
    assert (Rate(5, 19).value, Rate(5, 19).interval) == (None, None)
    assert Rate(5, 20).value == 0.25


def test_every_lead_time_is_in_one_band() -> None:
    for days in range(-3, 400):
        assert band_of(days) in BANDS
        assert sum(band.holds(max(days, 0)) for band in BANDS) == 1


def test_a_crude_difference_can_be_the_opposite_of_the_true_one() -> None:
    """Everybody is missed less when reminded, and yet the reminded are missed more."""
    by_band = {
        SAME_DAY: (NOTHING, Rate(20, 1000)),
        NEAR: (Rate(20, 200), Rate(60, 300)),
        FAR: (Rate(240, 800), Rate(80, 200)),
    }
    found = compare(by_band)

    assert found.reminded.value == pytest.approx(0.26)
    assert found.others.value == pytest.approx(160 / 1500)
    # Weights 500 and 1000 of 1500: (1 · 0.1 + 2 · 0.3) / 3 and (1 · 0.2 + 2 · 0.4) / 3.
    assert found.reminded_standardised is not None and found.others_standardised is not None
    assert found.reminded_standardised.value == pytest.approx(0.7 / 3)
    assert found.others_standardised.value == pytest.approx(1.0 / 3)
    assert found.reminded_standardised.high < found.others_standardised.low
    assert found.left_out == 1000


def test_bands_in_which_one_group_is_too_small_are_not_compared() -> None:
    found = compare({NEAR: (Rate(3, 19), Rate(10, 100))})

    assert found.shared == []
    assert found.reminded_standardised is None
    assert found.left_out == 119


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile({0: 5, 3: 4, 9: 1}, 50) == 0
    assert percentile({0: 5, 3: 4, 9: 1}, 51) == 3
    assert percentile({0: 5, 3: 4, 9: 1}, 90) == 3
    assert percentile({0: 5, 3: 4, 9: 1}, 91) == 9
    assert percentile({}, 50) is None


def test_bands_meet_without_a_gap() -> None:
    ends = [band.last for band in BANDS]
    assert [band.first for band in BANDS[1:]] == [(end or 0) + 1 for end in ends[:-1]]
    assert Band(31, None).holds(10_000)
