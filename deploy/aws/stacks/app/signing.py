"""The key that signs links and sessions and encrypts second factors (SECRET_KEY)."""

from __future__ import annotations

import json

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import removal


def signing_key(
    scope: Construct, name: str, *, environment: Environment, key: kms.IKey
) -> secretsmanager.Secret:
    """`key`: 64 random characters; `fallbacks`: those before it, with commas between."""
    made = secretsmanager.Secret(
        scope,
        name,
        description="SECRET_KEY, and SECRET_KEY_FALLBACKS: the keys before it",
        encryption_key=key,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps({"fallbacks": ""}),
            generate_string_key="key",
            password_length=64,
            exclude_punctuation=True,
        ),
        removal_policy=removal(environment),
    )
    reason = (
        "a key that changes by the clock signs people out, and without the old one among the "
        "fallbacks takes away their second factors: it is changed by hand in two releases"
    )
    acknowledge(
        made,
        {
            "AwsSolutions-SMG4": reason,
            "HIPAA.Security-SecretsManagerRotationEnabled": reason,
        },
    )
    return made
