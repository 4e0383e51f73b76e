"""Taking time that the doctor's hours do not give: for the clinic's people, with a reason.

Cells that are missing are made, closed ones are opened for this visit alone; what somebody has is
never taken. The exclusion constraint on cells stands behind it: whoever comes second is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction

from accounts.models import Doctor
from booking import queries
from booking.availability import Fit, Span, whole_cells
from booking.models import Appointment, Slot, SlotStatus, VisitType
from booking.models.slot import LONGEST_CELL
from booking.operations import cells, grid, rooms
from booking.operations.errors import Taken
from booking.operations.locks import StaleHoldLeft, set_lock_timeout
from booking.rooms import Uses

CLOSED = (SlotStatus.BLOCKED, SlotStatus.HOLIDAY)
TAKEN = (SlotStatus.HELD, SlotStatus.BOOKED)


def lock_place(wish: cells.Wish) -> cells.Place:
    """Cells of the doctor who was chosen, or who has the visit now. Must run in a transaction.

    Raises Taken (for the caller to look into), or StaleHoldLeft.
    """
    doctor = queries.doctor_of(wish.visit_type, wish.chosen)
    if doctor is None:
        raise Taken
    need = queries.need_of(wish.visit_type)
    cell = doctor.slot_minutes
    visit = Span(wish.start, wish.start + whole_cells(need.minutes, cell))
    busy = Span(
        visit.start - whole_cells(need.buffer_before, cell),
        visit.end + whole_cells(need.buffer_after, cell),
    )
    return lock_fit(wish.visit_type, doctor, Fit(visit, busy), own=wish.own, now=wish.now)


def lock_fit(
    visit_type: VisitType,
    doctor: Doctor,
    fit: Fit,
    *,
    own: Appointment | None = None,
    now: dt.datetime,
) -> cells.Place:
    """Lock, open and make the cells of exactly this time, and lock rooms for it.

    Raises Taken or StaleHoldLeft.
    """
    with transaction.atomic():
        set_lock_timeout(cells.PATIENCE_SECONDS)
        mine = cells.own_cells(own)
        locked = cells.lock_cells(doctor.pk, fit.busy, mine, wait=True)
        here = [
            slot
            for slot in locked
            if slot.doctor_id == doctor.pk and fit.busy.overlaps(Span(slot.start, slot.end))
        ]
        others = [slot for slot in here if slot.status in TAKEN and slot.pk not in mine]
        if any(slot.is_stale(now=now) for slot in others):
            raise StaleHoldLeft
        if others:
            raise Taken
        regular = grid.wanted_around(doctor, doctor.clinic, fit.busy)
        made = Slot.objects.bulk_create(
            Slot(doctor=doctor, start=start, end=end, status=SlotStatus.FREE)
            for start, end in _missing(fit.visit, doctor, regular)
        )
        closed = [slot.pk for slot in here if slot.status in CLOSED]
        if closed:
            Slot.objects.filter(pk__in=closed).update(status=SlotStatus.FREE)
        stands = sorted([*here, *made], key=lambda slot: slot.pk)
        spans = [Span(slot.start, slot.end) for slot in stands]
        on_grid = any(span.start == fit.visit.start for span in spans)
        open_to_all = all(regular.get(span) == SlotStatus.FREE for span in spans)
        return cells.Place(
            doctor.pk,
            cells.whole(fit, stands),
            tuple(slot.pk for slot in stands),
            outside=not (on_grid and open_to_all),
            uses=_rooms(visit_type, fit, own=own, now=now),
        )


def _rooms(
    visit_type: VisitType, fit: Fit, *, own: Appointment | None, now: dt.datetime
) -> Uses | None:
    try:
        return rooms.lock(visit_type, fit.busy, own=own, now=now)
    except rooms.NoRoom as error:
        raise Taken from error


def _missing(visit: Span, doctor: Doctor, regular: Iterable[Span]) -> list[Span]:
    """The cells to make: those of the doctor's grid first, and for the rest new ones."""
    near = Slot.objects.filter(doctor=doctor).touching(
        visit.start - LONGEST_CELL, visit.end + LONGEST_CELL
    )
    there = [Span(start, end) for start, end in near.values_list("start", "end")]
    new = [
        cell
        for cell in regular
        if cell.overlaps(visit) and not any(cell.overlaps(other) for other in there)
    ]
    length = dt.timedelta(minutes=doctor.slot_minutes)
    for gap in _gaps(visit, [*there, *new]):
        start = gap.start
        while start < gap.end:
            new.append(Span(start, min(start + length, gap.end)))
            start += length
    return new


def _gaps(span: Span, covered: Sequence[Span]) -> list[Span]:
    """What of `span` none of `covered` covers."""
    gaps = []
    reached = span.start
    for other in sorted(covered):
        if other.start >= span.end:
            break
        if other.start > reached:
            gaps.append(Span(reached, other.start))
        reached = max(reached, other.end)
    if reached < span.end:
        gaps.append(Span(reached, span.end))
    return gaps
