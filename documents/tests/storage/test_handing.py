"""Forms and links in a stranger's hands, on the real store: it checks every signature itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import pytest
from botocore import auth, signers

from documents import storage
from documents.storage import client as store
from documents.tests.storage import browser

PDF = "application/pdf"
HOUR = 3600  # seconds


@pytest.fixture
def an_hour_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """`with an_hour_ago(): …` signs as it would have been signed then: nobody waits for its end."""
    now = auth.get_current_datetime

    @contextmanager
    def signing() -> Iterator[None]:
        with monkeypatch.context() as patch:
            for where in (auth, signers):
                patch.setattr(
                    where,
                    "get_current_datetime",
                    lambda **how: now(**how) - dt.timedelta(seconds=HOUR),
                )
            yield

    return signing


def a_form(key: str, *, most: int = 100, seconds: int = 60) -> storage.Form:
    return storage.upload_form(key, content_type=PDF, most_bytes=most, seconds=seconds)


def a_link(written: storage.Stored, *, seconds: int = 60, inline: bool = False) -> str:
    return storage.link(
        written.key,
        written.version,
        filename="referral.pdf",
        content_type=PDF,
        seconds=seconds,
        inline=inline,
    )


def test_a_form_uploads_one_object_encrypted(upload_key: str) -> None:
    answer = browser.post(a_form(upload_key), b"%PDF-1.7")

    assert answer.status == 201, answer.body
    stored = storage.head(upload_key)
    assert stored is not None
    assert (stored.size, stored.content_type) == (8, PDF)
    head = store.client().head_object(Bucket=store.bucket(), Key=upload_key)
    assert head["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        (b"", {}),
        (b"x" * 101, {}),
        (b"x", {"Content_Type": "text/html"}),
        (b"x", {"Content_Type": None}),
        (b"x", {"key": "uploads/another"}),
        (b"x", {"key": "files/another"}),
        (b"x", {"x_amz_server_side_encryption": None}),
        (b"x", {"x_amz_server_side_encryption": "aws:kms"}),
        (b"x", {"policy": None}),
        (b"x", {"x_amz_signature": "0" * 64}),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else f"{len(value)} bytes",
)
def test_a_form_takes_nothing_but_what_it_says(
    upload_key: str, content: bytes, changed: dict[str, str | None]
) -> None:
    answer = browser.post(a_form(upload_key), content, **changed)

    assert answer.status in (400, 403), answer.body
    assert storage.head(upload_key) is None
    assert storage.head("uploads/another") is storage.head("files/another") is None


def test_a_form_cannot_make_its_object_public(upload_key: str) -> None:
    """AWS refuses a field that the policy does not name; SeaweedFS takes it and does not obey."""
    form = a_form(upload_key)

    browser.post(form, b"x", acl="public-read")

    assert browser.get(f"{form.url}/{upload_key}").status == 403


def test_a_form_is_dead_when_its_time_is_over(
    upload_key: str, an_hour_ago: Callable[[], AbstractContextManager[None]]
) -> None:
    with an_hour_ago():
        dead = a_form(upload_key, seconds=HOUR - 1)
        living = a_form(upload_key, seconds=HOUR + 60)

    assert browser.post(dead, b"x").status == 403
    assert storage.head(upload_key) is None
    assert browser.post(living, b"x").status == 201


def test_a_form_used_again_changes_nothing_that_is_read_by_version(upload_key: str) -> None:
    form = a_form(upload_key)
    browser.post(form, b"what was checked")
    checked = storage.head(upload_key)
    assert checked is not None
    url = a_link(checked)

    assert browser.post(form, b"something else").status == 201

    newest = storage.head(upload_key)
    assert newest is not None
    assert newest.version != checked.version
    assert b"".join(storage.open_version(upload_key, checked.version)) == b"what was checked"
    assert browser.get(url).body == b"what was checked"
    unguarded = store.client().generate_presigned_url(
        "get_object", Params={"Bucket": store.bucket(), "Key": upload_key}, ExpiresIn=60
    )
    assert browser.get(unguarded).body == b"something else", "this is what the version prevents"


def test_a_link_gives_a_file_to_save_with_its_exact_type(file_key: str) -> None:
    written = storage.put_bytes(file_key, b"%PDF-1.7", "application/octet-stream")

    answer = browser.get(a_link(written))

    assert (answer.status, answer.body) == (200, b"%PDF-1.7")
    assert answer.headers["Content-Type"] == PDF
    assert answer.headers["Content-Disposition"] == 'attachment; filename="referral.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    shown = browser.get(a_link(written, inline=True))
    assert shown.headers["Content-Disposition"] == 'inline; filename="referral.pdf"'


def test_a_link_is_dead_one_second_after_it_expires(
    file_key: str, an_hour_ago: Callable[[], AbstractContextManager[None]]
) -> None:
    written = storage.put_bytes(file_key, b"x", PDF)
    with an_hour_ago():
        dead = a_link(written, seconds=HOUR - 1)
        living = a_link(written, seconds=HOUR + 60)

    answer = browser.get(dead)

    assert answer.status == 403
    assert b"xpired" in answer.body
    assert browser.get(living).status == 200


def test_a_link_with_any_byte_of_its_query_changed_is_dead(file_key: str) -> None:
    url = a_link(storage.put_bytes(file_key, b"x", PDF))
    assert browser.get(url).status == 200
    start = url.index("?") + 1

    served = []
    for at in range(start, len(url)):
        changed = url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1 :]
        if browser.get(changed).status == 200:
            served.append(url[at - 5 : at + 5])

    assert served == []


def test_a_link_is_for_one_version_of_one_object(file_key: str) -> None:
    written = storage.put_bytes(file_key, b"mine", PDF)
    later = storage.put_bytes(file_key, b"later", PDF)
    other = storage.put_bytes(storage.new_key(storage.FILES), b"another's", PDF)
    url = a_link(written)

    assert browser.get(url).body == b"mine"
    assert browser.get(url.replace(written.key, other.key)).status == 403
    assert browser.get(url.replace(written.version, later.version)).status == 403
    assert browser.get(url.split("?")[0]).status == 403, "no signature at all"


def test_a_link_holds_no_secret_and_names_its_version(file_key: str) -> None:
    written = storage.put_bytes(file_key, b"x", PDF)

    query = urlsplit(a_link(written)).query

    assert f"versionId={written.version}" in query
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in query
    with pytest.raises(ValueError, match="names its version"):
        storage.link(file_key, "", filename="x.pdf", content_type=PDF, seconds=60)
