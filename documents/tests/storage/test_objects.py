"""Writing, reading and removing, on the real store."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documents import storage
from documents.storage import client as store

PDF = "application/pdf"


def content_of(key: str, version: str) -> bytes:
    return b"".join(storage.open_version(key, version))


def test_keys_are_random_and_say_nothing() -> None:
    keys = {storage.new_key(storage.FILES) for _ in range(1000)}

    assert len(keys) == 1000
    assert all(len(key.removeprefix("files/")) == 32 for key in keys)  # 192 bits
    with pytest.raises(ValueError, match="no place"):
        storage.new_key("maria-garcia/")


def test_what_was_written_is_read_again_encrypted_and_with_its_type(file_key: str) -> None:
    written = storage.put_bytes(file_key, b"%PDF-1.7", PDF)

    assert storage.head(file_key) == storage.head(file_key, written.version) == written
    assert (written.size, written.content_type) == (8, PDF)
    assert content_of(file_key, written.version) == b"%PDF-1.7"
    answer = store.client().head_object(Bucket=store.bucket(), Key=file_key)
    assert answer["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("size", [0, 1, 11 * 2**20 + 1])
def test_a_stream_of_any_length_arrives_whole(file_key: str, tmp_path: Path, size: int) -> None:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]

    written = storage.put_stream(file_key, io.BytesIO(content), PDF)

    assert storage.head(file_key, written.version) == written
    assert written.size == size
    assert storage.download_to(file_key, written.version, tmp_path / "file") == size
    read = hashlib.sha256((tmp_path / "file").read_bytes()).hexdigest()
    assert read == hashlib.sha256(content).hexdigest()


def test_a_file_is_sent_from_its_beginning(file_key: str) -> None:
    """Who has just written or measured it need not rewind."""
    file = io.BytesIO()
    file.write(b"all of it")

    written = storage.put_stream(file_key, file, PDF)

    assert content_of(file_key, written.version) == b"all of it"


def test_a_pipe_is_read_to_its_end(file_key: str) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as pipe:
        os.write(theirs, b"through a pipe")
        os.close(theirs)
        written = storage.put_stream(file_key, pipe, PDF)

    assert content_of(file_key, written.version) == b"through a pipe"


def test_chunks_of_any_size_are_gathered(file_key: str) -> None:
    chunks = [b"a" * 7_000_000, b"", b"b", b"c" * 4_000_000]

    written = storage.put_stream(file_key, iter(chunks), PDF)

    assert content_of(file_key, written.version) == b"".join(chunks)


def test_a_stream_that_breaks_off_leaves_nothing(file_key: str) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 1_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.put_stream(file_key, broken(), PDF)

    assert storage.head(file_key) is None


def test_a_version_stays_what_it_was_when_the_key_is_written_again(file_key: str) -> None:
    checked = storage.put_bytes(file_key, b"checked", PDF)
    later = storage.put_bytes(file_key, b"something else", PDF)

    newest = storage.head(file_key)
    assert newest == later, "without a version the overwritten bytes would be served"
    assert content_of(file_key, checked.version) == b"checked"


def test_nothing_is_there_before_it_is_written(file_key: str, tmp_path: Path) -> None:
    written = storage.put_bytes(file_key, b"x", PDF)
    other = storage.new_key(storage.FILES)

    assert storage.head(other) is None
    assert storage.head(other, written.version) is None
    with pytest.raises(storage.NotThere):
        storage.download_to(other, written.version, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_removed_version_is_gone_and_the_other_stays(file_key: str) -> None:
    first, second = (storage.put_bytes(file_key, text, PDF) for text in (b"1", b"22"))

    storage.delete_version(file_key, first.version)
    storage.delete_version(file_key, first.version)  # a repetition is no error

    assert storage.head(file_key, first.version) is None
    assert content_of(file_key, second.version) == b"22"
    with pytest.raises(ValueError, match="only hidden"):
        storage.delete_version(file_key, "")


def test_a_plain_deletion_only_hides_and_removing_all_versions_does_not(file_key: str) -> None:
    written = storage.put_bytes(file_key, b"1", PDF)
    storage.put_bytes(file_key, b"2", PDF)
    longer = storage.put_bytes(file_key + "-longer", b"3", PDF)
    store.client().delete_object(Bucket=store.bucket(), Key=file_key)
    assert storage.head(file_key) is None
    assert content_of(file_key, written.version) == b"1", "only hidden"

    assert storage.delete_all_versions(file_key) == 2

    assert [each.key for each in storage.versions(file_key)] == [longer.key]
    assert storage.head(file_key, written.version) is None


def test_the_listing_tells_versions_from_marks(file_key: str) -> None:
    first, second = (storage.put_bytes(file_key, text, PDF) for text in (b"1", b"22"))
    store.client().delete_object(Bucket=store.bucket(), Key=file_key)

    found = list(storage.versions(file_key))

    assert {(each.version, each.size) for each in found if not each.marker} == {
        (first.version, 1),
        (second.version, 2),
    }
    assert [each.latest for each in found if each.marker] == [True]


def test_a_bucket_without_versions_is_refused(settings: Any, file_key: str) -> None:
    settings.S3_BUCKET = f"plain-{uuid.uuid4().hex[:12]}"
    store.client().create_bucket(Bucket=settings.S3_BUCKET)

    with pytest.raises(storage.StorageDenied, match="NotVersioned"):
        storage.put_bytes(file_key, b"x", PDF)
