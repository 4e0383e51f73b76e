"""How messages leave: the queues, SES, and texts by SNS."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.configuration import Environment


class Messages(cdk.Stack):
    """Exposes the queues `default`, `messages`, `documents` and `dead_letters`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.dead_letters = sqs.Queue(self, "DeadLetters")
