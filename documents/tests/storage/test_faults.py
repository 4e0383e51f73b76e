"""A store that is away, slow, full or refuses: one of four words, soon, and nothing half there."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from django.conf import settings as django_settings

from documents import storage
from documents.storage import client as store
from documents.storage import reading
from documents.tests.storage import faulty

PDF = "application/pdf"
PRODUCTION = store.CONFIG  # before a test, which is more patient
Point = Callable[[str], None]


@pytest.fixture
def point(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Point:
    """Make the store one at this endpoint. The waiting is shortened, for the tests' sake."""
    monkeypatch.setattr(store, "CONFIG", store.CONFIG.merge(Config(read_timeout=0.3)))

    def change(endpoint: str, **options: str) -> None:
        stores = django_settings.STORAGES
        options = {**stores["default"]["OPTIONS"], "endpoint_url": endpoint, **options}
        settings.STORAGES = {**stores, "default": {**stores["default"], "OPTIONS": options}}

    return change


def everything_of(key: str, version: str, folder: Path) -> list[Callable[[], object]]:
    return [
        lambda: storage.put_bytes(key, b"x", PDF),
        lambda: storage.put_stream(key, io.BytesIO(b"x" * 1_000_000), PDF),
        lambda: storage.head(key, version),
        lambda: storage.download_to(key, version, folder / "file"),
        lambda: storage.delete_version(key, version),
        lambda: storage.delete_all_versions(key),
        lambda: list(storage.versions("uploads/")),
    ]


def test_no_call_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What bounds a call: two tries, each with these seconds to connect and of silence."""
    monkeypatch.setattr(store, "CONFIG", PRODUCTION)
    config = store.client().meta.config

    assert (config.connect_timeout, config.read_timeout) == (2, 5)
    assert config.retries["total_max_attempts"] == 2
    assert reading.MOST_SECONDS <= 60


def test_a_store_that_is_away(point: Point, file_key: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    point(f"http://127.0.0.1:{port}")

    for call in everything_of(file_key, "1", tmp_path):
        with pytest.raises(storage.StorageAway):
            call()
    assert list(tmp_path.iterdir()) == []
    # Forms and links are made without asking it.
    storage.upload_form(file_key, content_type=PDF, most_bytes=1, seconds=1)
    storage.link(file_key, "1", filename="x.pdf", content_type=PDF, seconds=1)


def test_a_store_that_says_nothing(point: Point, file_key: str) -> None:
    with faulty.store(faulty.silent) as endpoint:
        point(endpoint)
        with pytest.raises(storage.StorageAway, match="ReadTimeout"):
            storage.head(file_key)


def test_a_store_that_drips_is_given_up(
    point: Point, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each read is in time; all of them together are not."""
    monkeypatch.setattr(reading, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(reading, "READ_BYTES", 4)
    with faulty.store(faulty.dripping) as endpoint:
        point(endpoint)
        with pytest.raises(storage.StorageAway, match="TooSlow"):
            storage.download_to("files/a", "1", tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (507, "InsufficientStorage", storage.StorageFull),
        (503, "XMinioStorageFull", storage.StorageFull),
        (400, "QuotaExceeded", storage.StorageFull),
        (503, "SlowDown", storage.StorageAway),
        (500, "InternalError", storage.StorageAway),
        (400, "RequestTimeout", storage.StorageAway),
        (400, "KMS.ThrottlingException", storage.StorageAway),
        (400, "KMS.DisabledException", storage.StorageDenied),
        (400, "KMS.KMSInvalidStateException", storage.StorageDenied),
        (400, "KMS.NotFoundException", storage.StorageDenied),
        (403, "AccessDenied", storage.StorageDenied),
        (403, "RequestTimeTooSkewed", storage.StorageDenied),
        (404, "NoSuchBucket", storage.StorageDenied),
    ],
)
def test_each_answer_has_its_word(
    point: Point, status: int, code: str, error: type[Exception]
) -> None:
    with faulty.store(faulty.answering(status, code)) as endpoint:
        point(endpoint)
        with pytest.raises(error) as caught:
            storage.put_bytes("uploads/secret", b"x", PDF)
    assert str(caught.value) == code, "nothing else, for it may go to a log"


def test_wrong_credentials_are_denied(point: Point, file_key: str) -> None:
    point(django_settings.S3_ENDPOINT_URL, secret_key="wrong", access_key="wrong")

    with pytest.raises(storage.StorageDenied, match="InvalidAccessKeyId"):
        storage.put_bytes(file_key, b"x", PDF)


def test_a_key_that_the_store_has_not_leaves_nothing_behind(settings: Any, file_key: str) -> None:
    """AWS says which KMS error it was; SeaweedFS only that something failed inside."""
    settings.S3_KMS_KEY_ID = "arn:aws:kms:us-east-1:111122223333:key/nobody-made-it"

    with pytest.raises(storage.StorageAway, match="InternalError"):
        storage.put_bytes(file_key, b"x", PDF)
    assert storage.head(file_key) is None


def test_an_upload_that_is_cut_off_leaves_nothing(point: Point, file_key: str) -> None:
    with faulty.store(faulty.cut_after(sent=300_000, received=10_000)) as endpoint:
        point(endpoint)
        with pytest.raises(storage.StorageAway):
            storage.put_stream(file_key, io.BytesIO(b"x" * 1_000_000), PDF)
    point(django_settings.S3_ENDPOINT_URL)
    assert list(storage.versions(file_key)) == []


def test_a_download_that_is_cut_off_leaves_nothing(
    point: Point, file_key: str, tmp_path: Path
) -> None:
    written = storage.put_bytes(file_key, b"x" * 1_000_000, PDF)
    with faulty.store(faulty.cut_after(sent=10_000, received=300_000)) as endpoint:
        point(endpoint)
        with pytest.raises(storage.StorageAway):
            storage.download_to(file_key, written.version, tmp_path / "file")
    assert not (tmp_path / "file").exists()
