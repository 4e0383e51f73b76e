"""Asking for a verdict: the scanner, then the process that looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents.checking import kinds, limits, scanner
from documents.checking.verdict import Accepted, Picture, Refused, Verdict

CHECKOUT = Path(__file__).resolve().parents[2]
MODULE = "documents.checking.child"
CLEAN = "clean"
LONGEST_ANSWER = 64 * 1024  # bytes; a line a picture
KINDS = {kinds.PDF, kinds.JPEG, kinds.PNG, kinds.WEBP}


def check(
    path: Path,
    *,
    declared_type: str = "",
    out_dir: Path,
    most_bytes: int = 25 * limits.MB,
    scanner_address: str = "",
) -> Verdict:
    """What is to become of the file at `path`; what is made of it is written into `out_dir`.

    `declared_type` is what a browser said: it changes nothing, since it is often wrong and anybody
    can write it. `scanner_address`: of clamd, "host:port" or a socket's path; "": there is none.

    Raises:
        ScannerAway: there is a scanner, it did not answer, and the file would be accepted. Nothing
            is decided.
    """
    size = path.stat().st_size
    if size == 0:
        return Refused("empty")
    if size > most_bytes:
        return Refused("too-large")
    away: scanner.ScannerAway | None = None
    try:
        if scanner_address and scanner.finds(path, address=scanner_address):
            return Refused("virus")
    except scanner.ScannerAway as error:
        away = error
    verdict = _look(path, out_dir)
    if isinstance(verdict, Refused):
        return verdict
    if away is not None:
        raise away
    return replace(verdict, scanned=bool(scanner_address))


def _look(path: Path, out_dir: Path) -> Verdict:
    """Let the other process look. One that dies or hangs before its verdict could not cope."""
    # Into a file: it is bounded as all that the process writes, and a pipe is not.
    with tempfile.TemporaryFile(dir=out_dir) as said:
        child = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", MODULE, str(path), str(out_dir)],
            cwd=CHECKOUT,
            env=_environment(out_dir),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.DEVNULL,  # it may quote the file
        )
        try:
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=limits.WALL_SECONDS)
        finally:
            if child.poll() is None:  # it hangs, or we ourselves are being stopped
                child.kill()
                child.wait()
        said.seek(0)
        lines = said.read(LONGEST_ANSWER).decode(errors="replace")
    return _verdict(lines, out_dir)


def _environment(out_dir: Path) -> dict[str, str]:
    """Nothing of ours: neither settings nor secrets."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "TMPDIR": str(out_dir), "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def _verdict(lines: str, out_dir: Path) -> Verdict:
    """What the process said, taken for what an attacked process might say: nothing but the names
    that we know leads anywhere."""
    said = [_line(line) for line in lines.splitlines()]
    if not said or not said[0]:
        return Refused("too-complex")
    first, *rest = said
    accepted, removed = str(first.get("accepted", "")), first.get("removed", [])
    if accepted not in KINDS or not isinstance(removed, list) or not _is_own(out_dir / CLEAN):
        return Refused(str(first.get("refused") or "too-complex"))
    pictures = []
    for number, line in enumerate(rest[: limits.PICTURES], 1):
        picture = out_dir / f"page-{number}.jpg"
        if line.get("picture") != picture.name or not _is_own(picture):
            break
        pictures.append(Picture(picture, _side(line.get("width")), _side(line.get("height"))))
    return Accepted(
        content_type=accepted,
        path=out_dir / CLEAN,
        removed=tuple(str(code) for code in removed),
        pictures=tuple(pictures),
    )


def _is_own(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _side(said: Any) -> int:
    return min(max(int(said), 1), limits.LONGEST_SIDE) if isinstance(said, int) else 1


def _line(line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):  # cut off when it died, or no line of ours
        return {}
    return read if isinstance(read, dict) else {}
