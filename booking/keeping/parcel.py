"""A directory or a zip file that only its owner can read, whole or not there at all."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol


class AlreadyThere(Exception):
    """Nothing is written over; `str()` names what stands there."""


class Parcel(Protocol):
    def file(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A new file to write to; one at a time. `name` may have a folder before it."""


@contextmanager
def parcel(out: Path) -> Iterator[Parcel]:
    """Writes beside `out` first and takes its name at the end; of a failure nothing is left.

    A name that ends with .zip becomes a zip file. Raises AlreadyThere.
    """
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise AlreadyThere(str(out))
    part = out.with_name(f".{out.name}.part")
    if part.is_dir():
        shutil.rmtree(part)  # of a run that was killed
    else:
        part.unlink(missing_ok=True)
    try:
        if out.suffix == ".zip":
            with _zip(part) as packed:
                yield packed
        else:
            part.mkdir(mode=0o700, parents=True)
            yield _Folder(part)
            if out.exists():
                out.rmdir()
        part.rename(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        path = self._root / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _private(path) as file:
            yield file


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        with self._archive.open(name, "w", force_zip64=True) as file:
            yield file


@contextmanager
def _zip(path: Path) -> Iterator[_Zip]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _private(path) as file,
        zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED) as archive,
    ):
        yield _Zip(archive)


def _private(path: Path) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, 0o600), "wb")
