"""What holds data: the database, the cache, the buckets and their keys."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import keys
from deploy.aws.stacks.data.buckets import Buckets
from deploy.aws.stacks.network import Network


class Data(cdk.Stack):
    """Exposes `key` (KMS, for all that lies here) and the buckets `documents`, `audit`, `static`
    and `logs`."""

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
