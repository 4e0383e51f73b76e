"""Static files of two releases in a bucket (a real store), and pages that never ask it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.template import engines

from clinic.lib import published

BUCKET = "static-of-a-test"
STORAGE = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}


@pytest.fixture(scope="module")
def bucket() -> Any:
    client = default_storage.connection.meta.client
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A directory of static files, collected for a release by `release()`."""
    made = tmp_path / "source"
    (made / "css").mkdir(parents=True)
    (made / "css" / "page.css").write_text("body { background: url(../dot.svg); color: #111 }")
    (made / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (made / "page.js").write_text("export {};")
    (made / "font.woff2").write_bytes(b"wOF2")
    settings.STATICFILES_DIRS = [made]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": STORAGE}
    settings.STATIC_BUCKET = BUCKET
    settings.STATIC_URL = "https://static.example/static/"
    yield made


@pytest.fixture
def release(tmp_path: Path, source: Path, settings: Any, bucket: Any) -> Any:
    def work(name: str) -> str:
        settings.STATIC_ROOT = tmp_path / name
        call_command("collectstatic", "--no-input", verbosity=0)
        said = io.StringIO()
        call_command("publish_static", stdout=said, verbosity=0)
        return said.getvalue()

    return work


def in_bucket(client: Any, name: str) -> Any:
    return client.get_object(Bucket=BUCKET, Key=published.PREFIX + name)


def test_files_lie_there_for_a_year_with_what_they_are(release: Any, bucket: Any) -> None:
    release("one")

    for name, kind in {
        "css/page.css": "text/css; charset=utf-8",
        "page.js": "text/javascript; charset=utf-8",
        "dot.svg": "image/svg+xml; charset=utf-8",
        "font.woff2": "font/woff2",
    }.items():
        found = in_bucket(bucket, staticfiles_storage.stored_name(name))
        assert found["ContentType"] == kind
        assert found["CacheControl"] == "public, max-age=31536000, immutable"
        assert "ContentEncoding" not in found
    style = in_bucket(bucket, staticfiles_storage.stored_name("css/page.css"))["Body"].read()
    assert re.search(rb"url\(\"?\.\./dot\.[0-9a-f]{12}\.svg", style)


def test_the_release_before_keeps_its_files_and_nothing_is_sent_twice(
    release: Any, bucket: Any, source: Path
) -> None:
    release("one")
    before = staticfiles_storage.stored_name("css/page.css")
    assert "0 of 4 files sent" in release("again")
    (source / "css" / "page.css").write_text("body { color: #222 }")

    assert "1 of 4 files sent" in release("two")
    after = staticfiles_storage.stored_name("css/page.css")
    assert before != after
    assert b"#111" in in_bucket(bucket, before)["Body"].read()
    assert b"#222" in in_bucket(bucket, after)["Body"].read()


def test_only_names_with_a_digest_are_sent(release: Any, bucket: Any) -> None:
    release("one")
    keys = [row["Key"] for row in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]

    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", key) for key in keys)


def test_a_page_names_them_without_asking_the_store(
    release: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    release("one")
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *args: pytest.fail("asked the store"))

    text = "{% load static %}{% static 'css/page.css' %}"
    address = engines["django"].from_string(text).render()

    assert re.fullmatch(r"https://static\.example/static/css/page\.[0-9a-f]{12}\.css", address)


def test_a_store_that_refuses_is_said(release: Any, settings: Any) -> None:
    settings.STATIC_BUCKET = "no-such-bucket"
    with pytest.raises(CommandError, match="repeat it"):
        release("one")


def test_without_collected_files_or_a_bucket_it_says_what_is_missing(settings: Any) -> None:
    settings.STATIC_BUCKET, settings.STATIC_ROOT = "", None
    with pytest.raises(CommandError, match="STATIC_BUCKET"):
        call_command("publish_static")
