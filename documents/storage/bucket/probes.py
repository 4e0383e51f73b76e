"""What the store really does, tried out with a few bytes that are removed again.

Each probe returns advice, or nothing if all is well; it may raise a StorageError.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3
from django.conf import settings
from django.utils import timezone

from documents.storage import client as store
from documents.storage.bucket.properties import CHECKS
from documents.storage.deleting import delete_version
from documents.storage.errors import StorageDenied, translated
from documents.storage.handing import link
from documents.storage.keys import UPLOADS, new_key
from documents.storage.reading import head, open_version
from documents.storage.writing import put_bytes

CONTENT = b"check_storage"
TYPE = "text/plain"
NEITHER = "neither taken nor refused"
LOCK_FOR = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Probe:
    name: str
    run: Callable[[], str]  # again, if the store was away
    when_away: str = ""  # what that means here, if more than that it is away


def of_documents() -> list[Probe]:
    return [
        Probe("written, read by version and removed", _round_trip),
        Probe("a write without encryption is refused", lambda: _refused({}), NEITHER),
        Probe("a write with another key is refused", lambda: _refused(_another()), NEITHER),
        Probe("links work, changed ones and strangers do not", _links),
    ]


def of_audit() -> list[Probe]:
    return [Probe("what is locked cannot be removed", _locked)]


def _round_trip() -> str:
    key = new_key(UPLOADS)
    written = put_bytes(key, CONTENT, TYPE)
    with translated():
        answer = store.client().head_object(Bucket=store.bucket(), Key=key)
    read = b"".join(open_version(key, written.version))
    delete_version(key, written.version)
    if read != CONTENT:
        return "what was read is not what was written: trust nothing in this store"
    if any(answer.get(name) != value for name, value in store.encryption().items()):
        return "what was written is not encrypted as told: see S3_KMS_KEY_ID"
    return "it is still there after its removal" if head(key, written.version) else ""


def _refused(encryption: dict[str, str]) -> str:
    key = new_key(UPLOADS)
    target = {"Bucket": store.bucket(), "Key": key}
    try:
        with translated():
            answer = store.client().put_object(**target, Body=CONTENT, **encryption)
    except StorageDenied:
        return ""
    delete_version(key, answer.get("VersionId") or "null")
    return "it was taken: run `manage.py ensure_bucket`, or see whether this store knows policies"


def _another() -> dict[str, str]:
    if settings.S3_KMS_KEY_ID:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/another"}
    return {"ServerSideEncryption": "aws:kms"}


def _links() -> str:
    written = put_bytes(new_key(UPLOADS), CONTENT, TYPE)
    url = link(written.key, written.version, filename="check.txt", content_type=TYPE, seconds=60)
    good = _status(url)
    changed = _status(url[:-1] + ("0" if url[-1] != "0" else "1"))
    stranger = _status(url.split("?")[0])
    delete_version(written.key, written.version)
    if good != 200:
        return f"a link made here is answered with {good}: see the clock and S3_ENDPOINT_URL"
    if 200 in (changed, stranger):
        return "the store gives files to whoever asks: it does not check signatures, do not use it"
    return ""


def _status(url: str) -> int:
    http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=5), retries=False)
    with translated(), http.request("GET", url, preload_content=False, redirect=False) as answer:
        return int(answer.status)


def _locked() -> str:
    """It stays for a minute under lock; then the bucket's lifecycle removes it."""
    client = store.client()
    target: dict[str, Any] = {"Bucket": settings.AUDIT_BUCKET}
    target["Key"] = CHECKS + new_key(UPLOADS).removeprefix(UPLOADS)
    with translated():
        answer = client.put_object(
            **target,
            Body=CONTENT,
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=timezone.now() + LOCK_FOR,
        )
    try:
        with translated():
            client.delete_object(**target, VersionId=answer.get("VersionId", "null"))
    except StorageDenied:
        return ""
    return "it was removed: make another bucket with object lock and name it in AUDIT_BUCKET"
