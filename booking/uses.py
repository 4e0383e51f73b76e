"""Reading which rooms and equipment visits need, and which are in use."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable

from booking.availability import Span
from booking.models import Appointment, Need, ResourceUse, Status, VisitType
from booking.rooms import FreeRooms

# No visit with its buffers lasts longer; it bounds the range by an index.
LONGEST = dt.timedelta(days=2)


def needs_of(visit_type: VisitType) -> list[list[uuid.UUID]]:
    """For each need of the visit type its active resources: none at all, and it cannot be met."""
    needs: dict[int, list[uuid.UUID]] = {}
    rows = Need.objects.filter(visit_type=visit_type).order_by("pk", "resources__name")
    for need, resource, active in rows.values_list("pk", "resources", "resources__active"):
        found = needs.setdefault(need, [])
        if resource is not None and active:
            found.append(resource)
    return list(needs.values())


def used(
    resources: Iterable[uuid.UUID],
    span: Span,
    *,
    now: dt.datetime,
    own: Appointment | None = None,
    stale: bool = False,
) -> dict[uuid.UUID, list[Span]]:
    """For each of the resources when it is in use around `span`, but for `own`.

    A hold that has run out uses nothing any more; with `stale` it counts until it is ended.
    """
    uses = ResourceUse.objects.filter(
        resource__in=list(resources),
        released_at__isnull=True,
        start__lt=span.end,
        end__gt=span.start,
        start__gt=span.start - LONGEST,
    )
    if own is not None:
        uses = uses.exclude(appointment=own)
    if not stale:
        uses = uses.exclude(appointment__status=Status.HELD, appointment__held_until__lte=now)
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for resource, start, end in uses.values_list("resource", "start", "end"):
        found[resource].append(Span(start, end))
    return found


def free_rooms(
    visit_type: VisitType, span: Span, *, now: dt.datetime, own: Appointment | None = None
) -> FreeRooms:
    """Where the visits of a type could be during `span`."""
    needs = needs_of(visit_type)
    resources = {resource for need in needs for resource in need}
    return FreeRooms(needs, used(resources, span, now=now, own=own))


def hold_ends(
    visit_type: VisitType, span: Span, *, now: dt.datetime
) -> list[tuple[Span, dt.datetime]]:
    """The holds, also of other visit types, that keep what this one may need: when it would be in
    use, and until when it is kept."""
    held = ResourceUse.objects.filter(
        resource__needs__visit_type=visit_type,
        released_at__isnull=True,
        start__lt=span.end,
        end__gt=span.start,
        start__gt=span.start - LONGEST,
        appointment__status=Status.HELD,
        appointment__held_until__gt=now,
    )
    rows = held.values_list("start", "end", "appointment__held_until")
    return [(Span(start, end), until) for start, end, until in rows if until is not None]
