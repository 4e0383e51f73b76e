"""How messages leave: the queues, SES, and texts by SNS."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.keys import for_logs, key
from deploy.aws.stacks.messages.events import Events
from deploy.aws.stacks.messages.mail import Mail
from deploy.aws.stacks.messages.queues import Queues
from deploy.aws.stacks.messages.texts import Texts


class Messages(cdk.Stack):
    """Exposes

    - `key` (KMS), of all that passes here;
    - the queues `default`, `messages`, `documents` and `dead_letters`, and `lost_events`, of what
      the site did not want to be told;
    - SES's `configuration_set` and `identity`, and `events_topic` (SNS).
    """

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
        self.lost_events = queues.lost_events
        self.events_topic = Events(self, "Events", environment=environment, key=self.key).topic
        mail = Mail(self, "Mail", environment=environment, events=self.events_topic)
        self.configuration_set = mail.configuration_set
        self.identity = mail.identity
        if environment.keeps_data:
            for_logs(self.key, environment)
        if environment.sets_texts:
            Texts(self, "Texts", environment=environment, key=self.key, topic=self.events_topic)
