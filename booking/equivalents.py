"""Which free times are as good as the one a patient loses. The ranking is pure; the reads join.

The same visit type, the same part of the day, the nearest day, and then the nearest time of it;
another doctor before the one who is away. Times that are suggested together differ: the best of
one morning first, then other days and parts of the day, so that there is something to choose from.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking import queries
from booking.availability import Span
from booking.models import Appointment, PartOfDay, VisitType
from booking.waiting import part_of_day
from clinic.lib.times import local_day

SUGGESTED = 3
# Another part of the day is as bad as so many days away.
OTHER_PART = 2
# A time that was suggested to somebody else already, likewise.
CROWDED = 1
# How far around the lost time it is looked, and how soon somebody who is asked can be there.
BEFORE, AFTER = dt.timedelta(days=7), dt.timedelta(days=14)
SOONEST = dt.timedelta(hours=1)


class Option(NamedTuple):
    """A time with a doctor that could be had instead."""

    start: dt.datetime
    doctor_id: uuid.UUID


Allowed = Callable[[Option, dt.timedelta], bool]


class _Known(NamedTuple):
    """An option with what its rank depends on, worked out once for all who want one."""

    option: Option
    day: dt.date
    part: PartOfDay
    clock: int  # seconds since midnight, by the clinic's clock


@dataclass(frozen=True)
class Lost:
    """The time that a patient loses, and when the patient is busy otherwise."""

    start: dt.datetime
    doctor_id: uuid.UUID
    length: dt.timedelta
    busy: Sequence[Span] = ()

    def suits(self, option: Option) -> bool:
        span = Span(option.start, option.start + self.length)
        return option != (self.start, self.doctor_id) and not any(
            span.overlaps(other) for other in self.busy
        )


def known(options: Iterable[Option], zone: ZoneInfo) -> list[_Known]:
    found = []
    for option in options:
        wall = option.start.astimezone(zone)
        seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
        found.append(_Known(option, wall.date(), part_of_day(option.start, zone), seconds))
    return found


def rank(
    lost: Lost,
    options: Iterable[_Known],
    zone: ZoneInfo,
    *,
    order: Mapping[uuid.UUID, int] | None = None,
    crowd: Mapping[Option, int] | None = None,
    limit: int = SUGGESTED,
) -> list[Option]:
    """The best `limit` of the options, best first.

    `order` says which doctor is taken first where several are as good; `crowd` how many others an
    option was suggested to.
    """
    (own,) = known([Option(lost.start, lost.doctor_id)], zone)
    order, crowd = order or {}, crowd or {}

    def cost(some: _Known) -> tuple[object, ...]:
        far = abs((some.day - own.day).days)
        far += 0 if some.part == own.part else OTHER_PART
        far += CROWDED * crowd.get(some.option, 0)
        doctor_id = some.option.doctor_id
        return (
            far,
            doctor_id == lost.doctor_id,
            abs(some.clock - own.clock),
            some.option.start,
            order.get(doctor_id, 0),
            doctor_id,
        )

    best = sorted((some for some in options if lost.suits(some.option)), key=cost)
    return _various(best, limit)


def _various(ranked: Sequence[_Known], limit: int) -> list[Option]:
    """Of each day and part of the day the first, then whatever follows; each start once."""
    firsts: dict[tuple[dt.date, PartOfDay], _Known] = {}
    for some in ranked:
        firsts.setdefault((some.day, some.part), some)
    chosen: dict[dt.datetime, Option] = {}
    for some in [*firsts.values(), *ranked]:
        if len(chosen) == limit:
            break
        chosen.setdefault(some.option.start, some.option)
    return list(chosen.values())


def suggested(
    visits: Sequence[Appointment],
    *,
    now: dt.datetime,
    allowed: Allowed = lambda option, length: True,
    limit: int = SUGGESTED,
) -> dict[uuid.UUID, list[Option]]:
    """For each visit the best equivalent times; one look at the grid for each visit type.

    Notice and horizon are the patients' rules: here the clinic asks. `allowed` says of
    an option and the visit's length whether it will still be there.
    """
    if not visits:
        return {}
    starts = [visit.start for visit in visits]
    busy = _busy(visits, since=min(starts), until=max(starts))
    crowd: Counter[Option] = Counter()
    found: dict[uuid.UUID, list[Option]] = {}
    by_type: dict[uuid.UUID, list[Appointment]] = defaultdict(list)
    for visit in visits:
        by_type[visit.visit_type_id].append(visit)
    for alike in by_type.values():
        visit_type = alike[0].visit_type
        zone = visit_type.clinic.zone
        starts = [visit.start for visit in alike]
        options = known(_free(visit_type, starts, allowed, now=now), zone)
        order = _order({some.option.doctor_id for some in options})
        for visit in alike:
            lost = Lost(
                visit.start, visit.doctor_id, visit_type.length, busy.get(visit.patient_id, ())
            )
            best = rank(lost, options, zone, order=order, crowd=crowd, limit=limit)
            crowd.update(best[:1])
            found[visit.pk] = best
    return found


class Refreshed(NamedTuple):
    """What became of times that were offered, and which are the next best beside them."""

    free: list[Option]
    gone: list[Option]
    instead: list[Option]


def refreshed(
    visit: Appointment,
    before: Iterable[tuple[dt.datetime, uuid.UUID]],
    *,
    now: dt.datetime,
    limit: int = SUGGESTED,
) -> Refreshed:
    """Look again at what was offered for a visit `before`; those that are gone are made up for."""
    offered = [Option(start, doctor) for start, doctor in before]
    visit_type, zone = visit.visit_type, visit.visit_type.clinic.zone
    starts = [visit.start, *(option.start for option in offered)]
    busy = _busy([visit], since=min(starts), until=max(starts)).get(visit.patient_id, ())
    lost = Lost(visit.start, visit.doctor_id, visit_type.length, busy)
    options = _free(visit_type, starts, now=now)
    free = [option for option in offered if option in set(options) and lost.suits(option)]
    gone = [option for option in offered if option not in free]
    left = known((option for option in options if option not in offered), zone)
    order = _order({option.doctor_id for option in options})
    missing = max(0, limit - len(free))
    return Refreshed(free, gone, rank(lost, left, zone, order=order, limit=missing))


def same_time(visits: Sequence[Appointment], *, now: dt.datetime) -> dict[uuid.UUID, list[Option]]:
    """For each visit the doctors who are free at its very time, whom to take first first."""
    found: dict[uuid.UUID, list[Option]] = {}
    by_type: dict[uuid.UUID, list[Appointment]] = defaultdict(list)
    for visit in visits:
        by_type[visit.visit_type_id].append(visit)
    for alike in by_type.values():
        visit_type = alike[0].visit_type.without_limits()
        zone = visit_type.clinic.zone
        days = [local_day(visit.start, zone) for visit in alike]
        free = queries.free_times(visit_type=visit_type, first=min(days), last=max(days), now=now)
        doctors = {time.start: time.doctors for time in free}
        order = _order({doctor for some in doctors.values() for doctor in some})
        for visit in alike:
            others = [pk for pk in doctors.get(visit.start, ()) if pk != visit.doctor_id]
            others.sort(key=lambda pk: (order[pk], pk))
            found[visit.pk] = [Option(visit.start, pk) for pk in others]
    return found


def _free(
    visit_type: VisitType,
    around: Sequence[dt.datetime],
    allowed: Allowed = lambda option, length: True,
    *,
    now: dt.datetime,
) -> list[Option]:
    zone = visit_type.clinic.zone
    soonest = now + SOONEST
    first = local_day(max(min(around) - BEFORE, soonest), zone)
    last = local_day(max(around) + AFTER, zone)
    free = queries.free_times(
        visit_type=visit_type.without_limits(), first=first, last=last, now=now
    )
    options = (
        Option(time.start, doctor)
        for time in free
        if time.start >= soonest
        for doctor in time.doctors
    )
    return [option for option in options if allowed(option, visit_type.length)]


def _order(doctors: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Who offers the fewest other visit types first, as wherever any doctor will do."""
    offered = VisitType.doctors.through.objects.filter(
        doctor__in=doctors, visittype__active=True
    ).values_list("doctor_id", flat=True)
    counts = Counter(offered)
    return {doctor: counts[doctor] for doctor in doctors}


def _busy(
    visits: Sequence[Appointment], *, since: dt.datetime, until: dt.datetime
) -> dict[uuid.UUID | None, list[Span]]:
    """When the patients have other visits, in the time that is looked at."""
    day = dt.timedelta(days=1)
    others = (
        Appointment.objects.live()
        .filter(
            patient__in={visit.patient_id for visit in visits if visit.patient_id},
            start__lt=until + AFTER + day,
            end__gt=since - BEFORE - day,
        )
        .exclude(pk__in=[visit.pk for visit in visits])
    )
    found: dict[uuid.UUID | None, list[Span]] = defaultdict(list)
    for patient_id, start, end in others.values_list("patient_id", "start", "end"):
        found[patient_id].append(Span(start, end))
    return found
