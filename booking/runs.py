"""Several visits at once: starts in a row, starts side by side, and dates of a course. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from booking.availability import Fit
from clinic.lib.times import instant

# The starts of one run, in the order of the people, each with its doctor.
Run = tuple[tuple[dt.datetime, uuid.UUID], ...]


def in_a_row(fits: Mapping[uuid.UUID, Sequence[Fit]], count: int) -> list[Run]:
    """Every way in which one doctor sees `count` people one after another without a gap.

    Buffers are part of each visit and are not shared: the next one's time, with its buffer,
    begins where the last one's ends.
    """
    runs = []
    for doctor_id, some in fits.items():
        following = {fit.busy.start: fit for fit in some}
        for first in some:
            chain = [first]
            while len(chain) < count and (after := following.get(chain[-1].busy.end)):
                chain.append(after)
            if len(chain) == count:
                runs.append(tuple((fit.visit.start, doctor_id) for fit in chain))
    return runs


def side_by_side(fits: Mapping[uuid.UUID, Sequence[Fit]], count: int) -> list[Run]:
    """For every start at which `count` doctors are free, those who come first in `fits`."""
    free: dict[dt.datetime, list[uuid.UUID]] = {}
    for doctor_id, some in fits.items():
        for fit in some:
            free.setdefault(fit.visit.start, []).append(doctor_id)
    return [
        tuple((start, doctor_id) for doctor_id in doctors[:count])
        for start, doctors in sorted(free.items())
        if len(doctors) >= count
    ]


def repeated(first: dt.datetime, *, weeks: int, count: int, zone: ZoneInfo) -> list[dt.datetime]:
    """`count` starts, `weeks` apart, all at the same time by the clinic's clock.

    Where the clocks have changed in between, the instants are an hour more or less apart. A wall
    time that a change skips is the instant of the change: hardly ever a time that is offered.
    """
    local = first.astimezone(zone)
    later = (local.date() + dt.timedelta(weeks=weeks * number) for number in range(1, count))
    return [first, *(instant(day, local.time(), zone) for day in later)]
