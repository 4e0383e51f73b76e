"""The links to one visit that need no sign-in, for mails and text messages.

A token is the visit's id, the version that the message speaks of, and a keyed digest of both:
40 characters, since a text message has room for 160, and a few microseconds, since tens of
thousands are made at eight in the morning. It ends with the visit (see `booking.views.linked`).

Here, as booking makes them for pages and messages, and notifications for reminders: those are
written by the database, which must not know the key.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

# As in booking.urls, which a worker that only writes messages need not load: with all the pages'
# code that takes it seconds.
PATH = "/v/"
SALT = b"booking.visit-link:"
DIGEST_BYTES = 12
LENGTH = 40  # 16 bytes of id, 2 of version and the digest, in base64
LAST_VERSION = 0xFFFF


class Named(NamedTuple):
    """What a link names: a visit, and the version of it that was written about."""

    pk: uuid.UUID
    version: int


def address(pk: uuid.UUID, version: int) -> str:
    return f"{settings.SITE_URL}{PATH}{token_of(pk, version)}/"


def token_of(pk: uuid.UUID, version: int) -> str:
    named = pk.bytes + min(version, LAST_VERSION).to_bytes(2, "big")
    digest = _digest(named, settings.SECRET_KEY)
    return urlsafe_b64encode(named + digest).decode()


def named_by(token: str) -> Named | None:
    """None for a forged one. Those of keys that are no longer used (`SECRET_KEY_FALLBACKS`) are
    good still."""
    if len(token) != LENGTH:
        return None
    try:
        whole = urlsafe_b64decode(token.encode())
    except (Error, ValueError):
        return None
    named, digest = whole[:-DIGEST_BYTES], whole[-DIGEST_BYTES:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(digest, _digest(named, key)) for key in keys):
        return None
    return Named(uuid.UUID(bytes=named[:16]), int.from_bytes(named[16:], "big"))


def _digest(named: bytes, secret: str) -> bytes:
    return hmac.digest(_key(secret), named, "sha256")[:DIGEST_BYTES]


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    """A key of our own: what is signed elsewhere with the same secret is worth nothing here."""
    return hashlib.sha256(SALT + secret.encode()).digest()
