"""The arithmetic of rates: intervals, bands of lead time, standardising. No database, no clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Of fewer visits no rate is shown: one person more or less would change it by five points.
LEAST = 20
Z = 1.959964  # of 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """`part` of `whole`."""

    part: int
    whole: int

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.part + other.part, self.whole + other.whole)

    @property
    def is_enough(self) -> bool:
        return self.whole >= LEAST

    @property
    def value(self) -> float | None:
        """From 0 to 1; None when there are too few to say."""
        return self.part / self.whole if self.is_enough else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % score interval: right also near 0 and 1, where the usual one is not."""
        return wilson(self.part, self.whole) if self.is_enough else None


NOTHING = Rate(0, 0)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """E. B. Wilson, "Probable inference, the law of succession…", 1927, equation for the bounds."""
    share, squared = part / whole, Z * Z
    middle = share + squared / (2 * whole)
    reach = Z * math.sqrt(share * (1 - share) / whole + squared / (4 * whole * whole))
    scale = 1 + squared / whole
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def total(rates: Iterable[Rate]) -> Rate:
    return sum(rates, NOTHING)


@dataclass(frozen=True, slots=True)
class Band:
    """Lead times of `first` to `last` whole days, both included; no last is open."""

    first: int
    last: int | None

    def holds(self, days: int) -> bool:
        return self.first <= days and (self.last is None or days <= self.last)


# Nobody reminds a visit of the same day; few do for one of the day after tomorrow.
BANDS = (Band(0, 0), Band(1, 2), Band(3, 7), Band(8, 14), Band(15, 30), Band(31, None))


def band_of(days: int) -> Band:
    """Of a visit written down after it began (a walk-in) the lead is none."""
    return next(band for band in BANDS if band.holds(max(days, 0)))


@dataclass(frozen=True, slots=True)
class Standardised:
    """A rate as it would be if its group had the lead times of all."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Missed visits of the reminded against the others: as they are, within each band of lead
    time, and standardised over the bands in which both can be compared."""

    reminded: Rate
    others: Rate
    by_band: Mapping[Band, tuple[Rate, Rate]]
    shared: Sequence[Band]
    reminded_standardised: Standardised | None
    others_standardised: Standardised | None

    @property
    def left_out(self) -> int:
        """Visits in bands where one of the two groups has too few."""
        return total(
            rate for band, pair in self.by_band.items() if band not in self.shared for rate in pair
        ).whole


def compare(by_band: Mapping[Band, tuple[Rate, Rate]]) -> Comparison:
    """`by_band`: missed visits of the reminded, and of the others."""
    shared = [band for band in by_band if all(rate.is_enough for rate in by_band[band])]
    weights = {band: total(by_band[band]).whole for band in shared}
    return Comparison(
        reminded=total(pair[0] for pair in by_band.values()),
        others=total(pair[1] for pair in by_band.values()),
        by_band=by_band,
        shared=shared,
        reminded_standardised=standardise({band: by_band[band][0] for band in shared}, weights),
        others_standardised=standardise({band: by_band[band][1] for band in shared}, weights),
    )


def standardise(rates: Mapping[Band, Rate], weights: Mapping[Band, int]) -> Standardised | None:
    """Direct standardisation: each band's rate, weighted by how many visits of all are in it.

    The interval is the normal one for a weighted sum of independent shares.
    """
    everybody = sum(weights.values())
    if not everybody:
        return None
    value = variance = 0.0
    for band, rate in rates.items():
        weight, share = weights[band] / everybody, rate.part / rate.whole
        value += weight * share
        variance += weight * weight * share * (1 - share) / rate.whole
    reach = Z * math.sqrt(variance)
    return Standardised(value, max(0.0, value - reach), min(1.0, value + reach))


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """The smallest key that at least `percent` of all do not exceed (nearest rank)."""
    rank = max(1, -(-sum(counts.values()) * percent // 100))
    seen = 0
    for key in sorted(counts):
        seen += counts[key]
        if seen >= rank:
            return key
    return None
