"""What the owner of a phone says about text messages: no more of them, or again.

Answers come in any order. What counts is the later word by the time that it was said at: a
suppression's `since` is the last "no", the `lifted_at` of one that its owner ended the last "yes".
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from notifications.models import Channel, Suppression
from notifications.operations.suppressing import suppress

OWNER = "its owner"


def opt_out(*, number: str, at: dt.datetime, by: Actor, now: dt.datetime) -> bool:
    """No more texts to `number` (E.164). False when a later "yes" is known, or an earlier "no"."""
    with transaction.atomic():
        _one_word_at_a_time(number)
        rows = _rows(number)
        if rows.filter(lifted_by=OWNER, lifted_at__gte=at).exists():
            return False
        made = suppress(
            channel=Channel.SMS,
            address=number,
            reason=Suppression.Reason.OPT_OUT,
            by=by,
            now=now,
            since=at,
        )
        if made is None:
            rows.filter(lifted_at__isnull=True, since__lt=at).update(since=at)
    return made is not None


def opt_in(*, number: str, at: dt.datetime, by: Actor, now: dt.datetime) -> bool:
    """Texts again, by their owner's own wish. False when there was nothing to end, or a later "no".

    The provider's own list may still hold the number: it takes it off when it is asked to.
    """
    with transaction.atomic():
        _one_word_at_a_time(number)
        rows = _rows(number)
        live = rows.filter(lifted_at__isnull=True).first()
        if live is None:
            _remember(number, at)
            return False
        if live.since > at:
            return False
        live.lifted_at, live.lifted_by = at, OWNER
        live.save(update_fields=["lifted_at", "lifted_by"])
        record_audit(
            action="suppression.lifted",
            subject=live,
            by=by,
            now=now,
            data={"channel": live.channel, "reason": live.reason},
        )
    return True


def _rows(number: str) -> QuerySet[Suppression]:
    return Suppression.objects.filter(channel=Channel.SMS, address=number)


def _remember(number: str, at: dt.datetime) -> None:
    """A "yes" to nothing: for the "no" that was said before it and is still on its way."""
    last = _rows(number).filter(lifted_by=OWNER).order_by("-lifted_at").first()
    if last is None:
        Suppression.objects.create(
            channel=Channel.SMS,
            address=number,
            reason=Suppression.Reason.OPT_OUT,
            since=at,
            lifted_at=at,
            lifted_by=OWNER,
        )
    elif last.lifted_at is not None and last.lifted_at < at:
        last.lifted_at = at
        last.save(update_fields=["lifted_at"])


def _one_word_at_a_time(number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"wish:{number}"])
