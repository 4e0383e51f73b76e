"""Buildah, in a store of its own below `.local/`: no engine, no registry, no other images."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from deploy.image.check.tools import WORK, run

NAME = "localhost/clinic:check"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
OWN_AUTHORITIES = Path("/usr/local/share/ca-certificates")
# Where packages come from, if this machine says so: the Dockerfile's first stage takes these.
INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def buildah(*arguments: str) -> str:
    store = ["--root", str(WORK / "store"), "--runroot", str(WORK / "run")]
    return run(["buildah", *store, *arguments], also={"STORAGE_DRIVER": "vfs"}).strip()


def has(image: str) -> bool:
    return bool(buildah("images", "--quiet", "--filter", f"reference={image}"))


def import_tree(archive: Path, name: str, *, path: str) -> None:
    """A file system as an image of one layer."""
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, str(archive), "/")
    buildah("config", "--env", f"PATH={path}", container)
    buildah("commit", "--quiet", "--rm", "--format", "docker", container, name)


def build(revision: str) -> None:
    """What `docker build .` does, from what lies here."""
    buildah(
        "build",
        "--isolation=chroot",
        "--pull-never",
        "--network=host",
        "--format=docker",
        *(f"--volume={own}" for own in authorities()),
        *(f"--build-arg={name}={os.environ[name]}" for name in INDEX if os.environ.get(name)),
        f"--build-arg=RELEASE={revision}",
        f"--tag={NAME}",
        ".",
    )


def authorities() -> list[str]:
    """This machine's own certificate authorities, for the time of the build: read only, and over
    a file that is there in any case, so that nothing of it stays."""
    own = OWN_AUTHORITIES.is_dir() and any(OWN_AUTHORITIES.iterdir())
    return [f"{BUNDLE}:{BUNDLE}:ro"] if own and BUNDLE.exists() else []


def configuration() -> dict[str, Any]:
    """User, environment, command, labels ... as engines read them."""
    found: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", NAME))
    return dict(found["Docker"]["config"])


def mount(name: str) -> tuple[str, Path]:
    """A container of the image, and where its files can be looked at."""
    container = buildah("from", "--pull-never", name)
    return container, Path(buildah("mount", container))


def clean_up(*, keep: bool) -> None:
    """Containers and, unless it is to be kept, what was built; the base stays for the next time."""
    buildah("rm", "--all")
    if has(NAME) and not keep:
        buildah("rmi", "--force", NAME)
    buildah("rmi", "--prune", "--force")
