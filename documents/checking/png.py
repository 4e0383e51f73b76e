"""A PNG without what was written beside the picture. The picture is copied, byte for byte."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from documents.checking import exif
from documents.checking.verdict import Unacceptable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_PROFILE = 4 * 1024 * 1024
# The picture, and how its colours and its size are meant: at most so many bytes, and once. What is
# longer, or comes again, is no such thing; of all else only the application that wrote it knows
# what it is, or it is text: about the picture, or not.
ONCE = {
    b"IHDR": 13,
    b"PLTE": 3 * 256,
    b"tRNS": 256,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"sBIT": 4,
    b"pHYs": 9,
    b"bKGD": 6,
    b"cICP": 4,
    b"iCCP": LARGEST_PROFILE,
}
MOVING = {b"acTL", b"fcTL", b"fdAT"}


def clean(data: bytes) -> tuple[bytes, set[str]]:
    """The picture alone, which way is up included, and what was left out.

    Raises:
        Unacceptable: "truncated", "damaged" or "frames".
    """
    kept, left_out, orientation = [SIGNATURE], set[str](), exif.UPRIGHT
    at, left = len(SIGNATURE), dict(ONCE)
    for kind, body, end in _chunks(data):
        at = end
        if kind == b"IEND" and not body:
            break
        if kind in MOVING:
            raise Unacceptable("frames")
        if kind == b"IDAT" or len(body) <= left.pop(kind, -1):
            if kind == b"IDAT" and orientation != exif.UPRIGHT:
                kept.append(_chunk(b"eXIf", exif.only_orientation(orientation)))
                orientation = exif.UPRIGHT
            kept.append(_chunk(kind, body))
            continue
        left_out.add("metadata")
        if kind == b"eXIf":
            turned, place = exif.look(body)
            orientation = turned
            left_out |= {"location"} if place else set()
        elif kind == b"iTXt" and exif.tells_place(body):
            left_out.add("location")
    if data[at:].strip(b"\x00\r\n "):
        left_out.add("trailing")
    if orientation != exif.UPRIGHT:  # it was told after the picture
        kept.append(_chunk(b"eXIf", exif.only_orientation(orientation)))
    return b"".join([*kept, _chunk(b"IEND", b"")]), left_out


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Each chunk's kind, its body, and where it ends; the last is IEND."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data) or len(kind) < 4:
            raise Unacceptable("truncated")
        body = data[at + 8 : end - 4]
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(data[end - 4 : end], "big"):
            raise Unacceptable("damaged")
        yield kind, body, end
        at = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(kind))
    return len(body).to_bytes(4, "big") + kind + body + crc.to_bytes(4, "big")
