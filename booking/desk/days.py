"""One day of the clinic, as the desk sees it. The number of queries does not grow with it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from accounts.models import Clinic, Doctor
from booking import unreached
from booking.availability import Span, joined
from booking.models import (
    Appointment,
    ChangeRequest,
    Delay,
    ResourceUse,
    Slot,
    SlotStatus,
    Status,
    TimeOff,
    VisitType,
    WorkingHours,
)
from clinic.lib.times import day_bounds, instant

# What stands in a column. What was cancelled or declined is in the list alone.
SHOWN = [
    Status.HELD, Status.PENDING, Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW
]  # fmt: skip
LISTED = [status for status in SHOWN if status != Status.HELD]
# Of a day on which nobody works.
USUAL = (dt.time(8), dt.time(18))
DAY = dt.timedelta(days=1)
# So many columns can be told apart on a wide screen, and drawn at once.
MOST_COLUMNS = 16


@dataclass(slots=True)
class Off:
    span: Span
    label: str


class Person(NamedTuple):
    id: uuid.UUID
    name: str
    date_of_birth: dt.date | None
    phone: str


@dataclass(slots=True)
class Visit:
    """What the desk shows of a visit. A clinic's day has a thousand of them, so it is not the whole
    row."""

    id: str
    doctor: Doctor
    visit_type: VisitType
    patient: Person | None
    status: str
    version: int
    start: dt.datetime
    end: dt.datetime
    busy_start: dt.datetime
    busy_end: dt.datetime
    confirmed_at: dt.datetime | None
    internal_note: str
    room: str = ""
    has_wish: bool = False
    is_unreached: bool = False  # its last message did not arrive

    @property
    def patient_id(self) -> uuid.UUID | None:
        return self.patient.id if self.patient else None


@dataclass(slots=True)
class Column:
    """A doctor's day."""

    doctor: Doctor
    late: int = 0  # minutes
    hours: list[Span] = field(default_factory=list)
    off: list[Off] = field(default_factory=list)
    free: list[Span] = field(default_factory=list)
    cells: list[dt.datetime] = field(default_factory=list)  # where a visit can start, free or not
    visits: list[Visit] = field(default_factory=list)

    @property
    def listed(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.status in LISTED]


@dataclass
class DeskDay:
    clinic: Clinic
    day: dt.date
    span: Span
    columns: list[Column]

    @cached_property
    def visits(self) -> list[Visit]:
        """Everybody's, in the order of time; holds are not among them."""
        found = [visit for column in self.columns for visit in column.listed]
        return sorted(found, key=lambda visit: (visit.start, visit.doctor.name))

    def clock(self) -> tuple[dt.time, dt.time]:
        """From which full hour to which the page shows the day."""
        zone = self.clinic.zone
        spans = [span for column in self.columns for span in (*column.hours, *column.free)]
        spans += [Span(v.busy_start, v.busy_end) for column in self.columns for v in column.visits]
        if not spans:
            return USUAL
        low = min(span.start for span in spans).astimezone(zone)
        high = max(span.end for span in spans).astimezone(zone)
        first = low.hour if low.date() == self.day else 0
        last = high.hour + (high.minute > 0) if high.date() == self.day else 24
        return dt.time(first), dt.time(min(last, 23), 59 if last > 23 else 0)


def read_day(
    clinic: Clinic,
    day: dt.date,
    *,
    doctors: Collection[Doctor] | None = None,
    now: dt.datetime,
    with_hours: bool = True,
    with_cells: bool = True,
) -> DeskDay:
    """The day of these doctors, or of everybody: their visits, `with_hours` also when they work,
    and `with_cells` what of it is free."""
    span = Span(*day_bounds(day, clinic.zone))
    if doctors is None:
        doctors = everybody(clinic, day)
    columns = {doctor.pk: Column(doctor) for doctor in doctors}
    _add_visits(columns, _visits(columns, span, now=now), clinic, span)
    if with_hours:
        _add_hours(columns, day, clinic)
    if with_cells:
        _add_cells(columns, span, now=now)
    _add_time_off(columns, span, clinic)
    for doctor_id, minutes in Delay.objects.filter(doctor__in=columns, day=day).values_list(
        "doctor_id", "minutes"
    ):
        columns[doctor_id].late = minutes
    return DeskDay(clinic, day, span, list(columns.values()))


def everybody(clinic: Clinic, day: dt.date) -> list[Doctor]:
    """Every doctor who is active, or has visits on that day."""
    with_visits = _of_day(clinic, day).values("doctor")
    doctors = Doctor.objects.filter(clinic=clinic)
    return list(doctors.filter(Q(active=True) | Q(pk__in=with_visits)))


def who_is_in(clinic: Clinic, day: dt.date) -> list[Doctor]:
    """Those of them who work on that day, or have visits, or time that can be booked."""
    span = day_bounds(day, clinic.zone)
    hours = WorkingHours.objects.filter(doctor__clinic=clinic, weekday=day.weekday())
    found = {some.doctor_id for some in hours if some.holds_on(day)}
    found.update(_of_day(clinic, day).values_list("doctor_id", flat=True).distinct())
    free = Slot.objects.filter(status=SlotStatus.FREE).between(*span)
    found.update(free.values_list("doctor_id", flat=True).distinct())
    return [doctor for doctor in everybody(clinic, day) if doctor.pk in found]


