"""Whether SNS wrote an envelope: RSA over its canonical text, by the certificate that it names."""

from __future__ import annotations

import datetime as dt
import threading
import time

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from notifications.events import fetching
from notifications.events.envelope import Envelope
from notifications.events.origins import Foreign, certificate_path, host_of

# Version 1 is what topics have that nobody changed; SNS signs it with SHA-1.
DIGESTS: dict[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}
KEPT_SECONDS = 3600.0
MOST_KEPT = 8

# Until when (monotonic clock) each certificate need not be asked for again, by its address.
_kept: dict[str, tuple[float, x509.Certificate]] = {}
_lock = threading.Lock()


class BadSignature(Exception):
    """SNS did not write this, or not thus."""


def check(envelope: Envelope, *, now: dt.datetime) -> None:
    """Raises BadSignature, and fetching.Unavailable when that cannot be known now.

    Whether the topic is ours is for the caller to look at first: its region says whose
    certificate is believed.
    """
    digest = DIGESTS.get(envelope.version)
    if digest is None:
        raise BadSignature("version")
    certificate = _certificate(envelope)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise BadSignature("certificate's time")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("certificate's key")
    try:
        key.verify(envelope.signature, envelope.signed, PKCS1v15(), digest())
    except InvalidSignature as error:
        raise BadSignature("signature") from error


def _certificate(envelope: Envelope) -> x509.Certificate:
    url = envelope.certificate_url
    try:
        path = certificate_path(url, topic=envelope.topic)
    except Foreign as error:
        raise BadSignature("certificate's address") from error
    kept = _kept.get(url)
    if kept and time.monotonic() < kept[0]:
        return kept[1]
    try:
        body = fetching.fetch(host_of(envelope.topic), path)
    except fetching.Unavailable:
        # Strangers can use up what may be asked in a minute. One that was SNS's an hour ago still
        # is; its own dates are looked at by whoever uses it.
        if kept is None:
            raise
        return kept[1]
    try:
        certificate = x509.load_pem_x509_certificate(body)
    except ValueError as error:
        raise BadSignature("certificate") from error
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[url] = (time.monotonic() + KEPT_SECONDS, certificate)
    return certificate


def forget() -> None:
    """For tests: as if no certificate had been seen."""
    _kept.clear()
