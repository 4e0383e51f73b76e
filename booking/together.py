"""Where several visits would fit: for several people at once, or for one person every few weeks.

Reads only, and holds nothing: what is proposed is booked by `operations.book_together`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor, Patient
from booking import queries
from booking.availability import Span
from booking.models import Appointment, Slot, SlotStatus, VisitType
from booking.queries import FreeTime
from booking.runs import Run, in_a_row, repeated, side_by_side
from clinic.lib.times import day_bounds, local_day

WEEK = dt.timedelta(days=7)
INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Seat:
    """One person's visit of a proposal."""

    patient: Patient
    start: dt.datetime
    doctor: Doctor


@dataclass(frozen=True, slots=True)
class Family:
    """Several people who come together for the same kind of visit."""

    visit_type: VisitType
    people: tuple[Patient, ...]
    now: dt.datetime

    def times(self, first: dt.date, last: dt.date, doctor: Doctor | None) -> list[FreeTime]:
        """The starts at which all can be seen, one after another or side by side."""
        zone = self.visit_type.clinic.zone
        window = Span(day_bounds(first, zone)[0], day_bounds(last, zone)[1])
        found: dict[dt.datetime, set[uuid.UUID]] = {}
        for run in self._runs(window, doctor):
            found.setdefault(run[0][0], set()).update(doctor_id for _start, doctor_id in run)
        return [FreeTime(start, tuple(sorted(found[start]))) for start in sorted(found)]

    def next_free(self, after: dt.datetime, doctor: Doctor | None) -> FreeTime | None:
        """The first such start, up to the horizon."""
        return queries.first_found(
            lambda first, last: self.times(first, last, doctor),
            visit_type=self.visit_type,
            after=after,
            now=self.now,
        )

    def plans(self, start: dt.datetime, doctor: Doctor | None) -> list[list[Seat]]:
        """The ways to see all from `start` on: one after another first, then side by side."""
        zone = self.visit_type.clinic.zone
        day = local_day(start, zone)
        window = Span(start, day_bounds(day, zone)[1])
        doctors = {each.pk: each for each in queries.doctors_of(self.visit_type)}
        runs = [run for run in self._runs(window, doctor) if run[0][0] == start]
        order = queries.doctors_in_order(
            {doctor_id for run in runs for _start, doctor_id in run},
            day=Span(*day_bounds(day, zone)),
        )
        rows = [run for run in runs if run[0][0] != run[1][0]]
        rows.sort(key=lambda run: order.index(run[0][1]))
        sides = [run for run in runs if run[0][0] == run[1][0]]
        return [
            [
                Seat(person, at, doctors[doctor_id])
                for person, (at, doctor_id) in zip(self.people, run, strict=True)
            ]
            for run in (*rows[:1], *sides[:1])
        ]

    def _runs(self, window: Span, doctor: Doctor | None) -> list[Run]:
        fits = queries.fits_between(
            visit_type=self.visit_type, window=window, doctor=doctor, now=self.now
        )
        busy = _busy(self.people, window)
        count = len(self.people)
        runs = in_a_row(fits, count) + side_by_side(fits, count)
        return [run for run in runs if self._all_free(run, busy)]

    def _all_free(self, run: Run, busy: dict[uuid.UUID, list[Span]]) -> bool:
        return not any(
            Span(start, start + self.visit_type.length).overlaps(span)
            for person, (start, _doctor) in zip(self.people, run, strict=True)
            for span in busy.get(person.pk, [])
        )


def _busy(people: Iterable[Patient], window: Span) -> dict[uuid.UUID, list[Span]]:
    visits = Appointment.objects.live().filter(
        patient__in=list(people), start__lt=window.end, end__gt=window.start
    )
    found: dict[uuid.UUID, list[Span]] = {}
    for patient_id, start, end in visits.values_list("patient_id", "start", "end"):
        found.setdefault(patient_id, []).append(Span(start, end))
    return found


