"""What a stack tells of itself: its outputs."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from deploy.aws import outputs as named
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError


def outputs(session: Any, target: Target, what: str) -> dict[str, str]:
    """By the names in deploy/aws/outputs.py. Raises ReleaseError where there is no such stack."""
    name = target.stack(what)
    try:
        cloud = session.client("cloudformation", region_name=named.ELSEWHERE.get(what))
        answer = cloud.describe_stacks(StackName=name)
    except ClientError as error:
        raise ReleaseError(f"The stack {name} is not there: deploy it first.") from error
    (stack,) = answer["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
