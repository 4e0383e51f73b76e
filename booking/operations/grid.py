"""What a doctor's cells should be by hours and time off, and how freed cells become that again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q

from accounts.models import Clinic, Doctor
from booking.availability import Span, day_cells
from booking.models import Appointment, Slot, SlotStatus, TimeOff, WorkingHours
from clinic.lib.times import days_between, local_day


def wanted(
    doctor: Doctor, clinic: Clinic, first: date, last: date, off: Iterable[TimeOff]
) -> dict[Span, SlotStatus]:
    """Every cell the doctor should have, and its status if nobody has taken it.

    `off` may name others' time off too.
    """
    hours = list(WorkingHours.objects.filter(doctor=doctor))
    away = [some for some in off if some.doctor_id in (None, doctor.pk)]
    cells: dict[Span, SlotStatus] = {}
    for day in days_between(first, last):
        todays = [(some.opens, some.closes) for some in hours if some.holds_on(day)]
        for cell in day_cells(day, todays, doctor.slot_minutes, clinic.zone):
            cells[cell] = _status(cell, away)
    return cells


def wanted_around(doctor: Doctor, clinic: Clinic, span: Span) -> dict[Span, SlotStatus]:
    """The same for the clinic's days that `span` touches."""
    off = TimeOff.objects.filter(clinic=clinic, start__lt=span.end, end__gt=span.start)
    first, last = local_day(span.start, clinic.zone), local_day(span.end, clinic.zone)
    return wanted(doctor, clinic, first, last, list(off))


def _status(cell: Span, away: Iterable[TimeOff]) -> SlotStatus:
    kinds = {some.kind for some in away if cell.overlaps(Span(some.start, some.end))}
    if TimeOff.Kind.HOLIDAY in kinds:
        return SlotStatus.HOLIDAY
    return SlotStatus.BLOCKED if kinds else SlotStatus.FREE


def give_back(freed: Sequence[tuple[Appointment, Sequence[Slot]]]) -> None:
    """Make locked cells that visits had what they are without them; their claims have ended.

    Time off that came in the meantime closes them at once, not at the next generation; and what
    stood outside of the hours goes, so that it is never offered to the public.
    """
    if not any(cells for _visit, cells in freed):
        return
    off = _time_off(freed)
    becomes: dict[SlotStatus, list[int]] = defaultdict(list)
    gone: list[int] = []
    for visit, cells in freed:
        away = [
            some
            for some in off
            if some.clinic_id == visit.clinic_id and some.doctor_id in (None, visit.doctor_id)
        ]
        regular = _regular(visit, cells)
        for slot in cells:
            span = Span(slot.start, slot.end)
            if regular is not None and span not in regular:
                gone.append(slot.pk)
            else:
                becomes[_status(span, away)].append(slot.pk)
    if gone:
        Slot.objects.filter(pk__in=gone).delete()
    for status, ids in becomes.items():
        Slot.objects.filter(pk__in=ids).update(status=status, held_until=None)


def _time_off(freed: Sequence[tuple[Appointment, Sequence[Slot]]]) -> list[TimeOff]:
    slots = [slot for _visit, cells in freed for slot in cells]
    clinics = {visit.clinic_id for visit, _cells in freed}
    doctors = {visit.doctor_id for visit, _cells in freed}
    found = TimeOff.objects.filter(
        Q(doctor__isnull=True) | Q(doctor__in=doctors),
        clinic__in=clinics,
        start__lt=max(slot.end for slot in slots),
        end__gt=min(slot.start for slot in slots),
    )
    return list(found)


def _regular(visit: Appointment, cells: Sequence[Slot]) -> set[Span] | None:
    """The cells of the doctor's hours around a visit that stands outside of them; None if in."""
    if not visit.outside_hours or not cells:
        return None
    zone = visit.clinic.zone
    first = local_day(min(slot.start for slot in cells), zone)
    last = local_day(max(slot.end for slot in cells), zone)
    return set(wanted(visit.doctor, visit.clinic, first, last, ()))
