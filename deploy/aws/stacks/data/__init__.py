"""What holds data: the database, the cache, the buckets and their keys."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import keys
from deploy.aws.stacks.data.backups import Backups
from deploy.aws.stacks.data.buckets import Buckets
from deploy.aws.stacks.data.cache import Valkey
from deploy.aws.stacks.data.database import Postgres
from deploy.aws.stacks.network import Network


class Data(cdk.Stack):
    """Exposes

    - `key` (KMS, for all that lies here);
    - the buckets `documents`, `audit`, `static` and `logs`;
    - `database`, `replica` and `database_proxy` (None where there is none), the hosts
      `database_host` (the proxy's, if there is one), `primary_host` (for migrations) and
      `replica_host` (empty where there is none);
    - the secrets `database_secret` and `owner_secret` (JSON of username, password, host of the
      primary, port, dbname), for the role that serves and the one that migrates;
    - `administrator_secret_arn`, of the secret (username and password) for who makes these two;
    - `cache` and `cache_host`, and `cache_secret` (JSON of `url`, which is REDIS_URL, `username`
      and `password`).
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        network: Network,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        self.key = keys.key(self, "Key", "What patients and staff leave with us", environment)
        buckets = Buckets(self, "Buckets", environment=environment, key=self.key)
        self.documents = buckets.documents
        self.audit = buckets.audit
        self.static = buckets.static
        self.logs = buckets.logs
        postgres = Postgres(
            self, "Postgres", environment=environment, network=network, key=self.key
        )
        self.database = postgres.instance
        self.replica = postgres.replica
        self.administrator_secret_arn = postgres.instance.secret.secret_arn
        self.database_proxy = postgres.proxy
        self.database_host = postgres.host
        self.primary_host = postgres.instance.db_instance_endpoint_address
        self.replica_host = postgres.replica_host
        self.database_secret = postgres.app
        self.owner_secret = postgres.owner
        valkey = Valkey(self, "Valkey", environment=environment, network=network, key=self.key)
        self.cache = valkey.group
        self.cache_host = valkey.host
        self.cache_secret = valkey.secret
        keys.for_logs(self.key, environment)
        if environment.keeps_data:
            Backups(
                self,
                "Backups",
                environment=environment,
                key=self.key,
                database=self.database,
                buckets=[self.documents, self.audit],
            )
