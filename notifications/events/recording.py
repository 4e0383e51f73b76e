"""Keeping what was told, once, and letting the message be what it says.

Whatever the order and however often: each telling is kept by the provider's own id of it, and of
two that contradict each other the one with the higher rank stands.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from clinic.lib.actor import Actor
from notifications.events.applying import apply
from notifications.events.told import Told, Wish
from notifications.models import Message, ProviderEvent
from notifications.operations import opt_in, opt_out

BY = Actor.system("provider-events")
# Our own record of a call is never later than this behind what the provider tells of it.
WAITED_FOR = dt.timedelta(hours=1)
MATCHED_AT_ONCE = 1000


def record(told: Told, *, event_id: str, now: dt.datetime) -> bool:
    """Keep and apply it. False when it was told before.

    What speaks of a message that nobody knows (yet) is kept, for `match_waiting`.
    """
    event = ProviderEvent(
        event_id=event_id,
        provider=told.provider,
        kind=told.kind,
        provider_id=told.provider_id,
        at=told.at,
        received_at=now,
        detail=told.detail[:200],
    )
    with transaction.atomic():
        kept = _keep(event)
        if kept and (found := _message_of(told)) is not None:
            apply(event, message_id=found, by=BY, now=now)
    return kept


def record_wish(wish: Wish, *, event_id: str, now: dt.datetime) -> bool:
    """Let its owner have no more texts, or texts again. False when it was told before."""
    event = ProviderEvent(
        event_id=event_id,
        provider="sns",
        kind="stop" if wish.stop else "start",
        at=wish.at,
        received_at=now,
    )
    heed = opt_out if wish.stop else opt_in
    with transaction.atomic():
        kept = _keep(event)
        if kept:
            heed(number=wish.number, at=wish.at, by=BY, now=now)
    return kept


def match_waiting(*, now: dt.datetime) -> int:
    """Apply what was told before we had written down under which id its message left.

    Returns how many.
    """
    recorded = Message.objects.filter(provider_id=OuterRef("provider_id"))
    waiting = ProviderEvent.objects.filter(
        Exists(recorded), message__isnull=True, received_at__gte=now - WAITED_FOR
    ).exclude(provider_id="")
    return sum(
        _match(pk, now=now)
        for pk in waiting.order_by("received_at").values_list("pk", flat=True)[:MATCHED_AT_ONCE]
    )


def _match(pk: int, *, now: dt.datetime) -> bool:
    with transaction.atomic():
        waiting = ProviderEvent.objects.filter(pk=pk, message__isnull=True)
        event = waiting.select_for_update(skip_locked=True).first()
        if event is None:  # another worker is at it
            return False
        found = Message.objects.filter(provider_id=event.provider_id).values_list("pk", flat=True)
        return bool(found) and apply(event, message_id=found[0], by=BY, now=now)


def _keep(event: ProviderEvent) -> bool:
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError:  # told before, or by another process at this moment
        return False
    return True


def _message_of(told: Told) -> uuid.UUID | None:
    """By our own id if it came back, which is known before the provider's."""
    if told.message_id and Message.objects.filter(pk=told.message_id).exists():
        return told.message_id
    by_theirs = Message.objects.filter(provider_id=told.provider_id)
    return by_theirs.values_list("pk", flat=True).first()
