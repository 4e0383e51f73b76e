"""Giving visits their rooms and equipment, and taking them back: the last in the order of locks."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from booking import uses
from booking.availability import Span
from booking.models import Appointment, Resource, ResourceUse, VisitType
from booking.operations.locks import StaleHoldLeft
from booking.rooms import FreeRooms, Uses, assign


class NoRoom(Exception):
    """No choice of rooms and equipment is free for the whole time."""


def lock(
    visit_type: VisitType, span: Span, *, own: Appointment | None = None, now: dt.datetime
) -> Uses | None:
    """Lock what the visit type may need and choose of it; None when it needs nothing.

    All of it is locked, by id, so that whoever comes second looks when the first has committed:
    as many get in as there are rooms. What `own` had is chosen again where it can be. Raises
    NoRoom or StaleHoldLeft.
    """
    needs = uses.needs_of(visit_type)
    if not needs:
        return None
    locked = lock_resources({resource for need in needs for resource in need})
    had = set(own.uses.values_list("resource_id", flat=True)) if own is not None else set()
    wanted = [sorted(need, key=lambda one: one not in had) for need in needs]
    free = FreeRooms(needs, uses.used(locked, span, now=now, own=own, stale=True)).at(span)
    chosen = assign(wanted, free & locked)
    if chosen is None:
        unless_stale = FreeRooms(needs, uses.used(locked, span, now=now, own=own)).at(span)
        raise NoRoom if assign(wanted, unless_stale & locked) is None else StaleHoldLeft
    return Uses(span, chosen)


def lock_needed(visit_types: Iterable[VisitType]) -> None:
    """Lock at once all that several visits may need, as one after the other would break the order
    of locks."""
    needed = Resource.objects.filter(needs__visit_type__in=set(visit_types)).values_list("pk")
    ids = {pk for (pk,) in needed}
    if ids:
        lock_resources(ids)


def lock_resources(ids: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Lock the rows in the order of their ids; those that are still active."""
    rows = Resource.objects.filter(pk__in=list(ids), active=True).order_by("pk")
    return frozenset(row.pk for row in rows.select_for_update(no_key=True))


def claim(chosen: Uses | None, appointment: Appointment, *, now: dt.datetime) -> None:
    """Give what was locked to an appointment that is already written."""
    if chosen is None:
        return
    ResourceUse.objects.bulk_create(
        ResourceUse(
            appointment=appointment,
            resource_id=resource,
            start=chosen.span.start,
            end=chosen.span.end,
            claimed_at=now,
        )
        for resource in chosen.resources
    )


def release(appointments: Iterable[uuid.UUID], *, now: dt.datetime) -> None:
    """What the appointments, whose rows are locked, use is free again."""
    mine = ResourceUse.objects.filter(appointment__in=list(appointments), released_at__isnull=True)
    mine.update(released_at=now)
