"""Directories and processes for the tests of the runner."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.service import CHECKOUT

HOLDER = Path(__file__).with_name("holder.py")


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that the database's user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="clinic-local-") as path:
        yield Path(path)


def processes_of(root: Path) -> list[str]:
    """The command lines of everything that runs for this directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = str((entry / "cwd").readlink())
        except OSError:
            continue
        if (str(root) in line or place.startswith(str(root))) and int(entry.name) != os.getpid():
            found.append(line)
    return found


def eventually(condition: Callable[[], object], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def hold() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a runner that holds services; killed at the end if the test did not."""
    started: list[subprocess.Popen[str]] = []

    def start(root: Path, names: str, *more: str) -> subprocess.Popen[str]:
        holder = subprocess.Popen(
            [sys.executable, str(HOLDER), str(root), names, *more],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "started\n"
        return holder

    yield start
    for holder in started:
        holder.kill()
        holder.wait()
