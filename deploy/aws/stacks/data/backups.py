"""A copy of the database and the documents each day, and one in another region.

RDS's own backups (a point in time, for the days of the configuration) go with the account's region;
these do not. docs/decisions/aws-storage.md says how far back which of them goes.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.keys import key
from deploy.aws.stacks.keeping import removal

DAYS = 35
# What of AWS's own policies its role needs: to take a copy, and to give it back.
POLICIES = (
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)


def vault_name(environment: Environment) -> str:
    return environment.stack("backups")


class Copies(cdk.Stack):
    """In the second region: the vault that the copies come to, and a key of its own."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.vault = _vault(self, environment, key(self, "Copies", "Copies", environment))


class Backups(Construct):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        key: kms.Key,
        database: rds.DatabaseInstance,
        buckets: list[s3.Bucket],
    ) -> None:
        super().__init__(scope, name)
        away = backup.BackupVault.from_backup_vault_arn(
            self,
            "Away",
            f"arn:aws:backup:{environment.second_region}:{environment.account}:backup-vault:"
            f"{vault_name(environment)}",
        )
        days = cdk.Duration.days(DAYS)
        plan = backup.BackupPlan(
            self,
            "Plan",
            backup_vault=_vault(self, environment, key),
            backup_plan_rules=[
                backup.BackupPlanRule(
                    rule_name="daily",
                    schedule_expression=events.Schedule.cron(hour="9", minute="0"),
                    start_window=cdk.Duration.hours(1),
                    completion_window=cdk.Duration.hours(6),
                    delete_after=days,
                    copy_actions=[
                        backup.BackupPlanCopyActionProps(
                            destination_backup_vault=away, delete_after=days
                        )
                    ],
                )
            ],
        )
        plan.add_selection(
            "All",
            role=self._role(),
            resources=[
                backup.BackupResource.from_rds_database_instance(database),
                *(backup.BackupResource.from_arn(bucket.bucket_arn) for bucket in buckets),
            ],
        )

    def _role(self) -> iam.Role:
        made = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in POLICIES
            ],
        )
        acknowledge(
            made,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]": (
                    "AWS's own policy for its own service, which only AWS Backup may take on"
                )
                for name in POLICIES
            },
        )
        return made


def _vault(scope: Construct, environment: Environment, key: kms.Key) -> backup.BackupVault:
    return backup.BackupVault(
        scope,
        "Vault",
        backup_vault_name=vault_name(environment),
        encryption_key=key,
        block_recovery_point_deletion=True,  # time removes them, and nobody else
        removal_policy=removal(environment),
    )
