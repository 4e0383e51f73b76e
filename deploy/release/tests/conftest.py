"""An account played by moto, and stand-ins of the CDK and docker that write down what they hear."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy.aws import outputs as named
from deploy.release import tools
from deploy.release.cdk import Target

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BEFORE = "fedcba9876543210fedcba9876543210fedcba98"
# What an environment without copies in a second region has.
STACKS = [
    *("network", "data", "messages", "registry"),
    *("commands", "app", "edge", "hooks", "observability"),
]
STAND_IN = """#!/bin/sh
{ echo "$(basename "$0") $*"; } >> "$SAID"
[ "$2" = --password-stdin ] || [ "$4" = --password-stdin ] && cat > /dev/null
[ "$1" = list ] && echo "$STACKS"
case " $FAILS " in *" $(basename "$0"):$1 "*) exit 3;; esac
exit 0
"""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3's session in an empty account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        account = Account(region_name="us-east-1")
        monkeypatch.setattr(boto3, "Session", lambda: account)
        yield account


class Account(boto3.Session):
    """CloudFormation is played here: moto's wants a dozen packages more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.stacks: dict[str, dict[str, str]] = {}
        self.regions: list[str | None] = []  # in which CloudFormation was asked

    def client(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        if service_name == "cloudformation":
            self.regions.append(kwargs.get("region_name"))
            return self
        return super().client(service_name, *args, **kwargs)

    def describe_stacks(self, StackName: str) -> Any:
        if StackName not in self.stacks:
            error = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        told = self.stacks[StackName].items()
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in told]}]}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the CDK and docker were told, a line a call. FAILS=docker:push makes that one fail."""
    folder, heard = tmp_path / "bin", tmp_path / "said"
    folder.mkdir()
    heard.touch()
    for name in ("cdk", "docker", "node", "python"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SAID", str(heard))
    monkeypatch.setenv("FAILS", "")
    names = [f"clinic-{name}-{what}" for name in ("staging", "production") for what in STACKS]
    monkeypatch.setenv("STACKS", " ".join(names))
    monkeypatch.setattr("deploy.release.cdk.CDK", folder / "cdk")
    monkeypatch.setattr(tools, "CDK", folder / "cdk")
    monkeypatch.setattr(tools, "CLOUD_PYTHON", folder / "python")
    return heard


@pytest.fixture
def target(aws: Any) -> Target:
    return Target("staging", COMMIT, tools.account(aws))


@pytest.fixture
def deployed(aws: Any, target: Target) -> Target:
    """Its stacks are there, with their outputs and an empty registry."""
    repository(aws, target)
    aws.stacks[target.stack("commands")] = {
        named.CLUSTER: "clinic",
        named.MIGRATION_TASK: "migrate:7",
        named.ROLES_TASK: "roles:7",
        named.COMMAND_SUBNETS: "subnet-1,subnet-2",
        named.COMMAND_GROUP: "sg-1",
        named.COMMAND_ADDRESS: "DISABLED",
        named.COMMAND_LOGS: "/clinic/staging",
    }
    aws.stacks[target.stack("app")] = {named.RELEASE: BEFORE}
    aws.stacks[target.stack("edge")] = {named.SITE_URL: "https://staging.clinic.example"}
    return target


def repository(aws: Any, target: Target) -> str:
    """The registry's stack of an environment; returns the repository's name."""
    made = aws.client("ecr").create_repository(repositoryName=f"clinic-{target.name}")
    uri = made["repository"]["repositoryUri"]
    beside = aws.client("ecr").create_repository(repositoryName=f"collector-{target.name}")
    aws.stacks[target.stack("registry")] = {
        named.REPOSITORY_URI: uri,
        named.COLLECTOR_URI: beside["repository"]["repositoryUri"],
    }
    push(aws, target, named.COLLECTOR_TAG, repository=f"collector-{target.name}")
    return f"clinic-{target.name}"


def push(aws: Any, target: Target, release: str, *, repository: str = "") -> None:
    kind = "application/vnd.oci.image.manifest.v1+json"
    layers = {"mediaType": kind, "config": {"digest": release}, "layers": []}
    manifest = json.dumps({"schemaVersion": 2, **layers})
    aws.client("ecr").put_image(
        repositoryName=repository or f"clinic-{target.name}",
        imageManifest=manifest,
        imageTag=release,
    )
