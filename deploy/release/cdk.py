"""The CDK's command line, for one environment and one release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.release import commands
from deploy.release.errors import ReleaseError
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
    """`stacks`: "network", "app"… in their order; those that this environment has. The person was
    asked before, so the CDK is not to ask once more."""
    there = listed(target)
    names = [name for name in map(target.stack, stacks) if name in there]
    if not names:
        raise ReleaseError(f"{target.name} has none of the stacks: {', '.join(stacks)}.")
    _cdk(target, "deploy", "--exclusively", "--require-approval", "never", *names)


def listed(target: Target) -> set[str]:
    """The names of the environment's stacks."""
    return set(commands.read(_command(target, "list"), **_around(target)).split())


def destroy(target: Target) -> None:
    _cdk(target, "destroy", "--all", "--force")


def _cdk(target: Target, verb: str, *arguments: str) -> None:
    commands.run(_command(target, verb, *arguments), **_around(target))


def _command(target: Target, verb: str, *arguments: str) -> list[str | Path]:
    context = {"environment": target.environment, "release": target.release}
    if target.pull_request:
        context["pull_request"] = target.pull_request
    chosen = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
    return [CDK, verb, *chosen, *arguments]


def _around(target: Target) -> Any:
    """Where the CDK runs, and for which account."""
    return {
        "cwd": ROOT / "deploy" / "aws",
        "environment": {
            "CDK_DEFAULT_ACCOUNT": target.account.id,
            "CDK_DEFAULT_REGION": target.account.region,
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        },
    }
