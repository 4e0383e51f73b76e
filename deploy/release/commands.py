"""Running other programs, whose output the person at the terminal sees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.release.errors import ReleaseError


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    given: str | None = None,
    cwd: Path | None = None,
) -> None:
    """`given`: what it reads from its standard input, such as a password. Raises ReleaseError."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        input=given,
        text=True,
        cwd=cwd,
        check=False,
    )
    if done.returncode:
        name = Path(str(command[0])).name
        raise ReleaseError(
            f"`{name} {command[1]}` failed ({done.returncode}); its words are above."
        )
