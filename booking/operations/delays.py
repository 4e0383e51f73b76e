"""Running late: the doctor says by how much, and those who come later are told. Times stay."""

from __future__ import annotations

import datetime as dt

from accounts.models import Doctor
from accounts.operations import record_audit
from booking import messages
from booking.availability import Span
from booking.models import Appointment, Delay, Status
from booking.operations import steps
from booking.operations.errors import DelayNotToday, DelayTooLong
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, local_day

LONGEST = 240  # minutes; who is later than that should move the visits


def record_delay(
    *, doctor: Doctor, day: dt.date, minutes: int, by: Actor, now: dt.datetime
) -> Delay:
    """Note that the doctor runs `minutes` late on the clinic's `day`; 0 takes it back.

    The patients of that day who have not arrived and whose visits are still to start are told,
    once for each number of minutes. Booked times stay. Raises DelayNotToday for another day than
    the clinic's today, DelayTooLong beyond four hours, and Busy.
    """
    zone = doctor.clinic.zone
    if day != local_day(now, zone):
        raise DelayNotToday
    if not 0 <= minutes <= LONGEST:
        raise DelayTooLong
    with steps.short_transaction():
        later = _later_visits(doctor, Span(now, day_bounds(day, zone)[1]))
        delay, _created = Delay.objects.update_or_create(
            doctor=doctor,
            day=day,
            defaults={"minutes": minutes, "recorded_at": now, "recorded_by": by.label},
        )
        record_audit(
            action="delay.recorded",
            subject=delay,
            by=by,
            now=now,
            data={"doctor": str(doctor.pk), "day": day.isoformat(), "minutes": minutes},
        )
        for visit in later:
            if minutes:
                messages.running_late(visit, minutes=minutes, now=now)
            else:
                messages.on_time_again(visit, now=now)
        return delay


def _later_visits(doctor: Doctor, span: Span) -> list[Appointment]:
    """Locked, in the order of their ids, so that none is moved while it is written to."""
    chosen = Appointment.objects.filter(
        doctor=doctor, status=Status.BOOKED, start__gt=span.start, start__lt=span.end
    ).order_by("pk")
    ids = list(chosen.select_for_update(no_key=True).values_list("pk", flat=True))
    # Read when they are locked, as `steps.lock_appointment` does.
    return list(
        Appointment.objects.filter(pk__in=ids)
        .select_related("clinic", "visit_type__clinic", "doctor", "patient__user")
        .order_by("pk")
    )
