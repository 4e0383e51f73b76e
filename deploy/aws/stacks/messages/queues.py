"""The queues of background work (docs/decisions/queues.md), and what no worker could finish."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import removal

TAKEN_FOR = cdk.Duration.minutes(30)  # clinic/lib/queues.py: twice the longest that a task may run
TRIES = 5
KEPT = cdk.Duration.days(14)  # the longest that SQS keeps anything


class Queues(Construct):
    """Exposes `default`, `messages`, `documents`, `dead_letters` and `lost_events`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, key: kms.Key
    ) -> None:
        super().__init__(scope, name)
        self.environment = environment
        self.key = key
        self.dead_letters = self._queue("DeadLetters")
        # What providers told and the site did not take, however often it was asked.
        self.lost_events = self._queue("LostEvents")
        for last in (self.dead_letters, self.lost_events):
            acknowledge(last, {"AwsSolutions-SQS3": "it is itself where dead letters end"})
        end = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES)
        self.default = self._queue("Work", end)  # "Default" is a word of the CDK
        self.messages = self._queue("Messages", end)
        self.documents = self._queue("Documents", end)

    def _queue(self, name: str, end: sqs.DeadLetterQueue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            data_key_reuse=cdk.Duration.hours(1),  # KMS is asked once an hour, not for each call
            enforce_ssl=True,
            visibility_timeout=TAKEN_FOR,
            receive_message_wait_time=cdk.Duration.seconds(20),
            retention_period=KEPT,
            dead_letter_queue=end,
            removal_policy=removal(self.environment),
        )
