"""Who did what with the account, and with patients' documents: CloudTrail.

Each call that changes something, and each reading or writing of an object in the buckets of
documents and seals. Objects have names that say nothing of anybody.

No "insights": they learn what is usual from thousands of calls an hour, and an account that changes
by its pipelines alone has none. What must never happen has its own alarm instead.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.acknowledge import INLINE, acknowledge, acknowledge_lint
from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.keeping import log_days, removal
from deploy.aws.stacks.observability.alarms import QUIET, Alarms
from deploy.aws.stacks.observability.metrics import FIVE, names

KEPT = cdk.Duration.days(6 * 366)  # HIPAA: records of what was done, six years
COLD = cdk.Duration.days(90)

# Each pattern of the trail's log has its alarm: what it is called, what it says, the pattern.
NEVER = (
    (
        "root-used",
        "The account's owner signed in or called something.",
        '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
        '&& $.eventType != "AwsServiceEvent" }',
    ),
    (
        "trail-changed",
        "Somebody changed or stopped what records who does what.",
        "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) "
        "|| ($.eventName = UpdateTrail) || ($.eventName = PutEventSelectors) }",
    ),
    (
        "key-going",
        "Somebody switched off a key or wants it deleted: what it encrypts is then lost.",
        "{ ($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion) }",
    ),
)


class Trail(Construct):
    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, key: kms.Key, data: Data
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.key = environment, key
        trail_name = environment.stack("trail")
        arn = f"arn:aws:cloudtrail:{environment.region}:{environment.account}:trail/{trail_name}"
        _may_encrypt(key, environment, arn)
        self.bucket = self._bucket()
        self.log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/clinic/{environment.name}/trail",
            encryption_key=key,
            retention=log_days(environment),
            removal_policy=removal(environment),
        )
        trail = cloudtrail.Trail(
            self,
            "Trail",
            trail_name=trail_name,
            bucket=self.bucket,
            encryption_key=key,
            enable_file_validation=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=self.log,
        )
        trail.add_s3_event_selector(
            [cloudtrail.S3EventSelector(bucket=each) for each in (data.documents, data.audit)],
            include_management_events=True,
        )
        # Of its own bucket only who reads: its own writing would never come to an end.
        trail.add_s3_event_selector(
            [cloudtrail.S3EventSelector(bucket=self.bucket)],
            read_write_type=cloudtrail.ReadWriteType.READ_ONLY,
            include_management_events=False,
        )
        acknowledge(trail, INLINE)
        acknowledge_lint(
            trail.node.default_child, "W3005", "the CDK writes a dependency that is there anyway"
        )

    def _bucket(self) -> s3.Bucket:
        """Locked, so that whoever did something cannot take back that it is known."""
        made = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                cdk.Duration.days(self.environment.audit_lock_days)
            ),
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                            transition_after=COLD,
                        )
                    ],
                    expiration=KEPT,
                    noncurrent_version_expiration=cdk.Duration.days(30),
                )
            ],
            removal_policy=removal(self.environment),
        )
        read = "who reads it is in the trail itself, which needs no second log"
        acknowledge(
            made,
            {
                "AwsSolutions-S1": read,
                "HIPAA.Security-S3BucketLoggingEnabled": read,
                "HIPAA.Security-S3BucketReplicationEnabled": (
                    "locked against everybody; the log group has the last thirteen months too"
                ),
            },
        )
        return made


def never(scope: Construct, alarms: Alarms, log: logs.ILogGroup) -> None:
    """Alarms of what nobody does on a usual day."""
    for slug, says, pattern in NEVER:
        name = "".join(word.capitalize() for word in slug.split("-"))
        found = logs.MetricFilter(
            scope,
            f"{name}Seen",
            log_group=log,
            filter_pattern=logs.FilterPattern.literal(pattern),
            metric_namespace=f"{names.NAMESPACE}/{alarms.environment.name}",
            metric_name=name,
            metric_value="1",
        )
        alarms.add(
            slug,
            says,
            found.metric(statistic="Sum", period=FIVE),
            above=0,
            times=(1, 1),
            missing=QUIET,  # no such line in the log
            over=False,
        )


def _may_encrypt(key: kms.Key, environment: Environment, trail: str) -> None:
    """This one trail, and nothing but what belongs to it."""
    service = iam.ServicePrincipal("cloudtrail.amazonaws.com")
    source = {"StringEquals": {"aws:SourceArn": trail}}
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Trail",
            principals=[service],
            actions=["kms:GenerateDataKey*", "kms:Decrypt"],
            resources=["*"],  # of a key's own policy: this key
            conditions={
                **source,
                "StringLike": {
                    "kms:EncryptionContext:aws:cloudtrail:arn": (
                        f"arn:aws:cloudtrail:*:{environment.account}:trail/*"
                    )
                },
            },
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="TrailLooks",
            principals=[service],
            actions=["kms:DescribeKey"],
            resources=["*"],  # of a key's own policy: this key
            conditions=source,
        )
    )
