"""What the two buckets must be like: each property read, compared and written by itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from clinic.lib import s3
from documents.storage import client as store
from documents.storage.bucket.asking import ask
from documents.storage.bucket.listed import lifecycle_rules, policy_statements
from documents.storage.bucket.policy import statements
from documents.storage.bucket.property import Property
from documents.storage.keys import UPLOADS

UPLOAD_DAYS = 90  # quarantine; what was checked lies elsewhere by then
OLD_VERSION_DAYS = 30
THIS_MACHINE = ("127.0.0.1", "localhost")
CHECKS = "check/"  # where `check_storage` tries the lock of the audit trail's bucket
PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def of_documents() -> list[Property]:
    """The properties of S3_BUCKET, in the order in which they are best made."""
    bucket = store.bucket()
    written = s3.encryption(settings.S3_KMS_KEY_ID)
    return [
        *_private(bucket),
        _versioning(bucket),
        _encryption(bucket),
        lifecycle_rules(bucket, _lifetimes()),
        _cors(bucket),
        policy_statements(
            bucket, statements(bucket, encryption=written, over_tls=store.over_tls())
        ),
    ]


def of_audit() -> list[Property]:
    """The properties of AUDIT_BUCKET, made with object lock: nobody removes what lies there."""
    bucket = settings.AUDIT_BUCKET
    tried = {
        "ID": "clinic-checks",
        "Status": "Enabled",
        "Filter": {"Prefix": CHECKS},
        "Expiration": {"Days": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    return [
        *_private(bucket),
        _versioning(bucket),
        _encryption(bucket),
        _lock(bucket),
        lifecycle_rules(bucket, [tried]),
        policy_statements(bucket, statements(bucket, encryption=None, over_tls=store.over_tls())),
    ]


def _private(bucket: str) -> list[Property]:
    client = store.client()
    blocked = {"Bucket": bucket, "PublicAccessBlockConfiguration": PRIVATE}
    owned = [{"ObjectOwnership": "BucketOwnerEnforced"}]

    def blocks() -> Any:
        answer = ask(client.get_public_access_block, Bucket=bucket)
        return answer and answer["PublicAccessBlockConfiguration"]

    def ownership() -> Any:
        answer = ask(client.get_bucket_ownership_controls, Bucket=bucket)
        return answer and answer["OwnershipControls"]["Rules"]

    return [
        Property(
            "public access blocked",
            PRIVATE,
            blocks,
            lambda: ask(client.put_public_access_block, **blocked),
            "see that the store has no anonymous identity; strangers are tried below",
        ),
        Property(
            "no access lists",
            owned,
            ownership,
            lambda: ask(
                client.put_bucket_ownership_controls,
                Bucket=bucket,
                OwnershipControls={"Rules": owned},
            ),
        ),
    ]


def _versioning(bucket: str) -> Property:
    client = store.client()
    wanted = {"Status": "Enabled"}

    def read() -> Any:
        return {"Status": ask(client.get_bucket_versioning, Bucket=bucket).get("Status")}

    return Property(
        "versioning",
        wanted,
        read,
        lambda: ask(client.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=wanted),
    )


def _encryption(bucket: str) -> Property:
    """What encrypts a write that says nothing; the policy refuses those besides."""
    client = store.client()
    written = s3.encryption(settings.S3_KMS_KEY_ID)
    wanted = {"SSEAlgorithm": written["ServerSideEncryption"]}
    if "SSEKMSKeyId" in written:
        wanted["KMSMasterKeyID"] = written["SSEKMSKeyId"]
    # With a bucket key KMS is asked once in a while, not for each object.
    rule = {
        "ApplyServerSideEncryptionByDefault": wanted,
        "BucketKeyEnabled": "SSEKMSKeyId" in written,
    }

    def read() -> Any:
        answer = ask(client.get_bucket_encryption, Bucket=bucket)
        if answer is None:
            return None
        (first, *_more) = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return first["ApplyServerSideEncryptionByDefault"]

    return Property(
        "encryption by default",
        wanted,
        read,
        lambda: ask(
            client.put_bucket_encryption,
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [rule]},
        ),
    )


def _lifetimes() -> list[dict[str, Any]]:
    def rule(name: str, prefix: str = "", **what: Any) -> dict[str, Any]:
        return {"ID": f"clinic-{name}", "Status": "Enabled", "Filter": {"Prefix": prefix}, **what}

    old = {"NoncurrentDays": OLD_VERSION_DAYS}
    return [
        rule("uploads", UPLOADS, Expiration={"Days": UPLOAD_DAYS}),
        rule("old-versions", NoncurrentVersionExpiration=old),
        rule("marks", Expiration={"ExpiredObjectDeleteMarker": True}),
        rule("broken-off", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
    ]


def _cors(bucket: str) -> Property:
    """The upload form of our own pages, and no other call of any page."""
    client = store.client()
    wanted = [{"AllowedOrigins": _origins(), "AllowedMethods": ["POST"]}]

    def read() -> Any:
        answer = ask(client.get_bucket_cors, Bucket=bucket) or {}
        return [
            {name: rule.get(name) for name in ("AllowedOrigins", "AllowedMethods")}
            for rule in answer.get("CORSRules", [])
        ]

    return Property(
        "uploads from our pages only (CORS)",
        wanted,
        read,
        lambda: ask(client.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": wanted}),
    )


def _origins() -> list[str]:
    """Where our pages are; on one's own machine by either of its names."""
    site = urlsplit(settings.SITE_URL)
    if site.hostname not in THIS_MACHINE:
        return [settings.SITE_URL]
    port = f":{site.port}" if site.port else ""
    return [f"{site.scheme}://{name}{port}" for name in THIS_MACHINE]


def _lock(bucket: str) -> Property:
    client = store.client()
    retention = {"Mode": "COMPLIANCE", "Days": settings.AUDIT_LOCK_DAYS}
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}

    def read() -> Any:
        answer = ask(client.get_object_lock_configuration, Bucket=bucket)
        return answer and answer["ObjectLockConfiguration"]

    return Property(
        f"locked for {settings.AUDIT_LOCK_DAYS} days",
        wanted,
        read,
        lambda: ask(
            client.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=wanted
        ),
        "make another bucket with object lock and name it in AUDIT_BUCKET",
    )
