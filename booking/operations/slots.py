"""Making the grid of cells from working hours. Taken cells are never touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from accounts.models import Clinic, Doctor
from booking import answers
from booking.availability import Span
from booking.models import Appointment, Slot, SlotStatus, TimeOff
from booking.models.appointment import LIVE
from booking.operations import freed, grid
from clinic.lib.times import day_bounds, local_day

UNTAKEN = [SlotStatus.FREE, SlotStatus.BLOCKED, SlotStatus.HOLIDAY]

# One statement a doctor: the exclusion constraint lets cells that overlap others fall away, so
# running it again, or twice at once, adds nothing.
INSERT = """
    INSERT INTO booking_slot (doctor_id, start, "end", status)
    SELECT %s, cell.start, cell."end", cell.status
    FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::text[]) AS cell(start, "end", status)
    WHERE NOT EXISTS (
        SELECT FROM booking_appointment visit
        WHERE visit.doctor_id = %s
          AND visit.status = ANY(%s)
          AND tstzrange(visit.busy_start, visit.busy_end) && tstzrange(cell.start, cell."end")
    )
    ON CONFLICT DO NOTHING
    RETURNING start, "end", status
"""


@dataclass(slots=True)
class Report:
    """How many cells were made, removed and changed in status."""

    doctors: int = 0
    created: int = 0
    removed: int = 0
    changed: int = 0


def generate_slots(
    *,
    clinic: Clinic,
    now: dt.datetime,
    first: dt.date | None = None,
    last: dt.date | None = None,
    doctors: Iterable[Doctor] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Report:
    """Bring the cells of the clinic's days `first` to `last` in line with hours and time off.

    By default from today to SLOT_HORIZON_DAYS ahead, or as far as any visit type may be booked.
    Cells that are held or booked stay as they are, and new cells that would overlap one are left
    out. Safe to repeat and to run twice at once.
    """
    first = first or local_day(now, clinic.zone)
    last = last or local_day(now, clinic.zone) + dt.timedelta(days=_horizon_days(clinic))
    window = Span(day_bounds(first, clinic.zone)[0], day_bounds(last, clinic.zone)[1])
    off = list(TimeOff.objects.filter(clinic=clinic, start__lt=window.end, end__gt=window.start))
    report = Report()
    chosen = clinic.doctors.filter(active=True) if doctors is None else doctors
    for doctor in chosen:
        cells = grid.wanted(doctor, clinic, first, last, off)
        _mark_outside(doctor, window, cells)
        _bring_in_line(doctor, window, cells, report, now=now)
        report.doctors += 1
        progress()
    if report.created or report.removed or report.changed:
        answers.forget_span(clinic, window)
    return report


def _horizon_days(clinic: Clinic) -> int:
    furthest = clinic.visit_types.filter(active=True).aggregate(days=Max("horizon_days"))["days"]
    return max(settings.SLOT_HORIZON_DAYS, furthest or 0)


def _mark_outside(doctor: Doctor, window: Span, wanted: dict[Span, SlotStatus]) -> None:
    """Remember of visits that the hours have moved away from under them.

    When such a visit ends, its cells go with it. A visit that somebody is at work on is left to
    the next run: to wait for it here would break the order of locks.
    """
    taken = Slot.objects.filter(doctor=doctor).taken().between(*window)
    cells = taken.values_list("pk", "start", "end")
    odd = [pk for pk, start, end in cells if Span(start, end) not in wanted]
    if not odd:
        return
    with transaction.atomic():
        visits = Appointment.objects.filter(
            cells__slot__in=odd, cells__released_at__isnull=True, outside_hours=False
        )
        locked = (
            Appointment.objects.filter(pk__in=visits.values("pk"))
            .order_by("pk")
            .select_for_update(skip_locked=True, no_key=True)
        )
        ids = [visit.pk for visit in locked]
        Appointment.objects.filter(pk__in=ids).update(outside_hours=True)


def _bring_in_line(
    doctor: Doctor,
    window: Span,
    wanted: dict[Span, SlotStatus],
    report: Report,
    *,
    now: dt.datetime,
) -> None:
    with transaction.atomic():
        removed, changes = _differences(doctor, window, wanted)
        if removed:
            Slot.objects.filter(pk__in=removed).delete()
            report.removed += len(removed)
        for status, ids in changes.items():
            report.changed += Slot.objects.filter(pk__in=ids).update(status=status)
        inserted = _insert(doctor, wanted)
        report.created += len(inserted)
        opened = [Span(start, end) for start, end, status in inserted if status == SlotStatus.FREE]
        freed.note_new(doctor.pk, opened, changes.get(SlotStatus.FREE, []), now=now)


def _differences(
    doctor: Doctor, window: Span, wanted: dict[Span, SlotStatus]
) -> tuple[list[int], dict[SlotStatus, list[int]]]:
    """Untaken cells, locked, that should go, and those whose status should be another.

    Cells that somebody is booking at this moment are locked by him and left alone.
    """
    untaken = Slot.objects.filter(doctor=doctor, status__in=UNTAKEN).between(*window)
    removed: list[int] = []
    changes: dict[SlotStatus, list[int]] = {}
    wrong = [slot.pk for slot in untaken if wanted.get(Span(slot.start, slot.end)) != slot.status]
    locked = (
        Slot.objects.filter(pk__in=wrong, status__in=UNTAKEN)
        .order_by("pk")
        .select_for_update(skip_locked=True)
    )
    for slot in locked:
        status = wanted.get(Span(slot.start, slot.end))
        if status is None:
            removed.append(slot.pk)
        elif status != slot.status:
            changes.setdefault(status, []).append(slot.pk)
    return removed, changes


def _insert(
    doctor: Doctor, wanted: dict[Span, SlotStatus]
) -> list[tuple[dt.datetime, dt.datetime, str]]:
    """Start, end and status of each cell that was not there yet."""
    if not wanted:
        return []
    starts, ends = [cell.start for cell in wanted], [cell.end for cell in wanted]
    statuses = [status.value for status in wanted.values()]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [doctor.pk, starts, ends, statuses, doctor.pk, list(LIVE)])
        return cursor.fetchall()
