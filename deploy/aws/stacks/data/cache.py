"""Valkey: a help, never a condition. What lies in it is elsewhere too, or can be counted anew."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.passwords import NOT_IN_ADDRESSES
from deploy.aws.stacks.keeping import removal
from deploy.aws.stacks.network import Network

USER = "clinic"
# Its own keys, and no command that looks at others' or changes the server.
MAY = "on ~clinic:* ~limit:* +@all -@admin -@dangerous +info +flushdb"
PARAMETERS = {
    # Full, it forgets what was not asked for longest, sessions too: PostgreSQL still has those.
    "maxmemory-policy": "allkeys-lru",
}


class Valkey(Construct):
    """Exposes `group`, `host` and `secret`: JSON of `url` (REDIS_URL), `username`, `password`."""

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
        self.environment, self.key = environment, key
        self.password = self._password()
        self.group = self._servers(network)
        self.host = self.group.attr_primary_end_point_address
        self.secret = self._address()

    def _password(self) -> secretsmanager.Secret:
        made = secretsmanager.Secret(
            self,
            "Password",
            description="Valkey's user of the application",
            encryption_key=self.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": USER}),
                generate_string_key="password",
                password_length=64,
                exclude_characters=NOT_IN_ADDRESSES,
            ),
            removal_policy=removal(self.environment),
        )
        acknowledge(made, BY_HAND)
        return made

    def _servers(self, network: Network) -> elasticache.CfnReplicationGroup:
        wanted = self.environment.cache
        several = wanted.replicas > 0
        subnets = elasticache.CfnSubnetGroup(
            self,
            "Subnets",
            description="No way out",
            subnet_ids=network.vpc.select_subnets(subnet_group_name="stores").subnet_ids,
        )
        parameters = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family="valkey8",
            description="What the application needs of Valkey",
            properties=PARAMETERS,
        )
        made = elasticache.CfnReplicationGroup(
            self,
            "Servers",
            replication_group_id=self.environment.stack("cache"),
            replication_group_description=f"Cache and sessions ({self.environment.name})",
            engine="valkey",
            engine_version="8.2",
            cache_node_type=f"cache.{wanted.size}",
            num_cache_clusters=1 + wanted.replicas,
            automatic_failover_enabled=several,
            multi_az_enabled=several,
            cache_subnet_group_name=subnets.ref,
            cache_parameter_group_name=parameters.ref,
            security_group_ids=[network.cache.security_group_id],
            user_group_ids=[self._users().ref],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=self.key.key_arn,
            auto_minor_version_upgrade=True,
            snapshot_retention_limit=0,
        )
        acknowledge(made, SERVERS | ({} if several else ONE_NODE))
        return made

    def _users(self) -> elasticache.CfnUserGroup:
        user = elasticache.CfnUser(
            self,
            "User",
            engine="valkey",
            user_id=self.environment.stack("cache-user"),
            user_name=USER,
            access_string=MAY,
            authentication_mode={
                "Type": "password",
                "Passwords": [self.password.secret_value_from_json("password").unsafe_unwrap()],
            },
        )
        return elasticache.CfnUserGroup(
            self,
            "Users",
            engine="valkey",
            user_group_id=self.environment.stack("cache-users"),
            user_ids=[user.ref],
        )

    def _address(self) -> secretsmanager.Secret:
        password = self.password.secret_value_from_json("password").unsafe_unwrap()
        address = f"rediss://{USER}:{password}@{self.host}:6379/0"
        made = secretsmanager.Secret(
            self,
            "Address",
            description="Where Valkey is, and how the application gets in",
            encryption_key=self.key,
            # What is seen of the password here is a reference that the deployment resolves.
            secret_object_value={
                name: cdk.SecretValue.unsafe_plain_text(value)
                for name, value in (("url", address), ("username", USER), ("password", password))
            },
            removal_policy=removal(self.environment),
        )
        acknowledge(made, BY_HAND)
        return made


WHY = (
    "it opens a cache that only the tasks reach and that holds nothing which is not in PostgreSQL; "
    "it is exchanged by the runbook, as its user may have two passwords at a time"
)
BY_HAND = {"AwsSolutions-SMG4": WHY, "HIPAA.Security-SecretsManagerRotationEnabled": WHY}
SERVERS = {
    "HIPAA.Security-ElastiCacheRedisClusterAutomaticBackup": (
        "nothing is only here: an empty cache costs some slow minutes, a copy would cost privacy"
    ),
    "AwsSolutions-AEC5": "another port hides nothing; the security group admits the tasks alone",
    "AwsSolutions-AEC6": "its user signs in by name and password (RBAC), which the rule cannot see",
}
ONE_NODE = {"AwsSolutions-AEC4": "short-lived and without patients: it may stand still for once"}