def counts_of(clinic: Clinic, day: dt.date) -> dict[str, int]:
    """How far the clinic's day has come: of all doctors, whichever are shown."""
    visits = _of_day(clinic, day).filter(status__in=LISTED).order_by()
    number = dict(visits.values_list("status").annotate(Count("pk")))
    return {
        "visits": sum(number.values()) - number.get(Status.NO_SHOW, 0),
        "arrived": number.get(Status.CHECKED_IN, 0),
        "done": number.get(Status.COMPLETED, 0),
        "requests": number.get(Status.PENDING, 0),
    }


def _of_day(clinic: Clinic, day: dt.date) -> QuerySet[Appointment]:
    start, end = day_bounds(day, clinic.zone)
    # By doctor too: that is what the index begins with.
    doctors = Doctor.objects.filter(clinic=clinic).values("pk")
    return Appointment.objects.filter(
        doctor__in=doctors, start__gte=start, start__lt=end, status__in=SHOWN
    )


class _Row(NamedTuple):
    """The columns of a visit that are asked for, by their names."""

    pk: uuid.UUID
    doctor_id: uuid.UUID
    visit_type_id: uuid.UUID
    patient_id: uuid.UUID | None
    status: str
    version: int
    start: dt.datetime
    end: dt.datetime
    busy_start: dt.datetime
    busy_end: dt.datetime
    confirmed_at: dt.datetime | None
    internal_note: str
    patient__name: str
    patient__date_of_birth: dt.date | None
    patient__phone: str


def _visits(doctors: Iterable[uuid.UUID], span: Span, *, now: dt.datetime) -> list[_Row]:
    rows = (
        Appointment.objects.filter(doctor__in=list(doctors))
        .filter(start__gte=span.start, start__lt=span.end, status__in=SHOWN)
        .exclude(status=Status.HELD, held_until__lte=now)
        .order_by("start")
    )
    return [_Row(*row) for row in rows.values_list(*_Row._fields)]


def _add_visits(
    columns: dict[uuid.UUID, Column], rows: list[_Row], clinic: Clinic, span: Span
) -> None:
    kinds = VisitType.objects.in_bulk({row.visit_type_id for row in rows})
    rooms = _rooms(clinic, span)
    wishes = set(
        ChangeRequest.objects.filter(
            status=ChangeRequest.Status.OPEN,
            appointment__start__gte=span.start,
            appointment__start__lt=span.end,
        ).values_list("appointment_id", flat=True)
    )
    missed = unreached.among(row.pk for row in rows if row.status in unreached.COMING)
    for row in rows:
        column = columns[row.doctor_id]
        column.visits.append(
            Visit(
                str(row.pk),
                column.doctor,
                kinds[row.visit_type_id],
                Person(row.patient_id, *row[-3:]) if row.patient_id else None,
                *row[4:-3],
                ", ".join(rooms[row.pk]) if row.pk in rooms else "",
                row.pk in wishes,
                str(row.pk) in missed,
            )
        )


def _rooms(clinic: Clinic, span: Span) -> dict[uuid.UUID, list[str]]:
    """Rooms and equipment of each visit, by the day rather than by a thousand ids."""
    uses = ResourceUse.objects.filter(
        resource__clinic=clinic,
        released_at__isnull=True,
        # Buffers may begin on the day before.
        start__gte=span.start - DAY,
        start__lt=span.end,
        appointment__start__gte=span.start,
        appointment__start__lt=span.end,
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for visit_id, name in uses.order_by("id").values_list("appointment_id", "resource__name"):
        found[visit_id].append(name)
    return found


def _add_hours(columns: dict[uuid.UUID, Column], day: dt.date, clinic: Clinic) -> None:
    for hours in WorkingHours.objects.filter(doctor__in=columns, weekday=day.weekday()):
        if hours.holds_on(day):
            stretch = Span(
                instant(day, hours.opens, clinic.zone), instant(day, hours.closes, clinic.zone)
            )
            columns[hours.doctor_id].hours.append(stretch)


def _add_time_off(columns: dict[uuid.UUID, Column], span: Span, clinic: Clinic) -> None:
    rows = TimeOff.objects.filter(clinic=clinic, end__gt=span.start, start__lt=span.end)
    for row in rows:
        part = Span(max(row.start, span.start), min(row.end, span.end))
        label = row.note or str(row.get_kind_display()).capitalize()
        concerned = columns if row.doctor_id is None else {row.doctor_id} & columns.keys()
        for doctor_id in concerned:
            columns[doctor_id].off.append(Off(part, label))


def _add_cells(columns: dict[uuid.UUID, Column], span: Span, *, now: dt.datetime) -> None:
    cells = Slot.objects.filter(doctor__in=columns).between(*span).order_by("start")
    free: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for doctor_id, start, end, status, held_until in cells.values_list(
        "doctor_id", "start", "end", "status", "held_until"
    ):
        columns[doctor_id].cells.append(start)
        is_stale = status == SlotStatus.HELD and held_until is not None and held_until <= now
        if (status == SlotStatus.FREE or is_stale) and end > now:
            free[doctor_id].append(Span(start, end))
    for doctor_id, spans in free.items():
        columns[doctor_id].free = joined(spans)
