"""The CDK's app: `-c environment=production` picks one; without it all are made, to be checked.

cdk diff --all -c environment=staging
"""

from __future__ import annotations

import aws_cdk as cdk

from deploy.aws import account
from deploy.aws.configuration import ENVIRONMENTS, Environment
from deploy.aws.site import Site


def main() -> None:
    app = cdk.App()
    if app.node.try_get_context("environment") == account.NAME:
        account.account_stacks(app)
    for environment in chosen(app):
        Site(app, environment)
    app.synth()


def chosen(app: cdk.App) -> list[Environment]:
    name = app.node.try_get_context("environment")
    if name == account.NAME:
        return []
    if name is None:
        return [make() for make in ENVIRONMENTS.values()]
    number = app.node.try_get_context("pull_request")
    if name == "preview" and number is not None:
        return [ENVIRONMENTS["preview"](str(number))]
    return [ENVIRONMENTS[name]()]


if __name__ == "__main__":
    main()
