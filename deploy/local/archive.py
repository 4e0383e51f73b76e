"""The file that `manage.py backup` writes: a .tar.gz with a manifest that proves it complete.

The manifest comes last and holds the SHA-256 of everything before it, so a file that was cut short
has none, and one that was damaged does not match.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from deploy.local.errors import LocalError

FORMAT = 1
MANIFEST = "manifest.json"


class HashingReader:
    """Passes on what is read, remembering its SHA-256 and length."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._source.read(size)
        self._digest.update(chunk)
        self.size += len(chunk)
        return chunk

    def drain(self) -> "HashingReader":
        while self.read(1 << 20):
            pass
        return self

    @property
    def facts(self) -> dict[str, Any]:
        return {"sha256": self._digest.hexdigest(), "size": self.size}


class Writer:
    """Adds members to a backup; `finish` writes the manifest that makes it one."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, source: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        reader = HashingReader(source)
        self._tar.addfile(info, reader)
        self._members[name] = reader.facts

    def finish(self, manifest: dict[str, Any]) -> None:
        content = json.dumps({"format": FORMAT, **manifest, "members": self._members}, indent=1)
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(content.encode()), 0o600
        self._tar.addfile(info, io.BytesIO(content.encode()))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new backup, readable by its owner only, that has its name only when it is complete."""
    partial = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def verify(path: Path) -> dict[str, Any]:
    """Read the whole file, compare every member with the manifest; returns the manifest."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    with reading(path) as members:
        for name, source in members:
            if name == MANIFEST:
                manifest = json.loads(source.read())
            else:
                found[name] = HashingReader(source).drain().facts
    if manifest is None:
        raise LocalError(f"{path} is no backup, or was cut short: it has no manifest.")
    if manifest.get("format") != FORMAT:
        raise LocalError(f"{path} was made by another version (format {manifest.get('format')}).")
    if manifest["members"] != found:
        wrong = sorted(
            name
            for name in {*manifest["members"], *found}
            if manifest["members"].get(name) != found.get(name)
        )
        raise LocalError(f"{path} is damaged: {', '.join(wrong[:3])} does not match the manifest.")
    return manifest


@contextmanager
def reading(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Name and content of each member, in order. Raises LocalError for what cannot be read."""
    try:
        with gzip.open(path) as file, tarfile.open(fileobj=file, mode="r|") as tar:
            yield ((info.name, content) for info in tar if (content := tar.extractfile(info)))
            while file.read(1 << 20):  # the checksum of the whole comes last
                pass
    except FileNotFoundError:
        raise LocalError(f"There is no file {path}.") from None
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise LocalError(f"{path} cannot be read as a backup: {error}.") from None
