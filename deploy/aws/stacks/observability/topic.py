"""Who is told: a topic, mailed to the operators."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from deploy.aws.configuration import Environment

CLOUDWATCH = iam.ServicePrincipal("cloudwatch.amazonaws.com")
EVENTS = iam.ServicePrincipal("events.amazonaws.com")


def operators(
    scope: Construct, environment: Environment, key: kms.Key, name: str = "alarms"
) -> sns.Topic:
    """Encrypted with `key`. The address confirms once, by a link in SNS's first mail to it."""
    made = sns.Topic(
        scope,
        "Operators",
        topic_name=environment.stack(name),
        display_name=f"Clinic {environment.name}",
        master_key=key,
        enforce_ssl=True,
    )
    made.add_subscription(subscriptions.EmailSubscription(environment.alerts.email))
    made.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            principals=[CLOUDWATCH],
            actions=["sns:Publish"],
            resources=[made.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": environment.account}},
        )
    )
    # AWS's own key for topics cannot be used by either; who may publish, the topic says.
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Telling",
            principals=[CLOUDWATCH, EVENTS],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],  # of a key's own policy: this key
        )
    )
    return made
