"""The topic to which providers tell what became of a message; `hooks` passes it on to the site."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws.configuration import Environment


class Events(Construct):
    """Exposes `topic`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        key: kms.Key,
    ) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=environment.stack("events"),
            master_key=key,
            enforce_ssl=True,
            signature_version="2",  # SHA-256; notifications/events/signatures.py takes both
        )
        # Only for this account: both services ask for others too.
        ours = {"StringEquals": {"AWS:SourceAccount": environment.account}}
        ses = iam.ServicePrincipal("ses.amazonaws.com")
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[ses],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=ours,
            )
        )
        # SES writes to the topic, SNS to the queue of what the site did not take.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[ses, iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # of a key's own policy: this key
                conditions=ours,
            )
        )
