"""The CDK's command line, for one environment and one release."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.release import commands
from deploy.release.tools import CDK, ROOT, Account


@dataclass(frozen=True)
class Target:
    environment: str  # as in deploy/aws/configuration.py; "simple" for the simple path
    release: str  # the image's tag: a commit
    account: Account
    pull_request: str | None = None  # of a preview

    @property
    def name(self) -> str:
        """As in the names of its stacks."""
        return f"preview-{self.pull_request}" if self.pull_request else self.environment

    def stack(self, what: str) -> str:
        return f"clinic-{self.name}-{what}"


def diff(target: Target) -> None:
    """Prints what would change; changes nothing."""
    _cdk(target, "diff", "--all")


def deploy(target: Target, *stacks: str) -> None:
    """`stacks`: "network", "app"… in their order. The person was asked before, so the CDK is not
    to ask once more."""
    names = [target.stack(what) for what in stacks]
    _cdk(target, "deploy", "--exclusively", "--require-approval", "never", *names)


def destroy(target: Target) -> None:
    _cdk(target, "destroy", "--all", "--force")


def _cdk(target: Target, verb: str, *arguments: str) -> None:
    context = {"environment": target.environment, "release": target.release}
    if target.pull_request:
        context["pull_request"] = target.pull_request
    chosen = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
    commands.run(
        [CDK, verb, *chosen, *arguments],
        cwd=ROOT / "deploy" / "aws",
        environment={
            "CDK_DEFAULT_ACCOUNT": target.account.id,
            "CDK_DEFAULT_REGION": target.account.region,
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        },
    )
