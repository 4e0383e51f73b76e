"""What messages say is kept as long as somebody may ask about them, and no longer."""

from __future__ import annotations

import datetime as dt

from notifications.models import OVER, Message, ProviderEvent

KEPT = dt.timedelta(days=30)


def forget_contents(*, now: dt.datetime) -> int:
    """Empty the contents of messages that left or ended long ago; returns of how many.

    That they were sent, when and for what stays on record.
    """
    old = Message.objects.filter(status__in=OVER, created_at__lt=now - KEPT).exclude(context={})
    return old.update(context={})


def forget_strangers(*, now: dt.datetime) -> int:
    """Delete what providers told long ago of messages that are none of ours; returns how many."""
    old = ProviderEvent.objects.filter(message__isnull=True, received_at__lt=now - KEPT)
    return old.delete()[0]
