"""The figures as charts with their tables: what is drawn, what is said, in which order."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.figures.report import Figures, Use
from booking.figures.shaping import BANDS, LEAST, Band, Rate, Standardised
from booking.models import WorkingHours
from booking.wording import week_text

Cell = str | int | float | dt.date | None


@dataclass(frozen=True, slots=True)
class Bar:
    """`value`, `low` and `high` are shares of the chart's width; None: too few to say."""

    label: str
    value: float | None
    text: str
    low: float | None = None
    high: float | None = None
    is_second: bool = False  # drawn in the other colour


@dataclass(frozen=True, slots=True)
class Chart:
    """`rows` are the table beneath, and what a CSV file gets: numbers as numbers."""

    name: str
    title: str
    says: str
    bars: Sequence[Bar]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_upright: bool = False  # a bar for each week
    legend: Sequence[tuple[str, bool]] = field(default_factory=list)


def charts(figures: Figures, doctors: Mapping[uuid.UUID, str]) -> list[Chart]:
    """All but the comparison of reminders, which needs its own words; `doctors` are names by id."""
    return [
        use_by_doctor(figures, doctors),
        use_by_week(figures),
        lead_time(figures),
        cancelled_by_whom(figures),
        cancelled_how_late(figures),
        _missed(
            "weekday",
            _("No-shows by weekday"),
            _("weekday"),
            [(str(WorkingHours.WEEKDAYS[d][1]), r) for d, r in figures.missed_by_weekday.items()],
        ),
        _missed(
            "hour",
            _("No-shows by hour of the day"),
            _("hour"),
            [(f"{hour:02}:00", rate) for hour, rate in figures.missed_by_hour.items()],
        ),
        _missed(
            "lead",
            _("No-shows by lead time"),
            _("booked before"),
            [(band_text(band), figures.missed_by_band[band]) for band in BANDS],
        ),
    ]


def use_by_doctor(figures: Figures, doctors: Mapping[uuid.UUID, str]) -> Chart:
    found = [(doctors.get(pk, "–"), use) for pk, use in _offering(figures.use_by_doctor)]
    rows = sorted(found, key=lambda row: row[0])
    return Chart(
        name="use-by-doctor",
        title=_("Use of time, by doctor"),
        says=_use_says(figures.use),
        bars=[Bar(label, min(use.share or 0, 1), percent(use.share)) for label, use in rows],
        columns=[_("doctor"), *_use_columns()],
        rows=[[label, *_use_cells(use)] for label, use in rows],
    )


def _offering(by_doctor: Mapping[uuid.UUID, Use]) -> Iterable[tuple[uuid.UUID, Use]]:
    return [(pk, use) for pk, use in by_doctor.items() if use.offered or use.taken]


def use_by_week(figures: Figures) -> Chart:
    weeks = [(week, use) for week, use in figures.use_by_week.items() if use.offered]
    bars = [
        Bar(
            week_text(week, week + dt.timedelta(days=6)), min(use.share or 0, 1), percent(use.share)
        )
        for week, use in weeks
    ]
    return Chart(
        name="use-by-week",
        title=_("Use of time, by week"),
        says=_use_says(figures.use),
        bars=bars,
        columns=[_("week from"), *_use_columns()],
        rows=[[week, *_use_cells(use)] for week, use in weeks],
        is_upright=True,
    )


def _use_says(use: Use) -> str:
    return _("%(share)s of the offered time is taken; no-shows lost %(lost)s.") % {
        "share": percent(use.share),
        "lost": percent(use.lost / use.offered if use.offered else None),
    }


def _use_columns() -> list[str]:
    return [_("minutes offered"), _("minutes taken"), _("minutes lost to no-shows"), _("use %")]


def _use_cells(use: Use) -> list[Cell]:
    return [use.offered, use.taken, use.lost, _points(use.share)]


def lead_time(figures: Figures) -> Chart:
    counts = dict.fromkeys(BANDS, 0)
    for days, visits in figures.lead_days.items():
        counts[next(band for band in BANDS if band.holds(days))] += visits
    says = ""
    if figures.lead_median is not None:
        says = _("Half of all visits were booked %(half)s ahead or less, nine of ten %(nine)s.") % {
            "half": _days(figures.lead_median),
            "nine": _days(figures.lead_ninety or 0),
        }
    labels = [(band_text(band), visits) for band, visits in counts.items()]
    return _shares(
        "lead-time", _("Lead time: from booking to visit"), says, _("booked before"), labels
    )


def cancelled_by_whom(figures: Figures) -> Chart:
    words = {
        "patient": _("the patient or a carer"),
        "clinic": _("the clinic"),
        "system": _("the system"),
        "unknown": _("not known any more"),
    }
    counts = dict.fromkeys(words, 0)
    for row in figures.cancelled:
        counts[row.who] += row.visits
    says = _("%(share)s of all visits were cancelled (%(part)d of %(whole)d).") % {
        "share": _rate_text(figures.cancellations),
        "part": figures.cancellations.part,
        "whole": figures.cancellations.whole,
    }
    labels = [(words[who], visits) for who, visits in counts.items() if visits]
    return _shares("cancelled-by", _("Cancellations, by whom"), says, _("cancelled by"), labels)


