"""Buckets: encrypted, versioned, nobody's but ours."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

BLOCKED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@promise()
def no_bucket_is_public(cloud: Cloud) -> Iterator[str]:
    for bucket in cloud.all("AWS::S3::Bucket"):
        block = bucket.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(name) is True for name in BLOCKED):
            yield f"{bucket} does not block public access"


@broken_by(no_bucket_is_public)
def _one_may_be(cloud: Cloud) -> None:
    bucket = next(cloud.all("AWS::S3::Bucket"))
    bucket.properties["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


def bucket(cloud: Cloud, name: str) -> Resource:
    return cloud.named("AWS::S3::Bucket", f"Buckets{name}")


def policy(cloud: Cloud, name: str) -> Resource:
    return cloud.named("AWS::S3::BucketPolicy", f"Buckets{name}Policy")


def refusals(cloud: Cloud, name: str) -> str:
    statements = policy(cloud, name).get("PolicyDocument.Statement", [])
    return text([each for each in statements if each["Effect"] == "Deny"])


@promise()
def documents_are_written_with_our_key_or_not_at_all(cloud: Cloud) -> Iterator[str]:
    rules = text(bucket(cloud, "Documents").get("BucketEncryption", {}))
    if '"aws:kms"' not in rules or "KMSMasterKeyID" not in rules:
        yield "documents are not encrypted with a key of ours"
    refused = refusals(cloud, "Documents")
    for header in ("encryption", "encryption-aws-kms-key-id"):
        if f'"s3:x-amz-server-side-{header}":' not in refused:
            yield f"a write that names another {header} is taken"


@broken_by(documents_are_written_with_our_key_or_not_at_all)
def _another_key_is_taken(cloud: Cloud) -> None:
    found = policy(cloud, "Documents").get("PolicyDocument")
    found["Statement"] = [
        each for each in found["Statement"] if each.get("Sid") != "ClinicNamedKey"
    ]


@broken_by(documents_are_written_with_our_key_or_not_at_all)
def _s3s_own_key(cloud: Cloud) -> None:
    del bucket(cloud, "Documents").properties["BucketEncryption"]


@promise()
def no_bucket_answers_in_clear(cloud: Cloud) -> Iterator[str]:
    for name in ("Documents", "Audit", "Static", "Logs"):
        if '"aws:SecureTransport": "false"' not in refusals(cloud, name):
            yield f"{name} answers over plain HTTP"


@broken_by(no_bucket_answers_in_clear)
def _one_does(cloud: Cloud) -> None:
    policy(cloud, "Audit").get("PolicyDocument")["Statement"] = []


@promise()
def what_is_overwritten_stays_for_a_while(cloud: Cloud) -> Iterator[str]:
    for name in ("Documents", "Audit", "Static", "Logs"):
        if bucket(cloud, name).get("VersioningConfiguration.Status") != "Enabled":
            yield f"{name} forgets what is overwritten"


@broken_by(what_is_overwritten_stays_for_a_while)
def _it_is_gone(cloud: Cloud) -> None:
    del bucket(cloud, "Documents").properties["VersioningConfiguration"]


@promise()
def who_asked_for_what_is_written_down(cloud: Cloud) -> Iterator[str]:
    for name in ("Documents", "Audit", "Static"):
        if not bucket(cloud, name).get("LoggingConfiguration.DestinationBucketName"):
            yield f"{name} has no access log"


@broken_by(who_asked_for_what_is_written_down)
def _of_documents_nobody_knows(cloud: Cloud) -> None:
    del bucket(cloud, "Documents").properties["LoggingConfiguration"]


@promise()
def only_the_upload_form_may_be_sent_from_a_page(cloud: Cloud) -> Iterator[str]:
    rules = bucket(cloud, "Documents").get("CorsConfiguration.CorsRules", [])
    site = f"https://{cloud.environment.domain}"
    if rules != [{"AllowedMethods": ["POST"], "AllowedOrigins": [site]}]:
        yield f"pages may ask for documents like this: {rules}"


@broken_by(only_the_upload_form_may_be_sent_from_a_page)
def _any_page(cloud: Cloud) -> None:
    rule = bucket(cloud, "Documents").get("CorsConfiguration.CorsRules")[0]
    rule["AllowedOrigins"] = ["*"]


@promise()
def nobody_removes_a_seal(cloud: Cloud) -> Iterator[str]:
    found = bucket(cloud, "Audit")
    kept = found.get("ObjectLockConfiguration.Rule.DefaultRetention", {})
    if kept != {"Mode": "COMPLIANCE", "Days": cloud.environment.audit_lock_days}:
        yield f"seals are kept like this: {kept}"
    if found.get("ObjectLockEnabled") is not True:
        yield "the bucket of seals was made without a lock"


@broken_by(nobody_removes_a_seal)
def _the_owner_may(cloud: Cloud) -> None:
    rule = bucket(cloud, "Audit").get("ObjectLockConfiguration.Rule.DefaultRetention")
    rule["Mode"] = "GOVERNANCE"


@promise("production", "staging")
def what_holds_data_stays_without_its_stack(cloud: Cloud) -> Iterator[str]:
    kinds = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::Backup::BackupVault")
    for found in cloud.all(*kinds):
        if found.whole.get("DeletionPolicy") != "Retain":
            yield f"{found} goes with its stack"


@broken_by(what_holds_data_stays_without_its_stack)
def _the_key_goes(cloud: Cloud) -> None:
    next(cloud.all("AWS::KMS::Key", stack="data")).whole["DeletionPolicy"] = "Delete"


@promise("dev", "preview")
def what_comes_and_goes_can_go(cloud: Cloud) -> Iterator[str]:
    """A bucket with something in it is not deleted; one with a lock lets nobody empty it."""
    emptied = text([each.get("BucketName") for each in cloud.all("Custom::S3AutoDeleteObjects")])
    for bucket in cloud.all("AWS::S3::Bucket"):
        stays = bucket.whole.get("DeletionPolicy") == "Retain"
        if not stays and bucket.name not in emptied:
            yield f"{bucket} keeps its stack from being deleted"
        if bucket.get("ObjectLockEnabled") and not stays:
            yield f"{bucket} cannot be emptied, whoever asks"


@broken_by(what_comes_and_goes_can_go)
def _nobody_empties_it(cloud: Cloud) -> None:
    for each in list(cloud.all("Custom::S3AutoDeleteObjects")):
        del cloud.templates[each.stack]["Resources"][each.name]


@broken_by(what_comes_and_goes_can_go)
def _a_lock_is_deleted(cloud: Cloud) -> None:
    for bucket in cloud.all("AWS::S3::Bucket"):
        bucket.whole["DeletionPolicy"] = "Delete"
