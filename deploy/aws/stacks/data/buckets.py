"""The buckets: patients' documents, the audit trail's seals, static files, and logs.

The first two are what `manage.py ensure_bucket` makes elsewhere; `manage.py check_storage` looks at
them in the same way here. Which of its lines find something else: docs/decisions/aws-storage.md.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.acknowledge import acknowledge, acknowledge_lint
from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import removal

UPLOADS = "uploads/"  # quarantine, as documents/storage/keys.py names it
UPLOAD_DAYS = 90
OLD_VERSION_DAYS = 30
EMPTYING = "Custom::S3AutoDeleteObjectsCustomResourceProvider"  # the CDK's
CHECKS = "check/"  # where `check_storage` tries the lock

ONE_COPY = (
    "HIPAA.Security-S3BucketReplicationEnabled",
    "versions and AWS Backup keep what is overwritten or deleted; a second region has the backups",
)


class Buckets(Construct):
    """Exposes `documents`, `audit`, `static` and `logs`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, key: kms.Key
    ) -> None:
        super().__init__(scope, name)
        self.environment = environment
        self.key = key
        self.logs = self._logs()
        self.documents = self._documents()
        self.audit = self._audit()
        self.static = self._static()
        if not environment.keeps_data:
            self._acknowledge_emptying()

    def _bucket(self, name: str, **how: Any) -> s3.Bucket:
        """What holds for all of them: nobody's but ours, versioned, over TLS only, logged."""
        return s3.Bucket(
            self,
            name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            **({"removal_policy": removal(self.environment)} | self._emptied() | how),
        )

    def _emptied(self) -> dict[str, Any]:
        """A bucket with anything in it is not deleted, and what comes and goes has to go."""
        return {} if self.environment.keeps_data else {"auto_delete_objects": True}

    def _acknowledge_emptying(self) -> None:
        provider = cdk.Stack.of(self).node.find_child(EMPTYING)
        acknowledge_lint(
            provider.node.find_child("Handler"), "W3005", "the CDK's own, and without consequence"
        )

    def _encrypted(self) -> dict[str, Any]:
        # With a bucket key KMS is asked once in a while, not for each object.
        return {
            "encryption": s3.BucketEncryption.KMS,
            "encryption_key": self.key,
            "bucket_key_enabled": True,
        }

    def _logged(self, name: str) -> dict[str, Any]:
        return {
            "server_access_logs_bucket": self.logs,
            "server_access_logs_prefix": f"s3/{name}/",
        }

    def _documents(self) -> s3.Bucket:
        day = cdk.Duration.days
        old = day(OLD_VERSION_DAYS)
        made = self._bucket(
            "Documents",
            lifecycle_rules=[
                s3.LifecycleRule(id="clinic-uploads", prefix=UPLOADS, expiration=day(UPLOAD_DAYS)),
                s3.LifecycleRule(id="clinic-old-versions", noncurrent_version_expiration=old),
                s3.LifecycleRule(id="clinic-marks", expired_object_delete_marker=True),
                s3.LifecycleRule(
                    id="clinic-broken-off", abort_incomplete_multipart_upload_after=day(1)
                ),
            ],
            cors=[
                s3.CorsRule(
                    allowed_origins=[f"https://{self.environment.domain}"],
                    allowed_methods=[s3.HttpMethods.POST],  # the upload form, and nothing else
                )
            ],
            **self._encrypted(),
            **self._logged("documents"),
        )
        header = "s3:x-amz-server-side-encryption"
        _refuse(made, "ClinicEncrypted", unless={header: "aws:kms"})
        _refuse(made, "ClinicNamedKey", unless={f"{header}-aws-kms-key-id": self.key.key_arn})
        _over_tls(made)
        acknowledge(made, dict([ONE_COPY]))
        return made

    def _audit(self) -> s3.Bucket:
        """Nobody removes what lies here before its time: neither we nor the account's owner."""
        checks = s3.LifecycleRule(
            id="clinic-checks",
            prefix=CHECKS,
            expiration=cdk.Duration.days(1),
            noncurrent_version_expiration=cdk.Duration.days(1),
        )
        made = self._bucket(
            "Audit",
            # What is locked cannot be deleted, whoever asks: the bucket outlives even a preview,
            # and empties itself there (docs/decisions/aws-storage.md).
            removal_policy=cdk.RemovalPolicy.RETAIN,
            auto_delete_objects=False,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                cdk.Duration.days(self.environment.audit_lock_days)
            ),
            lifecycle_rules=[checks, *self._seals_that_go()],
            **self._encrypted(),
            **self._logged("audit"),
        )
        _over_tls(made)
        acknowledge(made, dict([ONE_COPY]))
        return made

    def _seals_that_go(self) -> list[s3.LifecycleRule]:
        if self.environment.keeps_data:
            return []
        days = cdk.Duration.days(self.environment.audit_lock_days + 1)
        return [
            s3.LifecycleRule(id="short-lived", expiration=days, noncurrent_version_expiration=days)
        ]

    def _static(self) -> s3.Bucket:
        """Files of the image, for CloudFront; they can be written again from it at any time."""
        made = self._bucket(
            "Static",
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=cdk.Duration.days(OLD_VERSION_DAYS),
                )
            ],
            **self._logged("static"),
        )
        # Of which distribution is not said: it would have to be there before its files.
        made.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudFront",
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"],
                resources=[made.arn_for_objects("static/*")],
                conditions={"StringEquals": {"AWS:SourceAccount": self.environment.account}},
            )
        )
        acknowledge(
            made,
            {
                "HIPAA.Security-S3DefaultEncryptionKMS": (
                    "the site's own pictures and scripts, which everybody may read: with SSE-S3 "
                    "CloudFront needs no key"
                ),
                ONE_COPY[0]: "each release writes it anew, from the image",
            },
        )
        return made

    def _logs(self) -> s3.Bucket:
        """Access logs of the buckets, the balancer and CloudFront: addresses and paths."""
        made = self._bucket(
            "Logs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old",
                    expiration=cdk.Duration.days(self.environment.log_days),
                    noncurrent_version_expiration=cdk.Duration.days(1),
                )
            ],
        )
        acknowledge(
            made,
            {
                "HIPAA.Security-S3DefaultEncryptionKMS": (
                    "S3 and the balancer deliver access logs to buckets with SSE-S3 only"
                ),
                "HIPAA.Security-S3BucketReplicationEnabled": (
                    "logs of requests; CloudTrail, not they, is the record of who did what"
                ),
                "HIPAA.Security-S3BucketLoggingEnabled": (
                    "a bucket that logs itself into itself never comes to an end"
                ),
                "AwsSolutions-S1": "a bucket that logs itself into itself never comes to an end",
            },
        )
        return made


def _refuse(bucket: s3.Bucket, sid: str, *, unless: dict[str, str]) -> None:
    """In the form in which `check_storage` looks for it, as the next."""
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            principals=[iam.StarPrincipal()],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"StringNotEquals": unless},
        )
    )


def _over_tls(bucket: s3.Bucket) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ClinicOverTls",
            effect=iam.Effect.DENY,
            principals=[iam.StarPrincipal()],
            actions=["s3:*"],
            resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
    )
