"""What messages say is kept as long as somebody may ask about them, and no longer."""

from __future__ import annotations

import datetime as dt

from notifications.models import Message, MessageStatus

KEPT = dt.timedelta(days=30)
OVER = [MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.VOID]


def forget_contents(*, now: dt.datetime) -> int:
    """Empty the contents of messages that left or ended long ago; returns of how many.

    That they were sent, when and for what stays on record.
    """
    old = Message.objects.filter(status__in=OVER, created_at__lt=now - KEPT).exclude(context={})
    return old.update(context={})
