"""Making the buckets what they must be. It may be repeated: what is so already is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings

from documents.storage import client as store
from documents.storage.bucket import properties
from documents.storage.bucket.asking import UnknownHere
from documents.storage.bucket.property import Property
from documents.storage.errors import NotThere, StorageError, translated

MADE, CHANGED, KEPT, UNKNOWN, FAILED = "made", "changed", "kept", "unknown", "FAILED"


@dataclass(frozen=True)
class Step:
    bucket: str
    what: str
    done: str  # MADE, CHANGED, KEPT, UNKNOWN or FAILED
    why: str = ""


def ensure_all() -> Iterator[Step]:
    """The bucket of documents, and that of the audit trail if there is one.

    Raises StorageAway or StorageDenied when a bucket can be neither found nor made.
    """
    yield from ensure(store.bucket(), properties.of_documents())
    if settings.AUDIT_BUCKET:
        yield from ensure(settings.AUDIT_BUCKET, properties.of_audit(), locked=True)


def ensure(bucket: str, wanted: Iterable[Property], *, locked: bool = False) -> Iterator[Step]:
    """`locked`: a new one is made with object lock, which cannot be taken away again."""
    made = _make(bucket, locked=locked)
    yield Step(bucket, "with object lock" if locked else "bucket", MADE if made else KEPT)
    for each in wanted:
        yield _make_so(bucket, each)


def _make_so(bucket: str, each: Property) -> Step:
    try:
        if each.read() == each.wanted:
            return Step(bucket, each.name, KEPT)
        each.write()
    except UnknownHere:
        return Step(bucket, each.name, UNKNOWN, each.otherwise)
    except StorageError as error:
        return Step(bucket, each.name, FAILED, str(error))
    return Step(bucket, each.name, CHANGED)


def _make(bucket: str, *, locked: bool) -> bool:
    """Whether it was made now."""
    client = store.client()
    try:
        with translated():
            client.head_bucket(Bucket=bucket)
    except NotThere:
        region = client.meta.region_name
        # The first region is named by saying nothing.
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        more = {"CreateBucketConfiguration": place} if place else {}
        with translated():
            client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked, **more)
        return True
    return False
