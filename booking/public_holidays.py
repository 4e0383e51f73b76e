"""Public holidays by country and region, and what a clinic would lose by them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import holidays
from holidays.registry import COUNTRIES

from accounts.models import Clinic
from booking.models import Appointment, TimeOff
from booking.models.appointment import MOVABLE
from clinic.lib.times import day_bounds, local_day

CODES = frozenset(names[1] for names in COUNTRIES.values())


@dataclass(frozen=True)
class Day:
    date: dt.date
    name: str
    visits: int  # that stand there now
    applied: TimeOff | None

    @property
    def can_apply(self) -> bool:
        return self.applied is None


def countries() -> list[tuple[str, str]]:
    """Code and English name of each country that the library knows."""
    found = {
        names[1]: module.replace("_", " ").title().replace(" And ", " and ").replace(" Of ", " of ")
        for module, names in COUNTRIES.items()
    }
    return sorted(found.items(), key=lambda item: item[1])


def regions(country: str) -> list[str]:
    """Of that country alone: the library loads each country's rules when it is asked for them."""
    if country not in CODES:
        return []
    return list(holidays.country_holidays(country).subdivisions)


def named(country: str, region: str, years: Sequence[int]) -> dict[dt.date, str]:
    """Each public holiday's name, by its day."""
    found = holidays.country_holidays(country, subdiv=region or None, years=list(years))
    return dict(sorted(found.items()))


def preview(
    clinic: Clinic, country: str, region: str, years: Sequence[int], *, now: dt.datetime
) -> list[Day]:
    """The holidays to come with what stands there, and which are closed already: two queries."""
    zone, today = clinic.zone, local_day(now, clinic.zone)
    names = {day: name for day, name in named(country, region, years).items() if day >= today}
    if not names:
        return []
    window = day_bounds(min(names), zone)[0], day_bounds(max(names), zone)[1]
    visits = Appointment.objects.filter(
        clinic=clinic,
        status__in=MOVABLE,
        start__gte=max(window[0], now),
        start__lt=window[1],
    )
    standing = Counter(local_day(start, zone) for start in visits.values_list("start", flat=True))
    closed = list(
        TimeOff.objects.filter(
            clinic=clinic, doctor=None, kind=TimeOff.Kind.HOLIDAY,
            start__lt=window[1], end__gt=window[0],
        )
    )  # fmt: skip

    def closing(day: dt.date) -> TimeOff | None:
        start, end = day_bounds(day, zone)
        return next((off for off in closed if off.start <= start and off.end >= end), None)

    return [Day(day, name, standing[day], closing(day)) for day, name in names.items()]
