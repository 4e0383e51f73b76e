"""How messages leave: the queues, SES, and texts by SNS."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.keys import key
from deploy.aws.stacks.messages.queues import Queues


class Messages(cdk.Stack):
    """Exposes the queues `default`, `messages`, `documents` and `dead_letters`, and `key` (KMS), of
    all that passes here."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.key = key(self, "MessagesKey", "Work and messages on their way", environment)
        queues = Queues(self, "Queues", environment=environment, key=self.key)
        self.default = queues.default
        self.messages = queues.messages
        self.documents = queues.documents
        self.dead_letters = queues.dead_letters
