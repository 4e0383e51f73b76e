"""The heads of the audit trail's seals, kept outside the database: in a bucket whose objects cannot
be changed or removed before their time (S3 object lock), not by us either.

Whoever owns the database can rewrite the trail and compute every digest anew; that what was stored
here before does not follow from it any more is how it shows. A head is one small object. Its name
says all that is compared, so that years of them are checked by listing alone:
`seals/<number of the seal, 12 digits>-<digest>.json`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from clinic.lib import s3

PREFIX = "seals/"
CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=2,
    read_timeout=10,
    retries={"total_max_attempts": 2, "mode": "standard"},
)


def key_under(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}(\d{{12}})-([0-9a-f]{{64}})\.json")


KEY = key_under(PREFIX)


class NoBucket(Exception):
    """AUDIT_BUCKET is not set: no head is kept outside."""


class HeadsAway(Exception):
    """The bucket does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class Head:
    seal: int
    digest: str
    stored_at: dt.datetime  # by the store's clock


def put(*, seal: int, digest: str, rows: int, sealed_at: dt.datetime, now: dt.datetime) -> bool:
    """Store a head, locked for AUDIT_LOCK_DAYS. Returns whether it was new.

    Raises NoBucket, HeadsAway (also where the bucket has no object lock).
    """
    key = f"{PREFIX}{seal:012d}-{digest}.json"
    head = {"seal": seal, "digest": digest, "rows": rows, "sealed_at": sealed_at.isoformat()}
    bucket = _bucket()
    try:
        if _client().list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount"):
            return False
        _client().put_object(
            Bucket=bucket,
            Key=key,
            Body=json.dumps(head).encode(),
            ContentType="application/json",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=now + dt.timedelta(days=settings.AUDIT_LOCK_DAYS),
            **s3.encryption(settings.S3_KMS_KEY_ID),
        )
    except (BotoCoreError, ClientError) as error:
        raise HeadsAway(_name_of(error)) from error
    return True


def stored() -> list[Head]:
    """Every head there ever was, by its seal: also what somebody has laid a delete marker over.

    Raises NoBucket, HeadsAway.
    """
    bucket, found = _bucket(), []
    try:
        pages = _client().get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket, Prefix=PREFIX):
            for each in page.get("Versions", []):
                if name := KEY.fullmatch(each["Key"]):
                    found.append(Head(int(name[1]), name[2], each["LastModified"]))
    except (BotoCoreError, ClientError) as error:
        raise HeadsAway(_name_of(error)) from error
    return sorted(found, key=lambda head: (head.seal, head.stored_at))


def is_locked(head: Head, *, now: dt.datetime) -> bool:
    """Whether nobody can remove it yet. Raises NoBucket, HeadsAway."""
    key = f"{PREFIX}{head.seal:012d}-{head.digest}.json"
    try:
        known = _client().head_object(Bucket=_bucket(), Key=key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "405"):
            return False  # behind a delete marker
        raise HeadsAway(_name_of(error)) from error
    except BotoCoreError as error:
        raise HeadsAway(_name_of(error)) from error
    until = known.get("ObjectLockRetainUntilDate")
    return known.get("ObjectLockMode") == "COMPLIANCE" and until is not None and until > now


def _bucket() -> str:
    if not settings.AUDIT_BUCKET:
        raise NoBucket
    return str(settings.AUDIT_BUCKET)


def _name_of(error: Exception) -> str:
    """Its code alone: a message may hold addresses and keys."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "refused"))
    return type(error).__name__


def _client() -> Any:
    stores: Any = settings.STORAGES
    return s3.client(stores["default"]["OPTIONS"], CONFIG)
