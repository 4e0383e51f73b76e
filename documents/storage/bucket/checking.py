"""Looking whether the buckets are what they must be: each property read, then tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from documents.storage import client as store
from documents.storage.bucket import probes, properties
from documents.storage.bucket.asking import UnknownHere
from documents.storage.bucket.patience import Patience
from documents.storage.bucket.property import Property
from documents.storage.errors import StorageAway, StorageError, translated

OK, NOT, UNKNOWN = "ok", "NOT", "unknown"
ARN = "arn:"


@dataclass(frozen=True)
class Finding:
    bucket: str
    what: str
    state: str  # OK, NOT or UNKNOWN: the store does not know such a thing
    advice: str = ""


def check_all() -> Iterator[Finding]:
    """Findings of the bucket of documents, and of the audit trail's if there is one.

    What the store cannot answer at the moment is asked again for some seconds."""
    patience = Patience()
    yield from _check(patience, store.bucket(), properties.of_documents, probes.of_documents())
    yield _over_tls()
    if settings.S3_KMS_KEY_ID and settings.S3_ENDPOINT_URL is None:
        yield _named_by_arn()
    if settings.AUDIT_BUCKET:
        yield from _check(patience, settings.AUDIT_BUCKET, properties.of_audit, probes.of_audit())


def _check(
    patience: Patience,
    bucket: str,
    wanted: Callable[[], Iterable[Property]],
    tries: Iterable[probes.Probe],
) -> Iterator[Finding]:
    there = _reached(patience, bucket)
    yield there
    if there.state != OK:
        return
    for each in wanted():
        yield _compare(patience, bucket, each)
    for probe in tries:
        yield _try(patience, bucket, probe)


def _reached(patience: Patience, bucket: str) -> Finding:
    def look() -> None:
        with translated():
            store.client().head_bucket(Bucket=bucket)

    try:
        patience.until_done(look)
    except StorageError as error:
        return Finding(bucket, "reached", NOT, _advice(error))
    return Finding(bucket, "reached", OK)


def _compare(patience: Patience, bucket: str, each: Property) -> Finding:
    try:
        same = patience.until_done(each.read) == each.wanted
    except UnknownHere:
        return Finding(bucket, each.name, UNKNOWN, f"this store does not know it; {each.otherwise}")
    except StorageError as error:
        return Finding(bucket, each.name, NOT, f"could not be read: {type(error).__name__}")
    return (
        Finding(bucket, each.name, OK) if same else Finding(bucket, each.name, NOT, each.otherwise)
    )


def _try(patience: Patience, bucket: str, probe: probes.Probe) -> Finding:
    try:
        advice = patience.until_done(probe.run)
    except StorageAway as error:
        advice = (
            f"{probe.when_away} ({error}): see the store's log"
            if probe.when_away
            else _advice(error)
        )
    except StorageError as error:
        advice = _advice(error)
    return Finding(bucket, probe.name, NOT if advice else OK, advice)


def _over_tls() -> Finding:
    """Only on this machine may bytes travel in clear, and then no policy can refuse it."""
    host = urlsplit(settings.S3_ORIGIN).hostname
    safe = store.over_tls() or host in ("127.0.0.1", "::1", "localhost")
    what = "spoken to over TLS" if store.over_tls() else "spoken to over plain HTTP on this machine"
    if safe:
        return Finding(store.bucket(), what, OK)
    return Finding(store.bucket(), "spoken to over TLS", NOT, "give an https S3_ENDPOINT_URL")


def _named_by_arn() -> Finding:
    """The policy compares text: another name of the same key would be refused."""
    if settings.S3_KMS_KEY_ID.startswith(ARN):
        return Finding(store.bucket(), "key named by its ARN", OK)
    advice = "write the key's whole ARN into S3_KMS_KEY_ID, no alias and no bare id"
    return Finding(store.bucket(), "key named by its ARN", NOT, advice)


def _advice(error: StorageError) -> str:
    kind = type(error).__name__
    return f"{kind} ({error}): {WORDS.get(str(error)) or WORDS.get(kind, '')}"


WORDS = {
    "StorageAway": "see S3_ENDPOINT_URL and the network, and whether the KMS key is enabled",
    "StorageFull": "give the store more room",
    "StorageDenied": "see the credentials, their rights in IAM and the KMS key's policy",
    "NotThere": "run `manage.py ensure_bucket`",
    "NotVersioned": "run `manage.py ensure_bucket`",
}
