"""What a file is, by what it holds; its name and what a browser said of it are not asked."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from documents.checking.verdict import Unacceptable

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
WEBP = "image/webp"

# Readers look for a PDF's first words, and browsers for a page's, in so many bytes.
HEAD = 1024
PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)\b|<\?php", re.I)
# The brands of phones' own format, after "ftyp".
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"heif"}


def content_type(path: Path) -> str:
    """Which of the kinds that are taken the file is.

    Raises:
        Unacceptable: it is none of them ("type", "heic"), or another kind besides ("polyglot").
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = _kind(head)
    if _is_something_else(path, head, kind):
        raise Unacceptable("polyglot")
    if not kind:
        raise Unacceptable("heic" if head[4:8] == b"ftyp" and head[8:12] in HEIC else "type")
    return kind


def _kind(head: bytes) -> str:
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    return ""


def _is_something_else(path: Path, head: bytes, kind: str) -> bool:
    """Whether another program would take the same bytes for something else."""
    if kind != PDF and b"%PDF-" in head:
        return True
    if not kind:
        return False
    return bool(PAGE.search(head)) or head[257:262] == b"ustar" or zipfile.is_zipfile(path)
