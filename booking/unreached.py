"""Visits whose last message did not arrive: somebody should call."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from django.db.models import Q

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
    """Which of these visits' patients were not reached; as many queries, however many they are."""
    ids = [str(pk) for pk in visits]
    if not ids:
        return set()
    together = Appointment.objects.filter(pk__in=ids, group__isnull=False)
    groups = {str(pk): _about_group(group) for pk, group in together.values_list("pk", "group")}
    found = queries.not_reached(abouts=[*map(about, ids), *set(groups.values())])
    alone = {pk for pk in ids if about(pk) in found}
    return alone | set(_by_group(groups, found))


def coming(clinic: Clinic, *, now: dt.datetime) -> list[tuple[Appointment, queries.NotReached]]:
    """Visits to come whose last message did not arrive, the next one first."""
    found = queries.not_reached_since(now - LOOK_BACK)
    whose = Q(pk__in=_ids(found, "appointment")) | Q(group__in=_ids(found, "group"))
    visits = (
        Appointment.objects.filter(whose, clinic=clinic, status__in=COMING, start__gt=now)
        .exclude(patient=None)
        .select_related("patient", "doctor", "visit_type", "clinic")
        .order_by("start", "pk")
    )
    rows = list(visits)
    by_group = _by_group({str(row.pk): _about_group(row.group) for row in rows if row.group}, found)
    missed = [(row, found.get(about(row.pk)) or by_group.get(str(row.pk))) for row in rows]
    return [(row, message) for row, message in missed if message is not None]


def _by_group(
    groups: Mapping[str, str], found: Mapping[str, queries.NotReached]
) -> dict[str, queries.NotReached]:
    """Visits that the message about several was the last word on: by id, with that message."""
    missed = {pk: found[group] for pk, group in groups.items() if group in found}
    told = queries.told_since({about(pk): message.at for pk, message in missed.items()})
    return {pk: message for pk, message in missed.items() if about(pk) not in told}


def _about_group(group: uuid.UUID | None) -> str:
    return f"group:{group}"


def _ids(found: Iterable[str], wanted: str) -> list[uuid.UUID]:
    """Of what is of that sort among these; an offer, say, is of another."""
    ids = []
    for text in found:
        kind, _colon, pk = text.partition(":")
        if kind == wanted:
            with contextlib.suppress(ValueError):
                ids.append(uuid.UUID(pk))
    return ids
