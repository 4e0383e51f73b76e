"""Asking for a verdict: the scanner, then the process that looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents.checking import kinds, limits, scanner
from documents.checking.verdict import Accepted, Picture, Refused, Verdict

CHECKOUT = Path(__file__).resolve().parents[2]
MODULE = "documents.checking.child"
CLEAN = "clean"
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
    child = subprocess.Popen(  # noqa: S603 (our own module)
        [sys.executable, "-m", MODULE, str(path), str(out_dir)],
        cwd=CHECKOUT,
        env=_environment(out_dir),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it may quote the file
        text=True,
    )
    try:
        lines, _ = child.communicate(timeout=limits.WALL_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        lines, _ = child.communicate()
    finally:
        if child.poll() is None:  # we ourselves are being stopped
            child.kill()
            child.wait()
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
    if first.get("accepted") not in KINDS or not _is_own(out_dir / CLEAN):
        return Refused(str(first.get("refused") or "too-complex"))
    pictures = []
    for number, line in enumerate(rest[: limits.PICTURES], 1):
        picture = out_dir / f"page-{number}.jpg"
        if line.get("picture") != picture.name or not _is_own(picture):
            break
        pictures.append(Picture(picture, _side(line.get("width")), _side(line.get("height"))))
    return Accepted(
        content_type=first["accepted"],
        path=out_dir / CLEAN,
        removed=tuple(str(code) for code in first.get("removed", [])),
        pictures=tuple(pictures),
    )


def _is_own(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _side(said: Any) -> int:
    return min(max(int(said), 1), limits.LONGEST_SIDE) if isinstance(said, int) else 1


def _line(line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except ValueError:  # cut off when it died
        return {}
    return read if isinstance(read, dict) else {}
