"""What an erased person's addresses leave: messages on their way, and copies on this machine."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from notifications import mailbox
from notifications.models import Message, MessageStatus

WAITING = [MessageStatus.QUEUED, MessageStatus.FAILED]  # staff may try a failed one again


def take_back_from(addresses: Collection[str], *, now: dt.datetime) -> int:
    """In the caller's transaction: what has not left yet for one of these addresses never will.

    Returns how many. What is leaving at this moment is not touched: see `leaving_for`.
    """
    waiting = Message.objects.filter(recipient__in=addresses, status__in=WAITING)
    return waiting.update(status=MessageStatus.VOID, overtaken_at=None)


def leaving_for(addresses: Collection[str], patients: Collection[uuid.UUID]) -> bool:
    """Whether a worker holds a message of one of these at this moment. Locks those that it could
    take next, until the caller's transaction ends."""
    theirs = Message.objects.filter(recipient__in=addresses) | Message.objects.filter(
        patient__in=patients
    )
    list(theirs.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    return theirs.filter(status=MessageStatus.SENDING).exists()


def forget_mailbox(addresses: Collection[str]) -> int:
    """Remove the copies of mails and texts to these addresses that lie on this machine; returns how
    many. Only where the embedded mailbox is; what a provider keeps is out of reach."""
    if not settings.MAILBOX_DIR or not addresses:
        return 0
    return mailbox.remove_to(Path(settings.MAILBOX_DIR), addresses)
