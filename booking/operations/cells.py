"""Taking and giving back cells of a doctor's time: where double bookings are prevented.

The order of locks, everywhere: patient → appointments (by id) → cells (by id) → rooms and
equipment (by id). Each attempt to lock
cells has a savepoint of its own, so that a failed one lets go of what it got, and a transaction
never waits for cells while it holds others.

`SKIP LOCKED` gives exactness without a queue: a request that finds a doctor's cells locked tries
the next doctor. Only when every candidate is locked does it wait, since the one who holds the lock
may yet give up; then it looks again. The conditional update in `claim` and the constraints of the
database stand behind that, each sufficient by itself to prevent a double booking.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Exists

from booking import queries
from booking.availability import Fit, Span
from booking.models import (
    Appointment,
    AppointmentSlot,
    ResourceUse,
    Slot,
    SlotStatus,
    VisitType,
)
from booking.operations import grid, rooms, sweeping
from booking.operations.errors import PatientBusy, Taken, WrongState
from booking.operations.locks import StaleHoldLeft, is_lock_trouble, set_lock_timeout
from booking.rooms import Uses
from clinic.lib.times import day_bounds, local_day

# How long a request waits for others' locks before it says "taken".
PATIENCE_SECONDS = 3.0
# The constraints that refuse whoever comes second to a time.
TAKEN_BY = {"appointment_doctor_once", "slot_claimed_once", "slot_no_overlap", "resource_used_once"}


@dataclass(frozen=True, slots=True)
class Place:
    """One doctor's cells for one visit, locked by this transaction and free, and its rooms.

    `outside`: some of them are not open to the public by hours and time off.
    """

    doctor_id: uuid.UUID
    fit: Fit
    cell_ids: tuple[int, ...]
    outside: bool = False
    uses: Uses | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. `own` is a visit or hold whose cells may be used again.

    `prefer` is the doctor who is tried first. `overrule` looks past notice and horizon.
    """

    visit_type: VisitType
    start: dt.datetime
    now: dt.datetime
    doctor_id: uuid.UUID | None = None
    own: Appointment | None = None
    prefer: uuid.UUID | None = None
    overrule: bool = False

    @property
    def chosen(self) -> uuid.UUID | None:
        """Whose time outside of the hours is meant."""
        return self.doctor_id or self.prefer


class _NotObtained(Exception):
    """The cells of this candidate are locked by somebody else, or no longer free."""


def expire_in_the_way(wish: Wish) -> None:
    """End the holds that have run out where this wish wants to go, in their own transaction."""
    length = wish.visit_type.length
    margin = dt.timedelta(minutes=wish.visit_type.buffer_before + wish.visit_type.buffer_after + 60)
    stale = Appointment.objects.stale_holds(now=wish.now).filter(
        busy_start__lt=wish.start + length + margin, busy_end__gt=wish.start - margin
    )
    if stale.exists():
        sweeping.expire_holds(now=wish.now, only=stale)


def candidates(wish: Wish) -> list[tuple[uuid.UUID, Fit]]:
    """The doctors who look free at that start (nothing is locked yet), best first."""
    moment = Span(wish.start, wish.start + dt.timedelta(microseconds=1))
    doctor = None
    if wish.doctor_id is not None:
        doctor = queries.doctor_of(wish.visit_type, wish.doctor_id)
        if doctor is None:
            return []
    fits = queries.fits_between(
        visit_type=wish.visit_type,
        window=moment,
        doctor=doctor,
        now=wish.now,
        own=wish.own,
        overrule=wish.overrule,
    )
    found = {doctor_id: fit for doctor_id, some in fits.items() for fit in some}
    if len(found) <= 1:
        return list(found.items())
    zone = wish.visit_type.clinic.zone
    day = Span(*day_bounds(local_day(wish.start, zone), zone))
    order = queries.doctors_in_order(found, day=day, prefer=wish.prefer)
    return [(doctor_id, found[doctor_id]) for doctor_id in order]


