"""What a provider can tell us of a message, whichever provider and in whatever words. Pure."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifications.models import MessageStatus, Suppression

CODE = re.compile(r"[A-Za-z0-9 ._/-]{1,60}")
ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Kind(StrEnum):
    """At most 20 characters: `ProviderEvent.kind`."""

    SEND = "send"
    DELAY = "delay"
    DELIVERY = "delivery"
    REJECT = "reject"
    NOT_RENDERED = "not_rendered"
    # SES gave up, and an out-of-office note may be all it was: no proof that nothing arrived.
    SOFT_BOUNCE = "soft_bounce"
    BOUNCE = "bounce"
    UNDELIVERED = "undelivered"  # a text message that the carrier did not bring
    NO_NUMBER = "no_number"
    OPTED_OUT = "opted_out"
    COMPLAINT = "complaint"
    NOT_SPAM = "not_spam"  # the opposite of a complaint, which SES tells as one
    UNSUBSCRIBE = "unsubscribe"


# What a message is after each of these. All of them say that the provider had taken it.
STATUS = {
    Kind.SEND: MessageStatus.SENT,
    Kind.DELAY: MessageStatus.SENT,
    Kind.SOFT_BOUNCE: MessageStatus.SENT,
    Kind.UNSUBSCRIBE: MessageStatus.SENT,
    Kind.DELIVERY: MessageStatus.DELIVERED,
    Kind.NOT_SPAM: MessageStatus.DELIVERED,
    Kind.REJECT: MessageStatus.FAILED,
    Kind.NOT_RENDERED: MessageStatus.FAILED,
    Kind.BOUNCE: MessageStatus.BOUNCED,
    Kind.UNDELIVERED: MessageStatus.BOUNCED,
    Kind.NO_NUMBER: MessageStatus.BOUNCED,
    Kind.OPTED_OUT: MessageStatus.BOUNCED,
    Kind.COMPLAINT: MessageStatus.COMPLAINED,
}
# The higher one stands, whichever is told first: a server may take a mail and send it back later.
RANK = {
    MessageStatus.SENT: 1,
    MessageStatus.DELIVERED: 2,
    MessageStatus.FAILED: 3,
    MessageStatus.BOUNCED: 4,
    MessageStatus.COMPLAINED: 5,
}
SUPPRESSES = {
    Kind.BOUNCE: Suppression.Reason.BOUNCE,
    Kind.NO_NUMBER: Suppression.Reason.BOUNCE,
    Kind.OPTED_OUT: Suppression.Reason.OPT_OUT,
    Kind.COMPLAINT: Suppression.Reason.COMPLAINT,
}
# Nobody tells of more than this before or after it happens; the year 9999 in another zone is a time
# that could be written down and never read again.
FAR = dt.timedelta(days=366)
ENDS_REMINDERS = {Kind.COMPLAINT, Kind.UNSUBSCRIBE}


class Unknown(Exception):
    """Nothing that we know how to read, or that we ask for."""


@dataclass(frozen=True)
class Told:
    """Of a message: `provider_id` is the provider's id of it, `message_id` ours, if it came back
    with the telling. `detail` holds codes, no address and no text."""

    provider: str
    kind: Kind
    provider_id: str
    at: dt.datetime
    message_id: uuid.UUID | None = None
    detail: str = ""


@dataclass(frozen=True)
class Wish:
    """A text message that somebody sent us: no more texts, or texts again."""

    number: str  # E.164
    stop: bool
    at: dt.datetime


def code(value: object) -> str:
    """A code as it is, and nothing of what may be a sentence or an address."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else ""


def identifier(value: object) -> str:
    """A provider's id of a message. Raises Unknown: what has none speaks of no message."""
    if isinstance(value, str) and ID.fullmatch(value):
        return value
    raise Unknown


def part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def instant(value: object, *, default: dt.datetime) -> dt.datetime:
    """The time that a text tells, in UTC where it names no zone; `default` where it cannot be."""
    try:
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else default
    except ValueError:
        return default
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return at if abs(at - default) <= FAR else default
