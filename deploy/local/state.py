"""What an installation remembers between starts: its secrets, its ports and its environment."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from deploy.local import ports
from deploy.local.errors import LocalError


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file in one step, readable by its owner only: it may hold secrets."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file that we wrote ourselves; empty if there is none yet."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError):
        found = None
    if not isinstance(found, dict):
        raise LocalError(
            f"{path} is damaged and cannot be read; move {path.parent} away, or delete it with"
            " `make reset`, to start afresh."
        )
    return found


class State:
    """`state.json` in the installation's directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # A database started by root runs as another user, who must be able to pass through here.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            root.mkdir(parents=True, exist_ok=True)
            root.chmod(mode)
        except OSError as error:
            raise LocalError(
                f"{root} cannot be used for the local state: {error.strerror}."
            ) from None
        self._path = root / "state.json"
        self._data = read_json(self._path)

    def secret(self, name: str) -> str:
        """A random value, made once and kept."""
        kept = self._section("secrets")
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            self._save()
        return str(kept[name])

    def port(self, name: str) -> int:
        """The port of last time if it is free now, else another free one.

        Always called before its service starts, so "in use" means by somebody else.
        """
        kept = self._section("ports")
        remembered = kept.get(name)
        if not (isinstance(remembered, int) and ports.is_free(remembered)):
            kept[name] = ports.choose(avoid={p for p in kept.values() if isinstance(p, int)})
            self._save()
        return int(kept[name])

    def _section(self, name: str) -> dict[str, Any]:
        section = self._data.setdefault(name, {})
        if not isinstance(section, dict):
            raise LocalError(f"{self._path} is damaged: {name!r} is not a table; see `make reset`.")
        return section

    def _save(self) -> None:
        write_private(self._path, json.dumps(self._data, indent=1) + "\n")


def write_environment(path: Path, environment: dict[str, str]) -> None:
    """KEY=value lines, for settings to read when a bare `manage.py` command is run."""
    lines = (f"{key}={value}\n" for key, value in sorted(environment.items()))
    write_private(path, "".join(lines))


def read_environment(path: Path) -> dict[str, str]:
    """The lines that `write_environment` wrote; empty if there are none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
