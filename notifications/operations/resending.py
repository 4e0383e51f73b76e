"""Sending once more what was sent before, or what failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from notifications import outbox
from notifications.catalog import KINDS
from notifications.models import LEFT, Message, MessageStatus
from notifications.queries import suppressed


class NotResent(Exception):
    """This message is not sent again; `str()` says why to a person."""

    sentence = _("This message is not sent again.")

    def __str__(self) -> str:
        return str(self.sentence)


class NoLongerTrue(NotResent):
    sentence = _("It was taken back, or the visit has changed since: it is no longer true.")


class Expired(NotResent):
    sentence = _("It is too late for it to be of use.")


class Secret(NotResent):
    sentence = _("It held a code, which is not kept. A new one is asked for where it is needed.")


class Forgotten(NotResent):
    sentence = _("What it said is not kept any more.")


class NotOver(NotResent):
    sentence = _("It has not been sent yet, and will be.")


class AddressSuppressed(NotResent):
    sentence = _("Nothing is sent to this address until that is lifted.")


class AlreadyResent(NotResent):
    sentence = _("Somebody has just sent it again.")


def resend(*, message: Message, by: Actor, now: dt.datetime) -> Message:
    """Queue the same message anew, linked to the old one. Raises a NotResent."""
    with transaction.atomic():
        old = Message.objects.select_for_update().get(pk=message.pk)
        _check(old, now=now)
        times = Message.objects.filter(dedupe_key__startswith=f"resent:{old.pk}:").count()
        new = outbox.enqueue(
            template=old.template,
            channel=old.channel,
            recipient=old.recipient,
            language=old.language,
            context=old.context,
            about=old.about,
            patient_id=old.patient_id,
            stands_in_for_id=old.pk,
            priority=old.priority,
            expires_at=old.expires_at,
            dedupe_key=f"resent:{old.pk}:{times + 1}",
            now=now,
        )
        if new is None:
            raise AlreadyResent
        record_audit(
            action="message.resent",
            subject=new,
            by=by,
            now=now,
            patient_id=old.patient_id,
            data={"instead_of": str(old.pk)},
        )
    return new


def _check(old: Message, *, now: dt.datetime) -> None:
    kind = KINDS.get(old.template)
    if old.status in (MessageStatus.QUEUED, MessageStatus.SENDING):
        raise NotOver
    if old.status == MessageStatus.VOID or old.overtaken_at is not None:
        raise NoLongerTrue
    if old.expires_at is not None and old.expires_at <= now:
        raise Expired
    if kind is None or kind.secret:
        raise Secret
    if not old.context:
        raise Forgotten
    if suppressed(channel=old.channel, addresses=[old.recipient]):
        raise AddressSuppressed
    waiting = Message.objects.filter(
        dedupe_key__startswith=f"resent:{old.pk}:",
        status__in=[MessageStatus.QUEUED, MessageStatus.SENDING],
    )
    if waiting.exists():
        raise AlreadyResent


def replay(*, messages: Sequence[Message], by: Actor, now: dt.datetime) -> list[Message]:
    """Give failed messages that are still true a new start. Returns those that got one.

    Not what has been of no use since, nor what another message arrived instead of.
    """
    with transaction.atomic():
        locked = Message.objects.select_for_update().filter(
            pk__in=[message.pk for message in messages]
        )
        # In one order, so that two of us wait for each other and not both ways.
        true = replayable(messages=locked.order_by("pk"), now=now)
        queued = outbox.queue_again(messages=true, now=now)
        for message in queued:
            record_audit(
                action="message.queued_again",
                subject=message,
                by=by,
                now=now,
                patient_id=message.patient_id,
            )
    return queued


def replayable(*, messages: Iterable[Message], now: dt.datetime) -> list[Message]:
    """Those of these that `replay` would give a new start."""
    found = list(messages)
    prefetch_related_objects(found, "stand_ins")
    return [
        message
        for message in found
        if message.status == MessageStatus.FAILED
        and message.context
        and message.overtaken_at is None
        and (message.expires_at is None or message.expires_at > now)
        and not any(_arrives(other) for other in message.stand_ins.all())
    ]


def _arrives(other: Message) -> bool:
    return other.status in (*LEFT, MessageStatus.QUEUED, MessageStatus.SENDING) and (
        other.status != MessageStatus.BOUNCED
    )
