"""The programs that the check needs: found, or installed where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.image.check.table import CheckError

CHECKOUT = Path(__file__).resolve().parents[3]
WORK = CHECKOUT / ".local" / "image"
# Of Debian, both.
NEEDED = {"buildah": "buildah", "debootstrap": "debootstrap", "unshare": "util-linux"}


def require() -> None:
    """Raises CheckError where something is missing that cannot be installed."""
    if os.geteuid() != 0:
        raise CheckError(
            "This check makes a file system and runs programs in it, which needs root;"
            " try `sudo make check-image`, or a throw-away machine."
        )
    missing = [package for name, package in NEEDED.items() if not shutil.which(name)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise CheckError(f"{' and '.join(missing)} are missing, and there is no apt-get to ask.")
    print(f"installing {', '.join(missing)} ...", flush=True)
    run(["apt-get", "update"])
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "install", "-y", "--no-install-recommends", *missing], also=environment)


def beside_python(name: str) -> str:
    """A program that the development environment has, as a path."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise CheckError(f"{name} is not in the environment; `make bootstrap` installs it.")
    return str(path)


def run(
    command: Sequence[str], *, also: Mapping[str, str] | None = None, seconds: float = 1500
) -> str:
    """Run it to its end; returns what it printed. Raises CheckError with its last lines."""
    try:
        done = subprocess.run(
            list(command),
            env={**os.environ, **(also or {})},
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise CheckError(f"{command[0]} {command[1]} took longer than {seconds:.0f} s.") from None
    if done.returncode != 0:
        last = "\n    ".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CheckError(f"{' '.join(command[:2])} ended with {done.returncode}:\n    {last}")
    return done.stdout