@dataclass(frozen=True, slots=True)
class Course:
    """One person's visits every few weeks, at the same time by the clinic's clock."""

    visit_type: VisitType
    patient: Patient
    first: dt.datetime
    weeks: int
    count: int
    doctor: Doctor | None = None  # who is preferred


@dataclass(frozen=True, slots=True)
class Proposed:
    """One date of a course: a seat, or why there is none and what could be taken instead."""

    start: dt.datetime
    seat: Seat | None = None
    why: Any = ""
    others: tuple[Seat, ...] = ()


BUSY = _("You have another appointment then.")
TAKEN = _("This time is taken.")
CLOSED = _("The clinic is closed that day.")
NOT_OFFERED = _("No visit can start at this time that day.")
TOO_FAR = _("This is further ahead than can be booked yet. Book it later, from here.")
TOO_SOON = _("This is too soon to be booked online.")


def propose(course: Course, *, now: dt.datetime) -> list[Proposed]:
    """A proposal for each date, conflicts with up to three alternatives each."""
    zone = course.visit_type.clinic.zone
    starts = repeated(course.first, weeks=course.weeks, count=course.count, zone=zone)
    doctors = {each.pk: each for each in queries.doctors_of(course.visit_type)}
    window = Span(starts[0] - WEEK * 3, starts[-1] + WEEK * 3)
    busy = _busy([course.patient], window).get(course.patient.pk, [])
    length = course.visit_type.length
    taken = [Span(start, start + length) for start in starts] + busy
    found = []
    for start in starts:
        one = _propose_one(course, start, doctors, busy, now=now)
        if course.doctor is None and one.seat is not None:
            course = replace(course, doctor=one.seat.doctor)  # the same one throughout, if free
        if one.seat is None and start <= course.visit_type.latest(now):
            one = replace(one, others=_others(course, start, doctors, taken, now=now))
        found.append(one)
    return found


def _propose_one(
    course: Course,
    start: dt.datetime,
    doctors: dict[uuid.UUID, Doctor],
    busy: Sequence[Span],
    *,
    now: dt.datetime,
) -> Proposed:
    visit_type = course.visit_type
    if start > visit_type.latest(now):
        return Proposed(start, why=TOO_FAR)
    if start < visit_type.earliest(now):
        return Proposed(start, why=TOO_SOON)
    span = Span(start, start + visit_type.length)
    if any(span.overlaps(other) for other in busy):
        return Proposed(start, why=BUSY)
    fits = queries.fits_between(visit_type=visit_type, window=Span(start, start + INSTANT), now=now)
    free = [doctor_id for doctor_id, some in fits.items() if some]
    if not free:
        return Proposed(start, why=_why_none(visit_type, span))
    zone = visit_type.clinic.zone
    day = Span(*day_bounds(local_day(start, zone), zone))
    prefer = course.doctor.pk if course.doctor else None
    best = queries.doctors_in_order(free, day=day, prefer=prefer)[0]
    return Proposed(start, seat=Seat(course.patient, start, doctors[best]))


def _why_none(visit_type: VisitType, span: Span) -> Any:
    cells = Slot.objects.filter(doctor__visit_types=visit_type).touching(*span)
    found = set(cells.values_list("status", flat=True))
    if SlotStatus.HOLIDAY in found:
        return CLOSED
    return TAKEN if found - {SlotStatus.BLOCKED} else NOT_OFFERED


def _others(
    course: Course,
    start: dt.datetime,
    doctors: dict[uuid.UUID, Doctor],
    taken: Sequence[Span],
    *,
    now: dt.datetime,
) -> tuple[Seat, ...]:
    """The free times nearest to that one, which stand on no other date of the course."""
    near = queries.nearest(visit_type=course.visit_type, start=start, now=now, limit=9)
    seats = []
    for free in near:
        span = Span(free.start, free.start + course.visit_type.length)
        if any(span.overlaps(other) for other in taken):
            continue
        kept = course.doctor is not None and course.doctor.pk in free.doctors
        doctor_id = course.doctor.pk if kept and course.doctor else free.doctors[0]
        seats.append(Seat(course.patient, free.start, doctors[doctor_id]))
    return tuple(seats[:3])
