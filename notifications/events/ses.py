"""What SES publishes of a mail. Pure.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from notifications.events.told import Kind, Told, Unknown, code, identifier, instant, part

PROVIDER = "ses"
TAG = "message"  # of our own id, as the outlet sets it
# By SES's name: ours, and where its own part of the telling is.
PLAIN = {
    "Send": (Kind.SEND, "send"),
    "Delivery": (Kind.DELIVERY, "delivery"),
    "DeliveryDelay": (Kind.DELAY, "deliveryDelay"),
    "Reject": (Kind.REJECT, "reject"),
    "Rendering Failure": (Kind.NOT_RENDERED, "failure"),
}


def read(event: Mapping[str, Any], *, at: dt.datetime) -> Told:
    """`at` is when it was published, for what names no time. Raises Unknown."""
    mail = part(event, "mail")
    kind, own, detail = _kind(event)
    return Told(
        provider=PROVIDER,
        kind=kind,
        provider_id=identifier(mail.get("messageId")),
        at=instant(own.get("timestamp"), default=instant(mail.get("timestamp"), default=at)),
        message_id=_our_id(mail),
        detail=detail,
    )


def _kind(event: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any], str]:
    name = event.get("eventType") or event.get("notificationType")
    if name == "Bounce":
        own = part(event, "bounce")
        return *_bounce(own), _bounce_detail(own)
    if name == "Complaint":
        own = part(event, "complaint")
        feedback = code(own.get("complaintFeedbackType"))
        kind = Kind.NOT_SPAM if feedback == "not-spam" else Kind.COMPLAINT
        return kind, own, feedback
    if name == "Subscription":
        own = part(event, "subscription")
        if not _unsubscribed(own):
            raise Unknown
        return Kind.UNSUBSCRIBE, own, code(own.get("source"))
    if not isinstance(name, str) or name not in PLAIN:
        raise Unknown
    kind, place = PLAIN[name]
    own = part(event, place)
    return kind, own, code(own.get("delayType") or own.get("reason"))


def _bounce(own: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    permanent = own.get("bounceType") == "Permanent"
    return Kind.BOUNCE if permanent else Kind.SOFT_BOUNCE, own


def _bounce_detail(own: Mapping[str, Any]) -> str:
    recipients = own.get("bouncedRecipients")
    first = recipients[0] if isinstance(recipients, list) and recipients else {}
    status = first.get("status") if isinstance(first, dict) else ""
    codes = (code(own.get("bounceType")), code(own.get("bounceSubType")), code(status))
    return " ".join(filter(None, codes))


def _unsubscribed(own: Mapping[str, Any]) -> bool:
    wishes = part(own, "newTopicPreferences")
    topics = wishes.get("topicSubscriptionStatus")
    return wishes.get("unsubscribeAll") is True or any(
        isinstance(topic, dict) and str(topic.get("subscriptionStatus")).lower() == "optout"
        for topic in (topics if isinstance(topics, list) else [])
    )


def _our_id(mail: Mapping[str, Any]) -> uuid.UUID | None:
    values = part(mail, "tags").get(TAG)
    try:
        return uuid.UUID(values[0]) if isinstance(values, list) and values else None
    except (ValueError, AttributeError, TypeError):
        return None
