"""Which release came before this one, and its code in a directory of its own."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from deploy.local.service import CHECKOUT

MIGRATIONS = "*/migrations/0*.py"


def before_this() -> str:
    """The commit to compare with: OLD of the environment; else the last tag before this commit;
    else the newest commit before the newest migration. Raises SystemExit where history has none.
    """
    given = os.environ.get("OLD")
    tag = _git("describe", "--tags", "--abbrev=0", "HEAD^")
    newest = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", MIGRATIONS)
    found = _git("rev-parse", "--verify", f"{given or tag or newest + '^'}^{{commit}}")
    if not found:
        raise SystemExit("No older release is found: a whole clone is needed, or OLD=commit.")
    return found


def unpack(commit: str, into: Path) -> Path:
    """Its files, without what is not of git."""
    packed = subprocess.run(
        ["git", "archive", commit], cwd=CHECKOUT, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return into


def title(commit: str) -> str:
    """Its short name and day."""
    return _git("log", "-1", "--format=%h of %cs", commit)


def migrations_between(old: Path, new: Path = CHECKOUT) -> list[str]:
    """Names ("booking/0015_…") of the migrations that only the new code has."""
    return sorted(_migrations(new) - _migrations(old))


def _migrations(code: Path) -> set[str]:
    return {f"{path.parts[-3]}/{path.stem}" for path in code.glob(MIGRATIONS)}


def _git(*arguments: str) -> str:
    """What it said; empty when it refused."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
