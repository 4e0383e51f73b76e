"""Making the buckets what they must be. It may be repeated: what is so already is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from documents.storage import client as store
from documents.storage.bucket import properties
from documents.storage.bucket.asking import UnknownHere
from documents.storage.bucket.patience import Patience, away, away_or_new
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

    What the store does not take at once is tried again for some seconds. Raises StorageAway or
    StorageDenied when a bucket can be neither found nor made.
    """
    patience = Patience()
    yield from _ensure(patience, store.bucket(), properties.of_documents())
    if settings.AUDIT_BUCKET:
        yield from _ensure(patience, settings.AUDIT_BUCKET, properties.of_audit(), locked=True)


def _ensure(
    patience: Patience, bucket: str, wanted: Iterable[Property], *, locked: bool = False
) -> Iterator[Step]:
    """`locked`: a new one is made with object lock, which cannot be taken away again."""
    make = _Making(bucket, locked=locked)
    made = patience.until_done(make, may_pass=_away_or_made_meanwhile)
    yield Step(bucket, "with object lock" if locked else "bucket", MADE if made else KEPT)
    for each in wanted:
        yield _make_so(patience, bucket, each, may_pass=away_or_new if made else away)


def _make_so(
    patience: Patience, bucket: str, each: Property, *, may_pass: Callable[[StorageError], bool]
) -> Step:
    try:
        changed = patience.until_done(_Setting(each), may_pass=may_pass)
    except UnknownHere:
        return Step(bucket, each.name, UNKNOWN, each.otherwise)
    except StorageError as error:
        return Step(bucket, each.name, FAILED, f"{type(error).__name__}: {error}")
    return Step(bucket, each.name, CHANGED if changed else KEPT)


class _Setting:
    """Called, it makes the bucket so, and says whether it was not. May be called again: a write
    that got no answer may have been carried out."""

    def __init__(self, wanted: Property) -> None:
        self._property = wanted
        self._tried = False

    def __call__(self) -> bool:
        if self._property.read() != self._property.wanted:
            self._tried = True
            self._property.write()
        return self._tried


class _Making:
    """Called, it makes the bucket if there is none, and says whether there was none. May be called
    again, as `_Setting`."""

    def __init__(self, bucket: str, *, locked: bool) -> None:
        self._bucket, self._locked = bucket, locked
        self._tried = False

    def __call__(self) -> bool:
        client = store.client()
        try:
            with translated():
                client.head_bucket(Bucket=self._bucket)
        except NotThere:
            self._tried = True
            with translated():
                client.create_bucket(
                    Bucket=self._bucket,
                    ObjectLockEnabledForBucket=self._locked,
                    **_place(client.meta.region_name),
                )
        return self._tried


def _place(region: str) -> dict[str, Any]:
    # The first region is named by saying nothing.
    if region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _away_or_made_meanwhile(error: StorageError) -> bool:
    """boto3 asks twice: the first may have made it, unheard. Whose it is, the next look says."""
    return away(error) or str(error) in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
