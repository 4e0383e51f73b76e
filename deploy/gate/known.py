"""Which migrations are released, and what was accepted although a rule is against it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
RELEASED = HERE / "released.txt"
ACCEPTED = HERE / "accepted.txt"

Key = tuple[str, str]  # a migration: its app and its name


def released() -> set[Key]:
    """One `app.name` a line: what is in every database, and what the running code knows."""
    lines = RELEASED.read_text(encoding="utf-8").split()
    return {(app, name) for app, _dot, name in (line.partition(".") for line in lines)}


def write_released(keys: set[Key]) -> None:
    RELEASED.write_text("".join(f"{app}.{name}\n" for app, name in sorted(keys)), encoding="utf-8")


def accepted() -> dict[tuple[Key, str], str]:
    """Of a migration and a rule, why it is right all the same: `app.name rule: reason`."""
    found = {}
    for line in ACCEPTED.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _colon, reason = line.partition(":")
        migration, rule = head.split()
        if not reason.strip():
            raise ValueError(f"{ACCEPTED.name}: {head} has no reason")
        app, _dot, name = migration.partition(".")
        found[(app, name), rule] = reason.strip()
    return found
