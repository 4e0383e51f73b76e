"""Reading, by key *and version*: what was overwritten since stays what it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documents.storage import client as store
from documents.storage.errors import NotThere, StorageAway, translated
from documents.storage.objects import Stored, Version

READ_BYTES = 256 * 1024
# A store that drips may keep each single read within its time: all of them are limited as well.
MOST_SECONDS = 60.0


def head(key: str, version: str | None = None) -> Stored | None:
    """What lies under `key`: in this version, or the newest. None: nothing."""
    try:
        with translated():
            answer = store.client().head_object(**_target(key, version))
    except NotThere:
        return None
    return Stored(
        key, answer.get("VersionId", ""), answer["ContentLength"], answer.get("ContentType", "")
    )


def open_version(key: str, version: str) -> Iterator[bytes]:
    """The bytes of one version, in chunks. Raises NotThere, StorageAway or StorageDenied."""
    until = time.monotonic() + MOST_SECONDS
    with translated():
        body = store.client().get_object(**_target(key, version))["Body"]
        try:
            while chunk := body.read(READ_BYTES):
                yield chunk
                if time.monotonic() > until:
                    raise StorageAway("TooSlow")
        finally:
            body.close()


def download_to(key: str, version: str, path: Path) -> int:
    """Write one version's bytes to the file `path`; returns how many. Raises as `open_version`.

    Of a failed download nothing is left.
    """
    size = 0
    try:
        with path.open("wb") as file:
            for chunk in open_version(key, version):
                size += file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size


def versions(prefix: str) -> Iterator[Version]:
    """Every version under `prefix`, marks of deletion too; a thousand a call."""
    return _versions({"Bucket": store.bucket(), "Prefix": prefix})


def _versions(asked: dict[str, Any]) -> Iterator[Version]:
    with translated():
        for page in store.client().get_paginator("list_object_versions").paginate(**asked):
            for kind, marker in (("Versions", False), ("DeleteMarkers", True)):
                for item in page.get(kind, []):
                    yield Version(
                        key=item["Key"],
                        version=item["VersionId"],
                        size=item.get("Size", 0),
                        at=item["LastModified"],
                        latest=item["IsLatest"],
                        marker=marker,
                    )


def _target(key: str, version: str | None) -> dict[str, str]:
    target = {"Bucket": store.bucket(), "Key": key}
    return {**target, "VersionId": version} if version else target
