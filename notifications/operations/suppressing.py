"""Addresses that nothing is sent to any more, and how that ends."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from notifications.models import Message, Suppression
from notifications.queries import as_suppressed

BOUNCE = Suppression.Reason.BOUNCE


class AlreadyLifted(Exception):
    """Somebody ended this one before; `str()` says it to a person."""

    def __str__(self) -> str:
        return str(_("Messages to this address are allowed again already."))


def suppress(
    *,
    channel: str,
    address: str,
    reason: Suppression.Reason | str,
    by: Actor,
    now: dt.datetime,
    since: dt.datetime | None = None,
    message: Message | None = None,
) -> Suppression | None:
    """Send nothing more to this address. None when that was so already.

    `since`: when its owner said so; `message`: the one that told us. An owner's no takes the place
    of "does not exist", so that nobody lifts it by mistake. What is queued for the address is
    found out when its turn comes: delivery looks right before it sends.
    """
    address = as_suppressed(address)
    made = Suppression(
        channel=channel, address=address, reason=reason, since=since or now, message=message
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:  # there is one: by us, or by somebody at the same moment
            there = Suppression.objects.filter(channel=channel, address=address)
            there.filter(lifted_at__isnull=True, reason=BOUNCE).update(reason=reason)
            return None
        record_audit(
            action="suppression.made",
            subject=made,
            by=by,
            now=now,
            patient_id=message.patient_id if message else None,
            data={"channel": str(channel), "reason": str(reason)},
        )
    return made


def lift(*, suppression: Suppression, by: Actor, now: dt.datetime) -> None:
    """Let messages go to this address again. Raises AlreadyLifted.

    The provider may keep a list of its own, on which the address stays until it is taken off
    there.
    """
    with transaction.atomic():
        live = Suppression.objects.filter(pk=suppression.pk, lifted_at__isnull=True)
        if not live.update(lifted_at=now, lifted_by=by.label[:60]):
            raise AlreadyLifted
        record_audit(
            action="suppression.lifted",
            subject=suppression,
            by=by,
            now=now,
            data={"channel": suppression.channel, "reason": suppression.reason},
        )
    suppression.refresh_from_db()
