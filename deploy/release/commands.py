"""Running other programs, whose output the person at the terminal sees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.release.errors import ReleaseError


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    given: str | None = None,
    cwd: Path | None = None,
) -> None:
    """`given`: what it reads from its standard input, such as a password. Raises ReleaseError."""
    _done(command, environment, cwd, input=given)


def read(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """What it writes to its standard output. Raises ReleaseError."""
    return _done(command, environment, cwd, stdout=subprocess.PIPE).stdout


def _done(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None,
    cwd: Path | None,
    **streams: Any,
) -> subprocess.CompletedProcess[str]:
    parts = [str(part) for part in command]
    around = {**os.environ, **(environment or {})}
    done = subprocess.run(parts, env=around, cwd=cwd, text=True, check=False, **streams)
    if done.returncode:
        name = Path(parts[0]).name
        raise ReleaseError(f"`{name} {parts[1]}` failed ({done.returncode}); its words are above.")
    return done
