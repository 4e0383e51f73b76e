"""Which visits would stand outside of a doctor's hours if those were changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import Doctor
from booking.availability import Span
from booking.models import Appointment, Status, WorkingHours
from booking.models.appointment import MOVABLE
from clinic.lib.times import days_between, instant, local_day


def covered(span: Span, hours: Iterable[WorkingHours], zone: ZoneInfo) -> bool:
    """Whether `span` lies within the hours, whose neighbours may touch. Pure."""
    reached = span.start
    days = days_between(local_day(span.start, zone), local_day(span.end, zone))
    stretches = sorted(
        Span(instant(day, some.opens, zone), instant(day, some.closes, zone))
        for day in days
        for some in hours
        if some.holds_on(day)
    )
    for stretch in stretches:
        if stretch.start <= reached < stretch.end:
            reached = stretch.end
    return reached >= span.end


def orphans(
    doctor: Doctor, wanted: Sequence[WorkingHours], *, now: dt.datetime
) -> list[Appointment]:
    """The agreed visits to come that the present hours hold and the wanted ones would not.

    What stands outside already (by an exception, or kept at an earlier change) is not asked about
    again.
    """
    agreed = Appointment.objects.filter(status__in=MOVABLE)
    return _orphaned(agreed, doctor, wanted, now=now)


def orphaned_holds(
    doctor: Doctor, wanted: Sequence[WorkingHours], *, now: dt.datetime
) -> list[Appointment]:
    """The same of times that are kept for somebody, and may become visits."""
    return _orphaned(Appointment.objects.filter(status=Status.HELD), doctor, wanted, now=now)


def _orphaned(
    appointments: QuerySet[Appointment],
    doctor: Doctor,
    wanted: Sequence[WorkingHours],
    *,
    now: dt.datetime,
) -> list[Appointment]:
    zone = doctor.clinic.zone
    present = list(WorkingHours.objects.filter(doctor=doctor))
    visits = (
        appointments.filter(doctor=doctor, start__gt=now)
        .select_related("visit_type__clinic", "doctor", "patient__user", "clinic")
        .order_by("start")
    )
    return [
        visit
        for visit in visits
        if not covered(Span(visit.start, visit.end), wanted, zone)
        and covered(Span(visit.start, visit.end), present, zone)
    ]
