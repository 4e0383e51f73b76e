"""Writing: always one request, which takes all of the bytes or none.

S3's upload in parts would do without a file on disk, but a part says nothing of its encryption, so
a policy that refuses whatever does not is in its way; and what breaks off leaves parts behind.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from typing import IO, cast

from documents.storage import client as store
from documents.storage.errors import StorageDenied, translated
from documents.storage.objects import Stored

READ_BYTES = 256 * 1024


def put_bytes(key: str, content: bytes, content_type: str) -> Stored:
    """Write `content` as a new version of `key`; StorageAway, StorageFull or StorageDenied."""
    return _put(key, content, len(content), content_type)


def put_stream(key: str, source: IO[bytes] | Iterable[bytes], content_type: str) -> Stored:
    """Write a file (from its beginning) or chunks as a new version of `key`.

    Its length costs no memory: chunks are gathered in a file without a name first. Raises
    StorageAway, StorageFull or StorageDenied, and whatever reading the source raises.
    """
    if hasattr(source, "read"):
        opened = cast(IO[bytes], source)
        if opened.seekable():
            return _put(key, opened, opened.seek(0, os.SEEK_END), content_type)
        source = iter(lambda: opened.read(READ_BYTES), b"")
    with tempfile.TemporaryFile() as file:
        file.writelines(source)
        return _put(key, file, file.tell(), content_type)


def _put(key: str, body: bytes | IO[bytes], size: int, content_type: str) -> Stored:
    if not isinstance(body, bytes):
        body.seek(0)
    with translated():
        answer = store.client().put_object(
            Bucket=store.bucket(),
            Key=key,
            Body=body,
            ContentLength=size,
            ContentType=content_type,
            **store.encryption(),
        )
    if "VersionId" not in answer:  # it could be overwritten: nobody may take it for kept
        raise StorageDenied("NotVersioned")
    return Stored(key, answer["VersionId"], size, content_type)
