"""PostgreSQL: the primary, its replica, and RDS Proxy before it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from deploy.aws.acknowledge import INLINE, acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.parameters import PARAMETERS
from deploy.aws.stacks.data.passwords import DATABASE, NOT_IN_ADDRESSES, Passwords
from deploy.aws.stacks.keeping import log_days, removal
from deploy.aws.stacks.network import STORES, Network

ENGINE = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_18)
ADMINISTRATOR = "clinic_admin"  # makes the two roles, then is not used again
LOGS = ("postgresql", "upgrade")
MONITORING = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
    "AmazonRDSEnhancedMonitoringRole]"
)
PORT = {"AwsSolutions-RDS11": "another port hides nothing; security groups name who may speak"}
# In UTC, when clinics of the region sleep; AWS Backup comes at nine, apart from both.
BACKUPS, MAINTENANCE = "07:00-07:30", "sun:08:00-sun:08:30"
WHY = "short-lived and without patients: it comes and goes with its pull request or its day"
UNPROTECTED = {
    "AwsSolutions-RDS3": WHY,
    "AwsSolutions-RDS10": WHY,
    "HIPAA.Security-RDSInstanceDeletionProtectionEnabled": WHY,
    "HIPAA.Security-RDSMultiAZSupport": WHY,
    "HIPAA.Security-RDSInBackupPlan": WHY,
}
ONE_ZONE = (
    "one clinic, which can write appointments on paper for an hour: a lost machine is made anew "
    "from its disk or its backup, and costs minutes (docs/decisions/aws-simple.md)"
)
ALONE = {"AwsSolutions-RDS3": ONE_ZONE, "HIPAA.Security-RDSMultiAZSupport": ONE_ZONE}


class Postgres(Construct):
    """Exposes `instance`, `replica` and `proxy` (None where there is none), the hosts `host` and
    `replica_host`, and the secrets `app` and `owner`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        network: Network,
        key: kms.Key,
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.network, self.key = environment, network, key
        self.monitoring = iam.Role(
            self,
            "Monitoring",
            assumed_by=iam.ServicePrincipal("monitoring.rds.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonRDSEnhancedMonitoringRole"
                )
            ],
        )
        acknowledge(
            self.monitoring,
            {MONITORING: "AWS's own policy for this one purpose: writing RDSOSMetrics"},
        )
        # Known here without a right to change it: its rules are all in the network's stack.
        self.group = _as_it_is(self, "DatabaseGroup", network.database)
        self.parameters = rds.ParameterGroup(
            self, "Parameters", engine=ENGINE, parameters=PARAMETERS
        )
        self.instance = self._instance()
        passwords = Passwords(
            self,
            "Passwords",
            database=self.instance,
            key=key,
            vpc=network.vpc,
            rotation=_as_it_is(self, "RotationGroup", network.rotation),
            # A function has no public address, whatever its subnet.
            by_itself=not environment.public_tasks,
        )
        self.app, self.owner = passwords.app, passwords.owner
        self.replica = self._replica() if environment.database.replicas else None
        self.proxy = self._proxy() if environment.database.proxy else None
        there = self.proxy.endpoint if self.proxy else self.instance.db_instance_endpoint_address
        self.host = there
        self.replica_host = self.replica.db_instance_endpoint_address if self.replica else ""

    def _instance(self) -> rds.DatabaseInstance:
        wanted = self.environment.database
        name = self.environment.stack("database")
        # RDS keeps the administrator's password itself, but then refuses to make a replica.
        managed = not wanted.replicas
        made = rds.DatabaseInstance(
            self,
            "Instance",
            engine=ENGINE,
            database_name=DATABASE,
            instance_identifier=name,
            credentials=rds.Credentials.from_username(
                ADMINISTRATOR,
                encryption_key=self.key,
                exclude_characters=None if managed else NOT_IN_ADDRESSES,
            ),
            manage_master_user_password=managed,
            multi_az=wanted.multi_az,
            storage_encryption_key=self.key,
            removal_policy=(
                cdk.RemovalPolicy.SNAPSHOT if wanted.protected else removal(self.environment)
            ),
            allocated_storage=wanted.storage_gib,
            max_allocated_storage=wanted.most_storage_gib,
            backup_retention=cdk.Duration.days(wanted.backup_days),
            preferred_backup_window=BACKUPS,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not self.environment.keeps_data,
            **self._both(),
        )
        self._logs(made, name)
        acknowledge(made, PORT | _not_there(self.environment))
        return made

    def _replica(self) -> rds.DatabaseInstanceReadReplica:
        name = self.environment.stack("replica")
        made = rds.DatabaseInstanceReadReplica(
            self,
            "Replica",
            source_database_instance=self.instance,
            instance_identifier=name,
            storage_encrypted=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,  # AWS takes no last snapshot of a replica
            **self._both(),
        )
        # In one region a replica has its source's encryption and key, and takes no word of it.
        made.node.default_child.add_property_deletion_override("StorageEncrypted")
        self._logs(made, name)
        acknowledge(
            made,
            PORT
            | {
                "AwsSolutions-RDS3": (
                    "it only takes reads off the primary, which answers them when it is lost"
                ),
                "HIPAA.Security-RDSInBackupPlan": "its primary is in the plan",
                "HIPAA.Security-RDSInstanceBackupEnabled": (
                    "a copy of the primary, which is backed up; made anew when it is lost"
                ),
                "HIPAA.Security-RDSMultiAZSupport": (
                    "it only takes reads off the primary, which answers them when it is lost"
                ),
            },
        )
        return made

    def _both(self) -> dict[str, Any]:
        """What the primary and its replica have in common."""
        wanted = self.environment.database
        return {
            "instance_type": ec2.InstanceType(wanted.size),
            "vpc": self.network.vpc,
            "vpc_subnets": STORES,
            "security_groups": [self.group],
            "publicly_accessible": False,
            "parameter_group": self.parameters,
            "ca_certificate": rds.CaCertificate.RDS_CA_RSA2048_G1,
            # Operators sign in by a token of minutes, not by a password.
            "iam_authentication": True,
            "auto_minor_version_upgrade": True,
            "preferred_maintenance_window": MAINTENANCE,
            "deletion_protection": wanted.protected,
            "storage_type": rds.StorageType.GP3,
            "monitoring_interval": cdk.Duration.seconds(60),
            "monitoring_role": self.monitoring,
            "database_insights_mode": rds.DatabaseInsightsMode.STANDARD,
            "performance_insight_encryption_key": self.key,
            "performance_insight_retention": rds.PerformanceInsightRetention.DEFAULT,
            "cloudwatch_logs_exports": list(LOGS),
        }

    def _logs(self, instance: Construct, name: str) -> None:
        """Made beforehand: RDS would make them unencrypted, and for ever."""
        for log in LOGS:
            group = logs.LogGroup(
                instance,
                f"{log.capitalize()}Log",
                log_group_name=f"/aws/rds/instance/{name}/{log}",
                encryption_key=self.key,
                retention=log_days(self.environment),
                removal_policy=removal(self.environment),
            )
            instance.node.default_child.node.add_dependency(group)

    def _proxy(self) -> rds.DatabaseProxy:
        """It keeps the connections of tasks that come and go, and of a failover that passes."""
        made = rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=rds.ProxyTarget.from_instance(self.instance),
            secrets=[self.app],
            db_proxy_name=self.environment.stack("proxy"),
            vpc=self.network.vpc,
            vpc_subnets=STORES,
            security_groups=[_as_it_is(self, "ProxyGroup", self.network.proxy)],
            require_tls=True,
            client_password_auth_type=rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
            max_connections_percent=80,  # the rest is for migrations and whoever looks
            max_idle_connections_percent=40,
            borrow_timeout=cdk.Duration.seconds(10),
            idle_client_timeout=cdk.Duration.minutes(30),
        )
        # The stack's tags come to all of it, and a target group takes none.
        group = made.node.find_child("ProxyTargetGroup")
        group.add_property_deletion_override("Tags")
        acknowledge(made, INLINE)
        return made


def _not_there(environment: Environment) -> dict[str, str]:
    """Why the primary is without what the rules ask for, by rule."""
    if not environment.database.protected:
        return UNPROTECTED
    return {} if environment.database.multi_az else ALONE


def _as_it_is(scope: Construct, name: str, group: ec2.SecurityGroup) -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(
        scope, name, group.security_group_id, mutable=False
    )
