"""The base: the official Python image from its registry, or a stand-in of Debian's own packages.

The same release of Debian with the same Python in it (its patch level may differ), slim in the same
ways: no lists of packages, no manuals, no bytecode. It gets the name that `FROM` asks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from deploy.image.check import builder
from deploy.image.check.table import CheckError
from deploy.image.check.tools import CHECKOUT, WORK, run

PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
# Debian's slim images have no manuals and no translations of system programs either.
SHARED = ("doc", "info", "lintian", "locale", "man")
NOT_SLIM = (
    *("var/cache/apt", "var/lib/apt/lists", "var/log"),
    *(f"usr/share/{name}" for name in SHARED),
)
FROM = re.compile(r"^FROM (?P<name>python:(?P<version>[\d.]+)-slim-(?P<release>[a-z]+))\b", re.M)


def wanted(dockerfile: str) -> tuple[str, str, str]:
    """Name, Python's version and Debian's release of the one image that all stages are from.
    Raises CheckError."""
    found = {(each["name"], each["version"], each["release"]) for each in FROM.finditer(dockerfile)}
    stages = len(re.findall(r"^FROM ", dockerfile, re.M))
    if len(found) != 1 or len(FROM.findall(dockerfile)) != stages:
        raise CheckError(
            "The Dockerfile's stages are not all from one python:VERSION-slim-RELEASE."
        )
    return found.pop()


def ensure(*, official: bool = False) -> str:
    """Fetch it (`official`) or make the stand-in, unless an earlier check did. Returns its name."""
    name, version, release = wanted((CHECKOUT / "Dockerfile").read_text())
    full = f"docker.io/library/{name}"
    if official:
        builder.buildah("pull", full)
    if builder.has(full):
        return full
    print(f"making a stand-in for {name} from Debian's packages (a minute or two) ...", flush=True)
    tree = WORK / "base"
    shutil.rmtree(tree, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        options = ["--variant=minbase", f"--include={PACKAGES}"]
        run(["debootstrap", *options, release, str(tree), mirror()])
        _make_slim(tree)
        _agree(tree, version)
        archive = WORK / "base.tar"
        run(["tar", "-C", str(tree), "-cf", str(archive), "."])
        builder.import_tree(archive, full, path=PATH)
        archive.unlink()
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    return full


def mirror() -> str:
    """Where this machine has Debian's packages from, as its own apt says. Raises CheckError."""
    fields = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"
    lines = run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"])
    for line in lines.splitlines():
        address, release, component, *origin = line.split()
        if component == "main" and origin == ["Debian"] and "-" not in release:
            return address
    raise CheckError(
        "apt knows no source of Debian's packages here; has `apt-get update` been run?"
    )


def _make_slim(tree: Path) -> None:
    for name in NOT_SLIM:
        for path in (tree / name).glob("*"):
            real = path.is_dir() and not path.is_symlink()
            shutil.rmtree(path) if real else path.unlink()
    for cache in list((tree / "usr" / "lib").rglob("__pycache__")):
        shutil.rmtree(cache)
    (tree / "usr" / "local" / "bin" / "python").symlink_to("/usr/bin/python3")


def _agree(tree: Path, version: str) -> None:
    asked = ["chroot", str(tree), "/usr/local/bin/python", "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[-1]
    if not said.startswith(f"{version}."):
        raise CheckError(f"FROM names Python {version}, and that release of Debian has {said}.")
