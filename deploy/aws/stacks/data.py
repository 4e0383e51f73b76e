"""What holds data: the database, the cache, the buckets and their keys."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from deploy.aws.configuration import Environment
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
        self.key = kms.Key(self, "Key", enable_key_rotation=True)
        self.documents = s3.Bucket(self, "Documents", encryption_key=self.key)
