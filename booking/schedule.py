"""What a doctor's days hold: reads for the dashboard, each of one doctor's schedule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Clinic, Doctor
from booking.availability import Span, joined
from booking.models import Appointment, Delay, ResourceUse, Slot, Status, TimeOff
from clinic.lib.times import day_bounds, local_day

# What a day shows; holds are nobody's yet, and what was declined or lapsed never was a visit.
SHOWN = [Status.PENDING, Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW]
# Somebody must still say what became of these once they are over.
OPEN = [Status.BOOKED, Status.CHECKED_IN]
MOST_UNCLOSED = 50


@dataclass(slots=True)
class Days:
    """One day or several in a row: the visits and what else takes the doctor's time, in order."""

    first: dt.date
    last: dt.date
    span: Span
    visits: list[Appointment] = field(default_factory=list)
    cancelled: list[Appointment] = field(default_factory=list)
    free: list[Span] = field(default_factory=list)
    away: list[TimeOff] = field(default_factory=list)


def of_doctor(doctor: Doctor) -> QuerySet[Appointment]:
    """Every visit with the doctor that the doctor may see, with what a page says of it."""
    rooms = ResourceUse.objects.filter(released_at__isnull=True).select_related("resource")
    return (
        Appointment.objects.filter(doctor=doctor)
        .exclude(status__in=[Status.HELD, Status.EXPIRED])
        .select_related("patient", "visit_type", "clinic")
        .prefetch_related(Prefetch("uses", queryset=rooms, to_attr="rooms_in_use"))
    )


def days(*, doctor: Doctor, first: dt.date, last: dt.date, now: dt.datetime) -> Days:
    """The clinic's days `first` to `last`, both included; free times are those still to come."""
    zone = doctor.clinic.zone
    span = Span(day_bounds(first, zone)[0], day_bounds(last, zone)[1])
    visits = (
        of_doctor(doctor)
        .filter(start__gte=span.start, start__lt=span.end)
        .filter(status__in=[*SHOWN, Status.CANCELLED])
        .order_by("start", "status")
    )
    found = Days(first, last, span, free=free_stretches(doctor=doctor, span=span, now=now))
    for visit in visits:
        gone = visit.status == Status.CANCELLED
        (found.cancelled if gone else found.visits).append(visit)
    found.away = list(time_off(doctor=doctor, span=span))
    return found


def free_stretches(*, doctor: Doctor, span: Span, now: dt.datetime) -> list[Span]:
    """Free cells that follow each other, as one stretch; none that is over."""
    cells = Slot.objects.filter(doctor=doctor).between(*span).open(now=now)
    rows = cells.filter(end__gt=now).order_by("start").values_list("start", "end")
    return joined(Span(start, end) for start, end in rows)


def time_off(*, doctor: Doctor, span: Span) -> QuerySet[TimeOff]:
    """The doctor's own and the whole clinic's, as far as it touches `span`."""
    whose = Q(doctor=doctor) | Q(doctor__isnull=True, clinic=doctor.clinic_id)
    return TimeOff.objects.filter(whose, start__lt=span.end, end__gt=span.start).order_by("start")


def upcoming_time_off(*, doctor: Doctor, now: dt.datetime) -> list[TimeOff]:
    whose = Q(doctor=doctor) | Q(doctor__isnull=True, clinic=doctor.clinic_id)
    return list(TimeOff.objects.filter(whose, end__gt=now).order_by("start"))


def requests(*, doctor: Doctor, now: dt.datetime) -> QuerySet[Appointment]:
    """What awaits an answer, whatever its day; not what is about to lapse by itself."""
    return (
        of_doctor(doctor)
        .filter(status=Status.PENDING, start__gt=now)
        .exclude(confirm_by__lte=now)
        .order_by("start")
    )


def unclosed(*, doctor: Doctor, now: dt.datetime) -> QuerySet[Appointment]:
    """Visits of past days of which nobody has said what became of them; oldest first."""
    today = day_bounds(local_day(now, doctor.clinic.zone), doctor.clinic.zone)[0]
    return of_doctor(doctor).filter(status__in=OPEN, start__lt=today).order_by("start")


def next_day_with_visits(
    *, clinic: Clinic, after: dt.date, doctor: Doctor | None = None
) -> dt.date | None:
    """The first day after `after` on which somebody comes: to the doctor, or to anybody."""
    visits = Appointment.objects.filter(
        doctor__in=[doctor] if doctor else list(clinic.doctors.all()),
        status__in=[Status.BOOKED, Status.PENDING],
        start__gte=day_bounds(after, clinic.zone)[1],
    )
    start = visits.order_by("start").values_list("start", flat=True).first()
    return None if start is None else local_day(start, clinic.zone)


def visits_in(*, doctor: Doctor, span: Span) -> QuerySet[Appointment]:
    """The visits that stand where time is about to be blocked."""
    live = [Status.PENDING, *OPEN]
    # The first condition says nothing new: it lets the index on (doctor, start) be used.
    return (
        of_doctor(doctor)
        .filter(start__gt=span.start - dt.timedelta(days=1), start__lt=span.end)
        .filter(end__gt=span.start, status__in=live)
        .order_by("start")
    )


def delay_minutes(*, doctor: Doctor, day: dt.date) -> int:
    """How late the doctor runs on that day; 0 when nothing was said."""
    found = Delay.objects.filter(doctor=doctor, day=day).values_list("minutes", flat=True).first()
    return found or 0


def late_minutes(visit: Appointment, *, now: dt.datetime) -> int:
    """What a patient is shown: how late this visit is likely to begin. Asks only on its day."""
    if visit.status not in OPEN or visit.end <= now:
        return 0
    zone = visit.visit_type.clinic.zone
    day = local_day(visit.start, zone)
    return delay_minutes(doctor=visit.doctor, day=day) if day == local_day(now, zone) else 0


def age(born: dt.date, on: dt.date) -> int:
    """In whole years on that day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
