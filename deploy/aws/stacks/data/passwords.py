"""The database's two roles, each with a password that only Secrets Manager knows and exchanges.

`clinic_owner` migrates and owns the tables; `clinic_app` serves and owns nothing. The
administrator's is exchanged like theirs; where there is no replica, RDS does it (database.py).
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.stacks.network import TASKS

DATABASE = "clinic"
OWNER, APP = "clinic_owner", "clinic_app"  # as in deploy/local/postgres.py
EXCHANGED = cdk.Duration.days(30)
# Letters and digits: a password is also a part of an address (DATABASE_URL).
NOT_IN_ADDRESSES = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
WHY = (
    "a function in this network would need an endpoint, which costs more than all secrets "
    "together: docs/runbook.md says how an operator exchanges it"
)
BY_HAND = {"AwsSolutions-SMG4": WHY, "HIPAA.Security-SecretsManagerRotationEnabled": WHY}


class Passwords(Construct):
    """Exposes the secrets `app` and `owner`: JSON of username, password, host, port and dbname."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        database: rds.DatabaseInstance,
        key: kms.Key,
        vpc: ec2.IVpc,
        rotation: ec2.ISecurityGroup,
        by_itself: bool,
    ) -> None:
        """`by_itself`: exchanged each month by a function; else by whoever releases."""
        super().__init__(scope, name)
        self.by_itself = by_itself
        self.database, self.key, self.vpc, self.rotation = database, key, vpc, rotation
        if database.node.try_find_child("Secret"):  # else RDS keeps it itself
            self._exchange("Administrator", database.secret)
        self.app = self._role("App", APP)
        self.owner = self._role("Owner", OWNER)

    def _role(self, name: str, role: str) -> secretsmanager.ISecret:
        made = rds.DatabaseSecret(
            self,
            name,
            username=role,
            dbname=DATABASE,
            encryption_key=self.key,
            exclude_characters=NOT_IN_ADDRESSES,
        )
        attached = made.attach(self.database)
        if not self.by_itself:
            acknowledge(made, BY_HAND)
            return made
        self._exchange(name, attached)
        return made

    def _exchange(self, name: str, secret: secretsmanager.ISecret) -> None:
        secretsmanager.SecretRotation(
            self,
            f"{name}Rotation",
            # It signs in as the role itself and changes its own password: no administrator's.
            application=secretsmanager.SecretRotationApplication.POSTGRES_ROTATION_SINGLE_USER,
            secret=secret,
            target=self.database,
            vpc=self.vpc,
            vpc_subnets=TASKS,
            security_group=self.rotation,
            automatically_after=EXCHANGED,
            exclude_characters=NOT_IN_ADDRESSES,
            # The roles do not exist before `roles`, the command of the image, has made them.
            rotate_immediately_on_update=False,
        )
