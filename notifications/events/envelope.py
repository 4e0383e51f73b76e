"""What SNS posts: the envelope around each telling. Pure.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOTIFICATION = "Notification"
SUBSCRIBE = "SubscriptionConfirmation"
UNSUBSCRIBE = "UnsubscribeConfirmation"

# In the order in which they are signed; Subject only where there is one.
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIBE: (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
    UNSUBSCRIBE: (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
ID = re.compile(r"[A-Za-z0-9-]{1,128}")


class Malformed(Exception):
    """This is no envelope of SNS."""


@dataclass(frozen=True)
class Envelope:
    kind: str
    id: str
    topic: str
    at: dt.datetime
    message: str
    version: str  # of the signature: "1" or "2"
    signature: bytes
    certificate_url: str
    subscribe_url: str
    signed: bytes  # the text that the signature is of


def read(body: bytes) -> Envelope:
    """Raises Malformed."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON") from error
    if not isinstance(found, dict):
        raise Malformed("no object")
    kind = _text(found, "Type")
    if kind not in SIGNED:
        raise Malformed("Type")
    return Envelope(
        kind=kind,
        id=_matching(found, "MessageId"),
        topic=_text(found, "TopicArn"),
        at=_time(_text(found, "Timestamp")),
        message=_text(found, "Message"),
        version=_text(found, "SignatureVersion"),
        signature=_decoded(_text(found, "Signature")),
        certificate_url=_text(found, "SigningCertURL"),
        subscribe_url="" if kind == NOTIFICATION else _text(found, "SubscribeURL"),
        signed=_signed(found, kind),
    )


def _signed(found: Mapping[str, Any], kind: str) -> bytes:
    names = [name for name in SIGNED[kind] if name != "Subject" or found.get(name) is not None]
    return "".join(f"{name}\n{_text(found, name)}\n" for name in names).encode()


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise Malformed(name)
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a pair, which JSON can write and no text holds
        raise Malformed(name) from error
    return value


def _matching(found: Mapping[str, Any], name: str) -> str:
    value = _text(found, name)
    if not ID.fullmatch(value):
        raise Malformed(name)
    return value


def _time(text: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("Timestamp") from error
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("Signature") from error