def cancelled_how_late(figures: Figures) -> Chart:
    words = {
        168: _("more than 7 days before"),
        72: _("3 to 7 days before"),
        24: _("1 to 3 days before"),
        2: _("2 to 24 hours before"),
        0: _("less than 2 hours before"),
    }
    counts = dict.fromkeys(words, 0)
    for row in figures.cancelled:
        counts[row.hours] += row.visits
    says = _("What is freed late is hard to fill.")
    labels = [(words[hours], visits) for hours, visits in counts.items()]
    return _shares("cancelled-when", _("Cancellations, how late"), says, _("cancelled"), labels)


def _shares(
    name: str, title: str, says: str, column: str, labels: Sequence[tuple[str, int]]
) -> Chart:
    """Of all that were counted, which share each has."""
    whole = sum(visits for _label, visits in labels)
    shares = [(label, visits, visits / whole if whole else None) for label, visits in labels]
    return Chart(
        name=name,
        title=title,
        says=says,
        bars=[Bar(label, share, percent(share)) for label, _visits, share in shares],
        columns=[column, _("visits"), _("share %")],
        rows=[[label, visits, _points(share)] for label, visits, share in shares],
    )


def _missed(name: str, title: str, column: str, rates: Sequence[tuple[str, Rate]]) -> Chart:
    scale = _scale(rate for _label, rate in rates)
    return Chart(
        name=f"missed-by-{name}",
        title=title,
        says="",
        bars=[rate_bar(label, rate, scale) for label, rate in rates],
        columns=[column, *rate_columns()],
        rows=[[label, *rate_cells(rate)] for label, rate in rates],
    )


def comparison(figures: Figures) -> Chart:
    """The reminded beside the others, band by band."""
    found = figures.comparison
    pairs = [(band, *found.by_band[band]) for band in BANDS]
    scale = _scale(rate for _band, *pair in pairs for rate in pair)
    bars, rows = [], []
    for band, reminded, others in pairs:
        for rate, word, is_second in (
            (reminded, _("reminded"), False),
            (others, _("not reminded"), True),
        ):
            bars.append(rate_bar(f"{band_text(band)}, {word}", rate, scale, is_second=is_second))
            rows.append([band_text(band), word, *rate_cells(rate)])
    return Chart(
        name="missed-by-reminder",
        title=_("No-shows by reminder, within the same lead time"),
        says="",
        bars=bars,
        columns=[_("booked before"), _("reminder"), *rate_columns()],
        rows=rows,
        legend=[(_("reminded"), False), (_("not reminded"), True)],
    )


def rate_bar(label: str, rate: Rate, scale: float, *, is_second: bool = False) -> Bar:
    if rate.value is None or rate.interval is None:
        return Bar(label, None, _rate_text(rate), is_second=is_second)
    low, high = rate.interval
    text = _rate_text(rate)
    return Bar(label, rate.value / scale, text, low / scale, high / scale, is_second)


def rate_columns() -> list[str]:
    return [_("no-shows"), _("visits"), _("rate %"), _("95 % from"), _("to")]


def rate_cells(rate: Rate) -> list[Cell]:
    if rate.interval is None:
        return [None, rate.whole, None, None, None]
    low, high = rate.interval
    return [rate.part, rate.whole, _points(rate.value), _points(low), _points(high)]


def _scale(rates: Iterable[Rate]) -> float:
    """What the whole width stands for: the highest end of an interval, in steps of 10 %."""
    highest = max((rate.interval[1] for rate in rates if rate.interval), default=1.0)
    return next(step / 10 for step in range(1, 11) if step / 10 >= highest - 1e-9)


def _rate_text(rate: Rate) -> str:
    return _("too few") if rate.value is None and rate.whole else percent(rate.value)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def interval_text(found: Standardised | Rate | None) -> str:
    """“12.3 % (11.8 to 12.9)”."""
    if isinstance(found, Rate):
        if found.interval is None:
            return _rate_text(found)
        low, high = found.interval
        value = found.value
    elif found is None:
        return "–"
    else:
        value, low, high = found.value, found.low, found.high
    return _("%(value)s (%(low).1f to %(high).1f)") % {
        "value": percent(value),
        "low": 100 * low,
        "high": 100 * high,
    }


def _points(share: float | None) -> float | None:
    """As a number of a table: percent, to a tenth."""
    return None if share is None else round(100 * share, 1)


def band_text(band: Band) -> str:
    if band.last == 0:
        return _("the same day")
    if band.last is None:
        return _("%(first)d days or more") % {"first": band.first}
    return _("%(first)d to %(last)d days") % {"first": band.first, "last": band.last}


def _days(days: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


__all__ = ["LEAST", "Bar", "Chart", "charts", "comparison", "interval_text"]
