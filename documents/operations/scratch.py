"""Where a file lies while it is looked at: a directory of its own that only we can open."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "clinic-checking-"
# Longer than any check lasts: what is older belongs to a worker that was killed.
STALE_SECONDS = 3600.0


@contextmanager
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        yield Path(name)


def remove_stale() -> int:
    """Remove what killed workers left on this machine's disk. Returns how many there were."""
    stale = [
        path
        for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
        if _age(path) > STALE_SECONDS
    ]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:  # gone by now
        return 0.0
