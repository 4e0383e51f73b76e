"""From a body that somebody posted to what is kept of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import structlog
from django.conf import settings

from notifications.events import envelope as envelopes
from notifications.events import fetching, recording, ses, signatures, texts
from notifications.events.envelope import Envelope
from notifications.events.origins import Foreign, confirmation_path, host_of
from notifications.events.told import Told, Unknown, Wish

logger = structlog.get_logger(__name__)


class NotBelieved(Exception):
    """Not by SNS, or not of a topic of ours."""


def receive(body: bytes, *, now: dt.datetime) -> None:
    """Believe, read and keep it; once, however often it is posted.

    Raises envelope.Malformed, NotBelieved, and fetching.Unavailable when it should be posted
    again later. What is believed and says nothing to us is let go. SNS is asked outside of any
    transaction.
    """
    envelope = envelopes.read(body)
    if envelope.topic not in settings.SNS_TOPICS:
        raise NotBelieved("topic")
    try:
        signatures.check(envelope, now=now)
    except (signatures.BadSignature, Foreign) as error:
        raise NotBelieved(str(error) or "topic") from error
    if envelope.kind == envelopes.SUBSCRIBE:
        _confirm(envelope)
    elif envelope.kind == envelopes.UNSUBSCRIBE:
        logger.warning("sns-unsubscribed", topic=envelope.topic)
    else:
        _keep(envelope, now=now)


def _confirm(envelope: Envelope) -> None:
    try:
        path = confirmation_path(envelope.subscribe_url, topic=envelope.topic)
    except Foreign as error:
        raise NotBelieved("confirmation's address") from error
    fetching.fetch(host_of(envelope.topic), path)
    logger.info("sns-subscribed", topic=envelope.topic)


def _keep(envelope: Envelope, *, now: dt.datetime) -> None:
    try:
        told = read_message(envelope.message, at=envelope.at)
    except Unknown:
        logger.info("provider-event-unread", id=envelope.id)
        return
    if isinstance(told, Wish):
        fresh = recording.record_wish(told, event_id=envelope.id, now=now)
    else:
        fresh = recording.record(told, event_id=envelope.id, now=now)
    if not fresh:
        logger.info("provider-event-again", id=envelope.id)


def read_message(text: str, *, at: dt.datetime) -> Told | Wish:
    """Raises Unknown. `at`: when it was published."""
    found = _object(text)
    if texts.is_answer(found):
        return texts.read_answer(found, at=at)
    if texts.is_status(found):
        return texts.read_status(found, at=at)
    return ses.read(found, at=at)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unknown from error
    if not isinstance(found, dict):
        raise Unknown
    return found
