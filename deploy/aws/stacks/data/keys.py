"""Keys: one for what patients and staff leave, so that it can be taken from everybody at once."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import removal


def key(scope: Construct, name: str, purpose: str, environment: Environment) -> kms.Key:
    """Its material is replaced each year; what was encrypted with older material stays readable."""
    made = kms.Key(
        scope,
        name,
        description=f"{purpose} ({environment.name})",
        enable_key_rotation=True,
        removal_policy=removal(environment),
    )
    made.add_alias(f"alias/clinic-{environment.name}-{name.lower()}")
    return made


def for_logs(made: kms.Key, environment: Environment) -> None:
    """CloudWatch encrypts our log groups with it, and nobody else's."""
    made.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{environment.region}.amazonaws.com")],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
            resources=["*"],  # of a key's own policy: this key
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": (
                        f"arn:aws:logs:{environment.region}:{environment.account}:log-group:*"
                    )
                }
            },
        )
    )
