"""What an account has once, whatever runs in it: GitHub's word for who its pipelines are."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

GITHUB = "token.actions.githubusercontent.com"


class Account(cdk.Stack):
    """Deployed once an account, by hand, before its first pipeline."""

    def __init__(self, scope: Construct, name: str, **stack: Any) -> None:
        super().__init__(scope, name, **stack)
        iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{GITHUB}", client_id_list=["sts.amazonaws.com"]
        )
