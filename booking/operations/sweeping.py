"""What time ends by itself: holds that ran out, requests that nobody answered.

Nothing waits for these sweeps: readers take a hold as ended at `held_until`, and writers end the
stale ones in their way first. They run by the clock so that the tables tell the truth too.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import OperationalError, transaction
from django.db.models import Q

from accounts.operations import record_audit
from booking import answers, messages
from booking.models import Appointment, AppointmentSlot, FreedTime, Slot, Status
from booking.models.appointment import AppointmentQuerySet
from booking.operations import freed, grid, rooms
from booking.operations.locks import is_lock_trouble
from clinic.lib.actor import Actor

BATCH = 500
CAUSES = {
    Status.EXPIRED: FreedTime.Cause.EXPIRED,
    Status.LAPSED: FreedTime.Cause.LAPSED,
}


def expire_holds(
    *, now: dt.datetime, only: AppointmentQuerySet | None = None, by: Actor | None = None
) -> int:
    """End the holds whose time is over and free their cells; returns how many. Safe to repeat.

    What another transaction is at work on, holds or their cells, is left to the next run. `only`
    narrows the choice.
    """
    by = by or Actor.system("expire-holds")
    stale = Appointment.objects.all() if only is None else only
    total = 0
    while True:
        try:
            with transaction.atomic():
                ended = _end(stale.stale_holds(now=now), Status.EXPIRED, by=by, now=now)
        except OperationalError as error:
            if not is_lock_trouble(error):
                raise
            return total
        total += len(ended)
        if len(ended) < BATCH:
            return total


def end_holds(holds: AppointmentQuerySet, *, by: Actor, now: dt.datetime) -> list[Appointment]:
    """End holds before their time, in the caller's transaction, and free their cells.

    Those that are being confirmed at this moment are left to that.
    """
    return _end(holds.filter(status=Status.HELD), Status.EXPIRED, by=by, now=now)


def lapse_requests(*, now: dt.datetime, by: Actor | None = None) -> int:
    """End the requests that nobody answered before their start, and the guests' requests whose
    mailed link was not followed in time; returns how many. Safe to repeat."""
    by = by or Actor.system("lapse-requests")
    overdue = Appointment.objects.filter(status=Status.PENDING).filter(
        Q(start__lte=now) | Q(confirm_by__lte=now)
    )
    total = 0
    while True:
        with transaction.atomic():
            ended = _end(overdue, Status.LAPSED, by=by, now=now)
            for appointment in ended:
                messages.lapsed(appointment, now=now)
        total += len(ended)
        if len(ended) < BATCH:
            return total


def _end(
    appointments: AppointmentQuerySet, status: Status, *, by: Actor, now: dt.datetime
) -> list[Appointment]:
    """End up to BATCH appointments in this transaction: rows, then their cells, each by id."""
    chosen = list(
        appointments.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",))[
            :BATCH
        ]
    )
    if not chosen:
        return []
    ids = [appointment.pk for appointment in chosen]
    joins = AppointmentSlot.objects.filter(appointment__in=ids, released_at__isnull=True)
    owners = dict(joins.values_list("slot_id", "appointment_id"))
    cells: dict[uuid.UUID, list[Slot]] = {pk: [] for pk in ids}
    for slot in Slot.objects.filter(pk__in=owners).order_by("pk").select_for_update(no_key=True):
        cells[owners[slot.pk]].append(slot)
    Appointment.objects.filter(pk__in=ids).update(status=status, ended_at=now, ended_by=by.label)
    joins.update(released_at=now)
    rooms.release(ids, now=now)
    grid.give_back([(appointment, cells[appointment.pk]) for appointment in chosen])
    for appointment in chosen:
        appointment.status = status
        record_audit(
            action=f"appointment.{status.value}",
            subject=appointment,
            patient_id=appointment.patient_id,
            by=by,
            now=now,
        )
        answers.forget(appointment)
    freed.note_all(chosen, cause=CAUSES[status], now=now)
    return chosen
