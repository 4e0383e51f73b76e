"""The address that stops one patient's reminders.

Cheap, because fifty thousand of them are made at eight in the morning: the patient's id and a
keyed digest of it. It says nothing of the patient, does not run out (a mail may be read years
later), and can do one thing only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from functools import lru_cache

from django.conf import settings
from django.urls import reverse

SALT = b"notifications.stop-reminders"
DIGEST_BYTES = 16
PLACE = "-token-"


def stop_url(patient_id: uuid.UUID) -> str:
    return _frame(settings.SITE_URL).replace(PLACE, stop_token(patient_id))


def stop_token(patient_id: uuid.UUID) -> str:
    signed = patient_id.bytes + _digest(patient_id.bytes, settings.SECRET_KEY)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def stopping_patient_id(token: str) -> uuid.UUID | None:
    """Whose reminders a link stops; None for a forged one."""
    try:
        signed = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(signed) != 16 + DIGEST_BYTES:
        return None
    named, digest = signed[:16], signed[16:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(digest, _digest(named, secret)):
            return uuid.UUID(bytes=named)
    return None


def _digest(named: bytes, secret: str) -> bytes:
    return hmac.digest(_key(secret), named, "sha256")[:DIGEST_BYTES]


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(SALT + secret.encode()).digest()


@lru_cache(maxsize=4)
def _frame(site: str) -> str:
    # Of all the site's addresses this one: a worker that starts at eight would load every page.
    return site + reverse("stop_reminders", urlconf="notifications.stopping.urls", args=[PLACE])
