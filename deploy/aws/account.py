"""What is deployed by hand, once an account, before its first pipeline runs: who pipelines may be.

    cdk deploy clinic-account clinic-staging-pipelines -c environment=account \
        -c repository=owner/name
"""

from __future__ import annotations

import aws_cdk as cdk

from deploy.aws.configuration import ENVIRONMENTS, dev
from deploy.aws.stacks.account import Account
from deploy.aws.stacks.edge import REGION as EDGE_REGION
from deploy.aws.stacks.pipelines import Pipelines

NAME = "account"


def account_stacks(app: cdk.App) -> list[cdk.Stack]:
    """The account's own, and the pipelines' of every environment: deploy those that it holds."""
    repository = app.node.try_get_context("repository") or "clinic/clinic"
    somewhere = dev()  # account and region are the terminal's, whatever the environment
    where = cdk.Environment(account=somewhere.account, region=somewhere.region)
    return [
        Account(app, "clinic-account", env=where),
        *(
            Pipelines(
                app,
                f"clinic-{name}-pipelines",
                environment=name,
                repository=repository,
                regions=sorted({EDGE_REGION, made.region, made.second_region}),
                env=where,
            )
            for name, made in ((name, make()) for name, make in ENVIRONMENTS.items())
        ),
    ]