def lock_place(wish: Wish) -> Place:
    """Lock free cells for the wish and return them. Must run in a transaction.

    Raises Taken, or StaleHoldLeft.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = candidates(wish)
        if not found:
            raise Taken
        for doctor_id, fit in found:
            try:
                return _try(wish, doctor_id, fit, wait=0)
            except _NotObtained:
                continue
        patience = deadline - time.monotonic()
        if patience <= 0:
            raise Taken
        try:
            return _try(wish, *found[0], wait=patience)
        except _NotObtained:
            continue


def _try(wish: Wish, doctor_id: uuid.UUID, fit: Fit, *, wait: float) -> Place:
    """Lock one doctor's cells and the visit's own old ones together, in the order of their ids."""
    try:
        with transaction.atomic():
            if wait:
                set_lock_timeout(wait)
            own = own_cells(wish.own)
            locked = lock_cells(doctor_id, fit.busy, own, wait=bool(wait))
            if wait and any(slot.is_stale(now=wish.now) for slot in locked if slot.pk not in own):
                raise StaleHoldLeft
            cells = _usable(locked, doctor_id, fit, own)
            if not own <= {slot.pk for slot in locked} or not _covers(cells, fit.visit):
                raise _NotObtained
            if fit.busy != fit.visit and len(cells) != _cells_in(doctor_id, fit.busy):
                raise _NotObtained  # a buffer stands on somebody else's time
            ids = tuple(slot.pk for slot in cells)
            # What it had outside of the hours and keeps is outside of them still.
            outside = bool(wish.own and wish.own.outside_hours and own.intersection(ids))
            uses = _rooms(wish, fit) if fit.needs_rooms else None
            return Place(doctor_id, whole(fit, cells), ids, outside, uses)
    except OperationalError as error:
        if is_lock_trouble(error):
            raise _NotObtained from error
        raise


def _rooms(wish: Wish, fit: Fit) -> Uses | None:
    try:
        return rooms.lock(wish.visit_type, fit.busy, own=wish.own, now=wish.now)
    except rooms.NoRoom as error:
        raise _NotObtained from error


def _usable(locked: Sequence[Slot], doctor_id: uuid.UUID, fit: Fit, own: set[int]) -> list[Slot]:
    """Of the locked cells those that this visit may stand on."""
    return [
        slot
        for slot in locked
        if slot.doctor_id == doctor_id
        and fit.busy.overlaps(Span(slot.start, slot.end))
        and (slot.status == SlotStatus.FREE or slot.pk in own)
    ]


def _cells_in(doctor_id: uuid.UUID, span: Span) -> int:
    return Slot.objects.filter(doctor_id=doctor_id).touching(*span).count()


def whole(fit: Fit, cells: Sequence[Slot]) -> Fit:
    """A cell is taken whole, also one that a buffer reaches into by a part only."""
    start = min([fit.busy.start, *(slot.start for slot in cells)])
    end = max([fit.busy.end, *(slot.end for slot in cells)])
    return Fit(fit.visit, Span(start, end))


def own_cells(own: Appointment | None) -> set[int]:
    if own is None:
        return set()
    held = own.cells.filter(released_at__isnull=True, slot__isnull=False)
    return set(held.values_list("slot_id", flat=True))


def _covers(slots: Sequence[Slot], visit: Span) -> bool:
    """Whether the cells fill the visit without a gap (buffers may lie outside of all cells)."""
    inside = [slot for slot in slots if visit.start <= slot.start < visit.end]
    return (
        sum((slot.end - slot.start for slot in inside), dt.timedelta()) == visit.end - visit.start
    )


def lock_cells(doctor_id: uuid.UUID, span: Span, own: set[int], *, wait: bool) -> list[Slot]:
    """Lock the doctor's cells that touch `span` and the cells `own`, in the order of their ids.

    Without `wait` cells that somebody else has locked are left out of the answer.
    """
    wanted = Slot.objects.filter(doctor_id=doctor_id).touching(*span)
    cells = wanted if not own else wanted | Slot.objects.filter(pk__in=own)
    return list(cells.order_by("pk").select_for_update(skip_locked=not wait, no_key=True))


def claim(
    place: Place,
    appointment: Appointment,
    *,
    status: SlotStatus,
    now: dt.datetime,
    kept: Set[int] = frozenset(),
) -> None:
    """Give the locked cells to an appointment that is already written. Raises Taken.

    Those it has already (`kept`: a visit that moves by a little) stay as they are.
    """
    held_until = appointment.held_until if status == SlotStatus.HELD else None
    wanted = [pk for pk in place.cell_ids if pk not in kept]
    changed = Slot.objects.filter(pk__in=wanted, status=SlotStatus.FREE).update(
        status=status, held_until=held_until
    )
    if changed != len(wanted):
        raise Taken
    AppointmentSlot.objects.bulk_create(
        AppointmentSlot(appointment=appointment, slot_id=pk, claimed_at=now) for pk in wanted
    )
    rooms.claim(place.uses, appointment, now=now)


def release(
    appointment: Appointment, *, now: dt.datetime, keep: Collection[int] = ()
) -> frozenset[int]:
    """Give back an appointment's cells but those in `keep`; returns the ids of those it keeps.

    And its rooms: a visit that moves claims them again with its new time.
    """
    joins = AppointmentSlot.objects.filter(appointment=appointment, released_at__isnull=True)
    using = ResourceUse.objects.filter(appointment=appointment, released_at__isnull=True)
    rows = list(joins.values_list("slot_id", Exists(using)))
    mine = frozenset(slot for slot, _uses in rows)
    if any(uses for _slot, uses in rows):
        rooms.release([appointment.pk], now=now)
    kept = mine.intersection(keep)
    freed = list(
        Slot.objects.filter(pk__in=mine - kept).order_by("pk").select_for_update(no_key=True)
    )
    joins.filter(slot__in=freed).update(released_at=now)
    grid.give_back([(appointment, freed)])
    return kept


def mark(appointment: Appointment, *, status: SlotStatus) -> None:
    """Set the status of all cells an appointment has (a hold that becomes a visit)."""
    ids = appointment.cells.filter(released_at__isnull=True).values("slot")
    cells = Slot.objects.filter(pk__in=ids)
    locked = cells.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    Slot.objects.filter(pk__in=list(locked)).update(status=status, held_until=None)


def refusal(error: IntegrityError) -> Exception:
    """The refusal that a constraint of the database stands for; the error itself if none does."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", "") or ""
    if name == "appointment_patient_once":
        return PatientBusy()
    if name in TAKEN_BY:
        return Taken()
    if name == "one_hold_per_holder":
        return WrongState()
    return error
