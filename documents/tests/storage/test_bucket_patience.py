"""A store that says "later" is asked again for some seconds, and not for ever."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.storage import client as store
from documents.storage.bucket import patience
from documents.tests.storage.refusing import Refusing

LATER: dict[str, Any] = {"code": "OperationAborted", "status": 409}
NOT_YET: dict[str, Any] = {"code": "NoSuchBucket", "status": 404}


@pytest.fixture(autouse=True)
def waited(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A bucket of our own; how long was waited, in seconds: nobody does."""
    settings.S3_BUCKET, settings.AUDIT_BUCKET = f"files-{uuid.uuid4().hex[:12]}", ""
    slept: list[float] = []
    monkeypatch.setattr(patience.time, "sleep", slept.append)
    return slept


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`refuse("put_bucket_cors", code=…, status=…, times=2)`"""
    real = store.client()

    def refuse(call: str, **how: Any) -> Refusing:
        refusing = Refusing(real, call, **how)
        monkeypatch.setattr(store, "client", lambda: refusing)
        return refusing

    return refuse


def told(command: str) -> tuple[dict[str, dict[str, str]], str]:
    """What it says of each thing, and its last word if it failed."""
    out, error = io.StringIO(), ""
    try:
        call_command(command, "--json", stdout=out)
    except CommandError as raised:
        error = str(raised)
    said = json.loads(out.getvalue()) if out.getvalue() else []
    return {each["what"]: each for each in said}, error


@pytest.mark.parametrize("refused", [LATER, NOT_YET, {"code": "SlowDown", "status": 503}])
def test_a_step_that_a_new_bucket_refuses_twice_is_done(
    refuse: Any, waited: list[float], refused: dict[str, Any]
) -> None:
    refuse("put_bucket_versioning", times=2, **refused)

    steps, error = told("ensure_bucket")

    assert (steps["bucket"]["done"], steps["versioning"]["done"], error) == ("made", "changed", "")
    assert waited == [0.25, 0.5]


def test_one_that_is_refused_for_ever_is_failed_with_its_reason(
    refuse: Any, waited: list[float]
) -> None:
    store_ = refuse("put_bucket_versioning", **LATER)

    steps, error = told("ensure_bucket")

    assert steps["versioning"]["done"] == "FAILED"
    assert steps["versioning"]["why"] == "StorageAway: OperationAborted"
    assert "versioning (StorageAway: OperationAborted)" in error
    assert tuple(waited) == patience.WAITS
    assert store_.calls["put_bucket_versioning"] == len(patience.WAITS) + 1
    assert steps["policy refuses other encryption"]["done"] == "changed"  # the others all the same


def test_a_store_that_was_waited_for_in_vain_is_not_waited_for_at_each_step(
    refuse: Any, waited: list[float], settings: Any
) -> None:
    settings.AUDIT_BUCKET = f"audit-{uuid.uuid4().hex[:12]}"
    store_ = refuse("put_bucket_encryption", **LATER)

    told("ensure_bucket")

    assert store_.calls["put_bucket_encryption"] == len(patience.WAITS) + 1 + 1
    assert tuple(waited) == patience.WAITS


def test_what_a_right_forbids_is_not_tried_again(refuse: Any, waited: list[float]) -> None:
    refuse("put_bucket_versioning", code="AccessDenied", status=403)

    steps, error = told("ensure_bucket")

    assert steps["versioning"]["why"] == "StorageDenied: AccessDenied"
    assert "versioning (StorageDenied: AccessDenied)" in error
    assert waited == []


def test_an_old_bucket_that_is_not_there_is_no_matter_of_waiting(
    refuse: Any, waited: list[float]
) -> None:
    told("ensure_bucket")
    refuse("get_bucket_versioning", **NOT_YET)

    steps, _error = told("ensure_bucket")

    assert steps["versioning"]["done"] == "FAILED"
    assert waited == []


def test_a_bucket_whose_making_got_no_answer_is_found_made(
    refuse: Any, waited: list[float]
) -> None:
    refuse("create_bucket", times=1, carried_out=True, code="InternalError", status=500)

    steps, error = told("ensure_bucket")

    assert (steps["bucket"]["done"], error) == ("made", "")
    assert waited == [0.25]


def test_a_bucket_made_at_the_same_moment_is_ours_or_the_next_look_says_no(
    refuse: Any, waited: list[float]
) -> None:
    refuse("create_bucket", times=1, carried_out=True, code="BucketAlreadyOwnedByYou", status=409)

    assert told("ensure_bucket")[0]["bucket"]["done"] == "made"


def test_a_setting_whose_answer_got_lost_is_said_as_changed(
    refuse: Any, waited: list[float]
) -> None:
    store_ = refuse(
        "put_bucket_versioning", times=1, carried_out=True, code="InternalError", status=500
    )

    assert told("ensure_bucket")[0]["versioning"]["done"] == "changed"
    assert store_.calls["put_bucket_versioning"] == 1


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("head_bucket", "reached"),
        ("get_bucket_versioning", "versioning"),
        ("head_object", "written, read by version and removed"),
        ("put_object", "written, read by version and removed"),
    ],
)
def test_a_look_at_the_store_waits_for_it_too(
    refuse: Any, waited: list[float], call: str, what: str
) -> None:
    told("ensure_bucket")
    refuse(call, times=2, **LATER)

    found, error = told("check_storage")

    assert (found[what]["state"], error) == ("ok", "")
    assert waited == [0.25, 0.5]


def test_a_store_that_neither_takes_nor_refuses_is_said(refuse: Any, waited: list[float]) -> None:
    told("ensure_bucket")
    refuse("put_object", **LATER)

    found, error = told("check_storage")

    assert (
        "neither taken nor refused (OperationAborted)"
        in (found["a write without encryption is refused"]["advice"])
    )
    assert error
    assert tuple(waited) == patience.WAITS
