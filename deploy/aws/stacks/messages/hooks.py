"""The application is told: SNS posts what it knows of our messages to the site's own endpoint.

A stack of its own, the last: SNS asks the endpoint for a confirmation as soon as it is subscribed,
and refuses a name that nobody answers to.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.messages import Messages

ENDPOINT = "/hooks/aws/"  # clinic/urls.py


class Hooks(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        messages: Messages,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        sns.Subscription(
            self,
            "Told",
            topic=messages.events_topic,
            endpoint=f"https://{environment.domain}{ENDPOINT}",
            protocol=sns.SubscriptionProtocol.HTTPS,
            raw_message_delivery=False,  # without its envelope there is no signature to check
            dead_letter_queue=messages.lost_events,
            delivery_policy=sns.DeliveryPolicy(
                healthy_retry_policy=sns.HealthyRetryPolicy(
                    min_delay_target=cdk.Duration.seconds(5),
                    max_delay_target=cdk.Duration.minutes(5),
                    num_retries=20,
                    backoff_function=sns.BackoffFunction.EXPONENTIAL,
                )
            ),
        )
