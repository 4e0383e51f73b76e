"""What could not be sent by one channel is sent by the other, once, where the person agreed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Patient
from accounts.queries import carers_of
from notifications import outbox
from notifications.catalog import KINDS
from notifications.channels import NoOutlet, outlet_for
from notifications.models import Channel, Message, MessageStatus
from notifications.queries import suppressed

OTHER = {Channel.EMAIL.value: Channel.SMS, Channel.SMS.value: Channel.EMAIL}
UNREACHED = [MessageStatus.FAILED, MessageStatus.BOUNCED]


def instead_of(message: Message, *, now: dt.datetime) -> bool:
    """Queue a stand-in by the other channel for a message that failed or bounced, if the patient
    can be reached so and it is still true. Returns whether there is one now that was not before.

    Belongs into the transaction that says that it failed: who takes the message back meanwhile
    finds the stand-in too.
    """
    return write(ids=[message.pk], now=now) == 1


def write(*, ids: Sequence[uuid.UUID], now: dt.datetime) -> int:
    """The same for many; returns how many stand-ins were queued."""
    if not ids:
        return 0
    with transaction.atomic():
        # A bounce is told hours later: what was said of the same thing since is the last word.
        # Not empty: as the index on it says, which serves only then.
        since = Message.objects.exclude(about="").filter(
            about=OuterRef("about"), created_at__gt=OuterRef("created_at")
        )
        found = Message.objects.filter(
            Q(about="") | ~Exists(since.exclude(status=MessageStatus.VOID)),
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            pk__in=ids,
            status__in=UNREACHED,
            overtaken_at__isnull=True,
            stands_in_for__isnull=True,
            patient__isnull=False,
        )
        found = found.select_related("patient__user").select_for_update(of=("self",))
        drafts = [draft for message in found if (draft := _draft(message)) is not None]
        return outbox.enqueue_many(_allowed(drafts), now=now)


def address_for(patient: Patient, channel: str) -> str:
    """Where a message by this channel would go: nowhere by text without the patient's consent."""
    if channel == Channel.SMS:
        return patient.phone if patient.texts_agreed_at else ""
    own = patient.email or (patient.user.email if patient.user else "")
    return own or next((carer.email for carer in carers_of(patient)), "")


def _draft(message: Message) -> outbox.Draft | None:
    kind, channel = KINDS.get(message.template), OTHER[message.channel]
    if kind is None or channel not in kind.channels or not message.context:
        return None
    try:
        outlet_for(channel)
    except NoOutlet:
        return None
    assert message.patient is not None  # asked for
    address = address_for(message.patient, channel)
    if not address:
        return None
    draft = outbox.Draft(
        template=message.template,
        recipient=address,
        dedupe_key=f"{message.dedupe_key[:190]}:instead",
        context=message.context,
        channel=channel,
        language=message.language,
        about=message.about,
        patient_id=message.patient_id,
        stands_in_for_id=message.pk,
        priority=message.priority,
        expires_at=message.expires_at,
    )
    return draft if outbox.can_be_sent(draft) else None


def _allowed(drafts: list[outbox.Draft]) -> list[outbox.Draft]:
    """Without those whose address is suppressed too."""
    refused = {
        (channel, address)
        for channel in OTHER
        for address in suppressed(
            channel=channel,
            addresses=[draft.recipient for draft in drafts if draft.channel == channel],
        )
    }
    return [draft for draft in drafts if (draft.channel, draft.recipient) not in refused]
