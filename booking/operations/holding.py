"""Keeping a time while somebody signs in and makes up his mind."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.conf import settings

from accounts.models import Doctor
from booking.models import Appointment, FreedTime, SlotStatus, Status, VisitType
from booking.operations import cells, freed, limits, rules, steps, sweeping
from booking.operations.counting import counts_refusals
from booking.operations.errors import HoldExpired
from booking.operations.writing import insert
from clinic.lib.actor import Actor


@counts_refusals
def hold(
    *,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor | None = None,
    holder: str,
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Keep a time for HOLD_MINUTES.

    `holder` is a secret of the browser or caller, who has one live hold at most: the earlier one
    ends when the new one stands, and its time may be used again. Raises TooMany, TooSoon, TooFar,
    NotOffered or Taken, and the earlier hold stays.
    """
    rules.check_time(visit_type, start, now=now)
    limits.check_holds(holder=holder, by=by, now=now)
    theirs = Appointment.objects.filter(holder=holder, status=Status.HELD)
    sweeping.expire_holds(now=now, only=theirs)
    earlier = theirs.first()
    wish = cells.Wish(visit_type, start, now, doctor.pk if doctor else None, own=earlier)

    def before() -> cells.Wish | None:
        if earlier is None or steps.lock_appointment(earlier.pk).status == Status.HELD:
            return None
        return dataclasses.replace(wish, own=None)  # booked or ended in the meantime

    def write(place: cells.Place) -> Appointment:
        if earlier is not None:
            _end(earlier, by=by, now=now)
        until = now + dt.timedelta(minutes=settings.HOLD_MINUTES)
        return keep(wish, place, until=until, holder=holder, by=by, now=now)

    return steps.take(wish, write, before=before)


def keep(
    wish: cells.Wish,
    place: cells.Place,
    *,
    until: dt.datetime,
    holder: str,
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Write the hold of a place that this transaction has locked."""
    appointment = insert(
        wish,
        place,
        status=Status.HELD,
        held_until=until,
        holder=holder,
        origin=limits.origin_of(by),
    )
    cells.claim(place, appointment, status=SlotStatus.HELD, now=now)
    steps.record("held", appointment, by=by, now=now)
    return appointment


def release(*, hold: Appointment, by: Actor, now: dt.datetime) -> None:
    """Give a kept time back before its time is over. Raises HoldExpired."""
    with steps.short_transaction():
        locked = steps.lock_appointment(hold.pk)
        if not _end(locked, by=by, now=now):
            raise HoldExpired


def _end(appointment: Appointment, *, by: Actor, now: dt.datetime) -> bool:
    """End a locked hold; False when it was no hold any more."""
    ended = Appointment.objects.filter(pk=appointment.pk, status=Status.HELD).update(
        status=Status.EXPIRED, ended_at=now, ended_by=by.label
    )
    if ended:
        cells.release(appointment, now=now)
        freed.note_visit(appointment, cause=FreedTime.Cause.EXPIRED, now=now)
        steps.record("released", appointment, by=by, now=now)
    return bool(ended)
