"""The image of a release: made here and pushed, or taken over from the environment before.

A tag is a commit and never moves (the registry refuses it), so what is there already is not made
again: production runs the very image that staging ran.
"""

from __future__ import annotations

import base64
from typing import Any

from botocore.exceptions import ClientError

from deploy.aws import outputs as named
from deploy.release import commands, stacks
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError
from deploy.release.tools import ROOT, builder


def provide(session: Any, target: Target, *, image_from: str | None = None) -> str:
    """The image is in the registry of `target`; returns its name with the tag.

    `image_from`: the environment whose image it is to be. Raises ReleaseError.
    """
    repository = stacks.outputs(session, target, "registry")[named.REPOSITORY_URI]
    image = f"{repository}:{target.release}"
    if is_there(session, repository, target.release):
        print(f"{image} is there already.")
        return image
    tool = builder() or "docker"
    log_in(session, repository, tool)
    if image_from:
        _take_over(session, target, image_from, image, tool)
    else:
        _build(image, target.release, tool)
    commands.run([tool, "push", image])
    return image


def provide_collector(session: Any, target: Target) -> None:
    """A copy of AWS's collector of traces lies beside the image; once for each of its versions."""
    repository = stacks.outputs(session, target, "registry")[named.COLLECTOR_URI]
    if is_there(session, repository, named.COLLECTOR_TAG):
        return
    tool = builder() or "docker"
    log_in(session, repository, tool)
    theirs = f"{named.COLLECTOR}:{named.COLLECTOR_TAG}"
    ours = f"{repository}:{named.COLLECTOR_TAG}"
    commands.run([tool, "pull", "--platform", named.PLATFORM, theirs])
    commands.run([tool, "tag", theirs, ours])
    commands.run([tool, "push", ours])


def is_there(session: Any, repository: str, tag: str) -> bool:
    name = repository.split("/", 1)[1]
    try:
        session.client("ecr").describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ImageNotFoundException":
            return False
        raise ReleaseError(f"The registry {name} does not answer: {error}") from error
    return True


def log_in(session: Any, repository: str, tool: str) -> None:
    """The password goes by standard input: a command line is everybody's to read."""
    (given,) = session.client("ecr").get_authorization_token()["authorizationData"]
    user, password = base64.b64decode(given["authorizationToken"]).decode().split(":", 1)
    registry = repository.split("/", 1)[0]
    commands.run([tool, "login", "--username", user, "--password-stdin", registry], given=password)


def _build(image: str, release: str, tool: str) -> None:
    commands.run(
        [
            tool,
            "build",
            "--platform",
            named.PLATFORM,
            "--build-arg",
            f"RELEASE={release}",
            "--tag",
            image,
            ROOT,
        ]
    )


def _take_over(session: Any, target: Target, image_from: str, image: str, tool: str) -> None:
    before = Target(image_from, target.release, target.account)
    repository = stacks.outputs(session, before, "registry")[named.REPOSITORY_URI]
    if not is_there(session, repository, target.release):
        raise ReleaseError(
            f"{image_from} has no image of {target.release}: release it there first, so that"
            f" {target.name} runs what was tried."
        )
    log_in(session, repository, tool)
    tried = f"{repository}:{target.release}"
    commands.run([tool, "pull", "--platform", named.PLATFORM, tried])
    commands.run([tool, "tag", tried, image])
