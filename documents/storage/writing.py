"""Writing: in parts, so that a large file costs no more memory than one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from documents.storage import client as store
from documents.storage.errors import StorageError, translated
from documents.storage.objects import Stored

PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes for a part which is not the last
READ_BYTES = 256 * 1024
# What a part's answer says of its content, and the end of the upload says again.
SAID_AGAIN = {"ETag", "ChecksumCRC32", "ChecksumCRC64NVME"}


def put_bytes(key: str, content: bytes, content_type: str) -> Stored:
    """Write `content` as a new version of `key`; StorageAway, StorageFull or StorageDenied."""
    with translated():
        answer = store.client().put_object(
            Bucket=store.bucket(),
            Key=key,
            Body=content,
            ContentType=content_type,
            **store.encryption(),
        )
    return Stored(key, answer.get("VersionId", ""), len(content), content_type)


def put_stream(key: str, source: IO[bytes] | Iterable[bytes], content_type: str) -> Stored:
    """Write a file or chunks as a new version of `key`, which exists only when all has come.

    Raises StorageAway, StorageFull or StorageDenied, and whatever reading the source raises.
    """
    parts = _parts(_chunks(source))
    first = next(parts, bytearray())
    if len(first) < PART_BYTES:
        return put_bytes(key, bytes(first), content_type)
    target = {"Bucket": store.bucket(), "Key": key}
    with translated():
        begun = store.client().create_multipart_upload(
            **target, ContentType=content_type, **store.encryption()
        )
    target["UploadId"] = begun["UploadId"]
    try:
        version, size = _send(target, first, parts)
    except BaseException:
        with contextlib.suppress(StorageError):  # else the bucket's lifecycle ends it
            _abort(target)
        raise
    return Stored(key, version, size, content_type)


def _send(target: dict[str, Any], first: bytearray, parts: Iterator[bytearray]) -> tuple[str, int]:
    """All parts; the version they became, and its size."""
    done: list[dict[str, Any]] = []
    size = 0
    part: bytearray | None = first
    while part:
        size += len(part)
        with translated():
            answer = store.client().upload_part(**target, PartNumber=len(done) + 1, Body=part)
        sums = {name: value for name, value in answer.items() if name in SAID_AGAIN}
        done.append({"PartNumber": len(done) + 1, **sums})
        part = next(parts, None)
    with translated():
        answer = store.client().complete_multipart_upload(**target, MultipartUpload={"Parts": done})
    return answer.get("VersionId", ""), size


def _abort(target: dict[str, Any]) -> None:
    with translated():
        store.client().abort_multipart_upload(**target)


def _chunks(source: IO[bytes] | Iterable[bytes]) -> Iterator[bytes]:
    if not hasattr(source, "read"):
        yield from source
        return
    while chunk := source.read(READ_BYTES):
        yield chunk


def _parts(chunks: Iterable[bytes]) -> Iterator[bytearray]:
    """The chunks, gathered to parts. It is one buffer again and again: use it before the next."""
    buffer = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = PART_BYTES - len(buffer)
            buffer += view[:room]
            view = view[room:]
            if len(buffer) == PART_BYTES:
                yield buffer
                buffer.clear()
    if buffer:
        yield buffer
