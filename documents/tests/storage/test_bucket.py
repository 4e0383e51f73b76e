"""The buckets become what they must be, and what is not so any more is found."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from documents import storage
from documents.storage import client as store
from documents.storage.bucket import checking, ensuring, patience, probes, properties
from documents.tests.storage import browser

PDF = "application/pdf"
KEY = "alias/documents"
NOT_KNOWN = {"public access blocked"}


@pytest.fixture(autouse=True)
def _buckets_of_our_own(settings: Any) -> None:
    mark = uuid.uuid4().hex[:12]
    settings.S3_BUCKET = f"files-{mark}"
    settings.AUDIT_BUCKET = f"audit-{mark}"


@pytest.fixture
def with_key(settings: Any) -> None:
    settings.S3_KMS_KEY_ID = KEY


def ensure() -> dict[str, str]:
    """What became of each property, by "bucket: property"."""
    return {f"{s['bucket']}: {s['what']}": s["done"] for s in _run("ensure_bucket")}


def check() -> dict[str, str]:
    """What is wrong, with the advice; each by its name."""
    return {found["what"]: found["advice"] for found in _findings() if found["state"] == "NOT"}


def _findings() -> list[dict[str, str]]:
    return _run("check_storage")


def _run(command: str) -> Any:
    out = io.StringIO()
    try:
        call_command(command, "--json", stdout=out)
    except CommandError as error:  # which says what failed, and why
        assert command == "check_storage", error
    return json.loads(out.getvalue())


def test_missing_buckets_are_made_and_then_left_alone() -> None:
    assert set(check()) == {"reached"}

    first, second = ensure(), ensure()

    assert set(first.values()) == {"made", "changed", "kept", "unknown"}
    assert set(second.values()) == {"kept", "unknown"}
    assert {name.split(": ")[1] for name, done in second.items() if done == "unknown"} == NOT_KNOWN
    assert check() == {}


def test_what_this_store_does_not_know_is_said_and_no_failure() -> None:
    ensure()
    out = io.StringIO()

    call_command("check_storage", stdout=out)

    assert "unknown  " in out.getvalue()
    assert "public access blocked: this store does not know it" in out.getvalue()
    assert out.getvalue().endswith("2 not known to this store.\n")


def _plain(client: Any, bucket: str) -> None:
    client.delete_bucket_policy(Bucket=bucket)


def _unversioned(client: Any, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def _for_ever(client: Any, bucket: str) -> None:
    client.delete_bucket_lifecycle(Bucket=bucket)


def _for_every_page(client: Any, bucket: str) -> None:
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["POST", "GET"]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def _in_clear(client: Any, bucket: str) -> None:
    client.delete_bucket_encryption(Bucket=bucket)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (_plain, {"policy refuses other encryption", "a write without encryption is refused"}),
        (_unversioned, {"versioning", "written, read by version and removed"}),
        (_for_ever, {"old things removed by time"}),
        (_for_every_page, {"uploads from our pages only (CORS)"}),
        (_in_clear, {"encryption by default"}),
    ],
)
def test_what_somebody_changed_is_found_and_set_right(
    harm: Callable[[Any, str], None], found: set[str]
) -> None:
    ensure()
    harm(store.client(), store.bucket())

    assert found <= set(check())
    with pytest.raises(CommandError, match="not as they must be"):
        call_command("check_storage", stdout=io.StringIO())

    assert "changed" in ensure().values()
    assert check() == {}


def test_an_operators_own_rules_stay() -> None:
    ensure()
    client, bucket = store.client(), store.bucket()
    rule = {
        "ID": "exports",
        "Status": "Enabled",
        "Filter": {"Prefix": "exports/"},
        "Expiration": {"Days": 1},
    }
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    statement = {
        "Sid": "NoLists",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObjectTorrent",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    ensure()

    rules = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {rule["ID"] for rule in rules} > {"exports", "clinic-uploads"}
    kept = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [each["Sid"] for each in kept] == ["NoLists", "ClinicEncrypted"]
    assert check() == {}


def test_with_a_named_key_all_that_is_written_carries_it(with_key: None, file_key: str) -> None:
    ensure()
    assert check() == {}
    form_key = storage.new_key(storage.UPLOADS)
    form = storage.upload_form(form_key, content_type=PDF, most_bytes=100, seconds=60)

    storage.put_stream(file_key, io.BytesIO(b"x" * 6_000_000), PDF)
    assert browser.post(form, b"%PDF-1.7").status == 201

    for key in (file_key, form_key):
        head = store.client().head_object(Bucket=store.bucket(), Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)
    stored = storage.head(form_key)
    assert stored is not None
    assert b"".join(storage.open_version(form_key, stored.version)) == b"%PDF-1.7"


def test_only_our_own_pages_are_told_what_became_of_an_upload(
    settings: Any, upload_key: str
) -> None:
    settings.SITE_URL = "https://clinic.example"
    ensure()
    form = storage.upload_form(upload_key, content_type=PDF, most_bytes=100, seconds=60)

    ours, theirs = (
        browser.post(form, b"x", origin=origin).headers.get("Access-Control-Allow-Origin")
        for origin in ("https://clinic.example", "https://elsewhere.example")
    )

    assert (ours, theirs) == ("https://clinic.example", None)


def test_on_ones_own_machine_the_site_has_two_names(settings: Any, upload_key: str) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    ensure()
    form = storage.upload_form(upload_key, content_type=PDF, most_bytes=100, seconds=60)

    told = [
        browser.post(form, b"x", origin=origin).headers.get("Access-Control-Allow-Origin")
        for origin in ("http://127.0.0.1:8000", "http://localhost:8000", "http://localhost:8001")
    ]

    assert told == ["http://127.0.0.1:8000", "http://localhost:8000", None]


@pytest.mark.parametrize(
    "changed",
    [
        {"x_amz_server_side_encryption": "AES256"},
        {"x_amz_server_side_encryption_aws_kms_key_id": "alias/another"},
        {"x_amz_server_side_encryption_aws_kms_key_id": None},
    ],
)
def test_a_form_insists_on_the_named_key(
    with_key: None, upload_key: str, changed: dict[str, str | None]
) -> None:
    ensure()
    form = storage.upload_form(upload_key, content_type=PDF, most_bytes=100, seconds=60)

    assert browser.post(form, b"x", **changed).status == 403
    assert storage.head(upload_key) is None


def test_the_policy_refuses_any_other_encryption(with_key: None, file_key: str) -> None:
    ensure()
    target = {"Bucket": store.bucket(), "Key": file_key, "Body": b"x"}
    others: list[dict[str, str]] = [
        {},
        {"ServerSideEncryption": "AES256"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/another"},
    ]
    refused = store.client().exceptions.ClientError

    for other in others:
        with pytest.raises(refused, match="AccessDenied"):
            store.client().put_object(**target, **other)
    _plain(store.client(), store.bucket())
    for other in others:
        store.client().put_object(**target, **other)  # the policy it was


def test_what_is_locked_cannot_be_removed_and_a_bucket_without_lock_is_found(
    settings: Any,
) -> None:
    settings.S3_BUCKET, unlocked = settings.AUDIT_BUCKET, settings.S3_BUCKET
    store.client().create_bucket(Bucket=unlocked)
    settings.AUDIT_BUCKET = unlocked
    store.client().put_bucket_versioning(
        Bucket=unlocked, VersioningConfiguration={"Status": "Enabled"}
    )

    assert "another bucket" in check()["locked for 365 days"]

    ensure()
    client = store.client()
    written = client.put_object(Bucket=unlocked, Key="seals/1", Body=b"head")
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket=unlocked, Key="seals/1", VersionId=written["VersionId"])
    held = client.head_object(Bucket=unlocked, Key="seals/1")
    days = held["ObjectLockRetainUntilDate"] - held["LastModified"]
    assert (held["ObjectLockMode"], days.days) in [("COMPLIANCE", 364), ("COMPLIANCE", 365)]


def test_a_store_that_checks_no_signature_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure()
    monkeypatch.setattr(probes, "_status", lambda url: 200)

    (advice,) = check().values()

    assert "gives files to whoever asks" in advice


def test_over_tls_plain_http_is_refused(settings: Any) -> None:
    ensure()
    settings.S3_ORIGIN = "https://files.s3.eu-central-1.amazonaws.com"

    (policy,) = (each for each in properties.of_documents() if "policy" in each.name)

    assert policy.name == "policy refuses other encryption and plain HTTP"
    policy.write()
    with pytest.raises(storage.StorageDenied):  # this store is spoken to over plain HTTP
        storage.put_bytes(storage.new_key(storage.FILES), b"x", PDF)


def test_plain_http_to_another_machine_is_found(settings: Any) -> None:
    ensure()
    settings.S3_ORIGIN = "http://storage.example:8333"

    assert check() == {"spoken to over TLS": "give an https S3_ENDPOINT_URL"}


def test_a_store_that_is_away_is_said_in_one_line_each(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience.time, "sleep", lambda seconds: None)
    stores = django_settings.STORAGES
    options = {**stores["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = {**stores, "default": {**stores["default"], "OPTIONS": options}}

    wrong = [found for found in _findings() if found["state"] == "NOT"]

    assert [found["what"] for found in wrong] == ["reached", "reached"]
    assert all("S3_ENDPOINT_URL" in found["advice"] for found in wrong)
    with pytest.raises(CommandError, match="StorageAway"):
        call_command("ensure_bucket", stdout=io.StringIO())


def test_at_aws_a_bucket_is_made_in_its_region_and_closed_to_the_public(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the API model has it; nothing here asks AWS."""
    aws = boto3.session.Session().client(
        "s3", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    monkeypatch.setattr(store, "client", lambda: aws)
    bucket = {"Bucket": settings.S3_BUCKET}
    place = {"LocationConstraint": "eu-central-1"}
    made = {**bucket, "ObjectLockEnabledForBucket": False, "CreateBucketConfiguration": place}
    closed = {"PublicAccessBlockConfiguration": properties.PRIVATE}
    half = {"PublicAccessBlockConfiguration": {**properties.PRIVATE, "BlockPublicPolicy": False}}
    with Stubber(aws) as stub:
        stub.add_client_error("head_bucket", "404", http_status_code=404)
        stub.add_response("create_bucket", {}, made)
        stub.add_client_error(
            "get_public_access_block", "NoSuchPublicAccessBlockConfiguration", http_status_code=404
        )
        stub.add_response("put_public_access_block", {}, {**bucket, **closed})
        steps = ensuring.ensure_all()
        assert [next(steps).done, next(steps).done] == ["made", "changed"]
        stub.assert_no_pending_responses()
        for answer, done in ((half, "changed"), (closed, "kept")):
            stub.add_response("head_bucket", {})
            stub.add_response("get_public_access_block", answer)
            if done == "changed":
                stub.add_response("put_public_access_block", {}, {**bucket, **closed})
            steps = ensuring.ensure_all()
            assert [next(steps).done, next(steps).done] == ["kept", done]


def test_at_aws_the_key_is_named_by_its_arn(settings: Any) -> None:
    settings.S3_KMS_KEY_ID, settings.S3_ENDPOINT_URL = KEY, None
    assert "no alias" in checking._named_by_arn().advice

    settings.S3_KMS_KEY_ID = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd"
    assert checking._named_by_arn().state == "ok"
