"""What a telling makes of its message, its address and its patient."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts.models import Patient
from accounts.operations import stop_reminders
from clinic.lib.actor import Actor
from notifications import outbox
from notifications.catalog import KINDS
from notifications.delivery import fallback
from notifications.events.told import ENDS_REMINDERS, RANK, STATUS, SUPPRESSES, Kind
from notifications.models import LEFT, Message, MessageStatus, ProviderEvent
from notifications.operations import suppress

NOT_REACHED = {MessageStatus.BOUNCED, MessageStatus.FAILED}


def apply(event: ProviderEvent, *, message_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """Inside the transaction that keeps `event`. False: its turn comes when the message is
    recorded as sent.

    A telling proves that the provider had the message: one that a worker died over is not sent
    again, and one that was taken back too late reads as sent. Only that it was refused there in
    the end is left for our own record, which would otherwise say "sent" afterwards.
    """
    kind = Kind(event.kind)
    _lock_readers(message_id, kind, by=by, now=now)
    message = Message.objects.select_for_update().get(pk=message_id)
    status = STATUS[kind]
    if status == MessageStatus.FAILED and _rank(message) == 0:
        return False
    event.message = message
    event.save(update_fields=["message"])
    if RANK[status] > _rank(message):
        _settle(message, event, status)
        if status in NOT_REACHED:
            fallback.instead_of(message, now=now)
    elif message.settled_at and message.status == status and event.at < message.settled_at:
        Message.objects.filter(pk=message.pk).update(settled_at=event.at)
    if reason := SUPPRESSES.get(kind):
        suppress(
            channel=message.channel,
            address=message.recipient,
            reason=reason,
            by=by,
            now=now,
            message=message,
        )
    return True


def _rank(message: Message) -> int:
    """How much of what is known the provider said; 0 where it has said nothing yet."""
    said = message.status in LEFT or message.settled_at is not None
    return RANK.get(MessageStatus(message.status), 0) if said else 0


def _settle(message: Message, event: ProviderEvent, status: MessageStatus) -> None:
    reached = status not in NOT_REACHED and status != MessageStatus.COMPLAINED
    message.status = status
    message.error = "" if reached else f"{event.kind} {event.detail}".strip()[:200]
    message.sent_at = None if status == MessageStatus.FAILED else message.sent_at or event.at
    message.settled_at = None if status == MessageStatus.SENT else event.at
    message.provider = message.provider or event.provider
    message.provider_id = message.provider_id or event.provider_id
    message.lease = message.leased_until = None
    kind = KINDS.get(message.template)
    if kind and kind.secret:
        message.context = {}
    message.save(
        update_fields=[
            "status", "error", "sent_at", "settled_at", "provider", "provider_id", "lease",
            "leased_until", "context",
        ]
    )  # fmt: skip


def _lock_readers(message_id: uuid.UUID, kind: Kind, *, by: Actor, now: dt.datetime) -> None:
    """Patients before messages, as everywhere; and whoever wants no more reminders has none.

    Those of whom this address is, not whoever the message speaks of: a carer's complaint does
    not end the reminders of a child that has another carer.
    """
    if STATUS[kind] in (MessageStatus.SENT, MessageStatus.DELIVERED) and (
        kind not in ENDS_REMINDERS
    ):
        return
    message = Message.objects.only("recipient", "patient_id").get(pk=message_id)
    address = message.recipient
    owners = Q(email__iexact=address) | Q(user__email__iexact=address)
    ending = set()
    if kind in ENDS_REMINDERS:
        ending = set(Patient.objects.filter(owners).values_list("pk", flat=True))
    rows = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(
        pk__in=ending | {message.patient_id}
    )
    for patient in rows.order_by("pk"):
        if patient.pk in ending:
            stop_reminders(patient_id=patient.pk, by=by, now=now, via=kind.value)
            outbox.void_reminders(patient_id=patient.pk, now=now)
