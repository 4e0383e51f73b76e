"""Visits whose last message did not arrive: somebody should call."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from accounts.models import Clinic
from booking.models import Appointment, Status
from notifications import queries

# What was written earlier is about visits that are long over, or was told again since.
LOOK_BACK = dt.timedelta(days=120)
COMING = [Status.PENDING, Status.BOOKED]


def about(visit_id: uuid.UUID | str) -> str:
    """What messages of a visit are marked with."""
    return f"appointment:{visit_id}"


def among(visits: Iterable[uuid.UUID | str]) -> set[str]:
    """Which of these visits' patients were not reached; one query, however many they are."""
    abouts = {about(pk): str(pk) for pk in visits}
    return {abouts[found] for found in queries.not_reached(abouts=abouts)}


def coming(clinic: Clinic, *, now: dt.datetime) -> list[tuple[Appointment, queries.NotReached]]:
    """Visits to come whose last message did not arrive, the next one first."""
    found = queries.not_reached_since(now - LOOK_BACK)
    ids = [pk for text in found if (pk := _visit_of(text))]
    visits = (
        Appointment.objects.filter(pk__in=ids, clinic=clinic, status__in=COMING, start__gt=now)
        .exclude(patient=None)
        .select_related("patient", "doctor", "visit_type", "clinic")
        .order_by("start", "pk")
    )
    return [(visit, found[about(visit.pk)]) for visit in visits]


def _visit_of(text: str) -> uuid.UUID | None:
    """None for what speaks of something else: an offer, a group."""
    kind, _colon, pk = text.partition(":")
    try:
        return uuid.UUID(pk) if kind == "appointment" else None
    except ValueError:
        return None
