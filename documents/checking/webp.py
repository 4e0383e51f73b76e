"""A WebP without what was written beside the picture. The picture is copied, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from documents.checking import exif
from documents.checking.verdict import Unacceptable

KEPT = {b"VP8 ", b"VP8L", b"ALPH", b"ICCP"}
MOVING = {b"ANIM", b"ANMF"}
# Flags in the first byte of VP8X.
HAS_EXIF, HAS_XMP, MOVES = 0x08, 0x04, 0x02


def clean(data: bytes) -> tuple[bytes, set[str]]:
    """The picture alone, which way is up included, and what was left out.

    Raises:
        Unacceptable: "truncated", "damaged" or "frames".
    """
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise Unacceptable("truncated")
    kept, left_out, orientation = list[tuple[bytes, bytes]](), set[str](), exif.UPRIGHT
    for kind, body in _chunks(data[:whole]):
        if kind in MOVING or (kind == b"VP8X" and body[:1] and body[0] & MOVES):
            raise Unacceptable("frames")
        if kind in KEPT or kind == b"VP8X":
            kept.append((kind, body))
            continue
        left_out.add("metadata")
        if kind == b"EXIF":
            orientation, place = exif.look(body)
            left_out |= {"location"} if place else set()
        elif kind == b"XMP " and exif.tells_place(body):
            left_out.add("location")
    if data[whole:].strip(b"\x00\r\n "):
        left_out.add("trailing")
    return _put_together(kept, orientation), left_out


def _put_together(chunks: list[tuple[bytes, bytes]], orientation: int) -> bytes:
    turned = orientation != exif.UPRIGHT and chunks[:1] and chunks[0][0] == b"VP8X"
    parts = []
    for kind, body in chunks:
        if kind == b"VP8X":
            flags = body[0] & ~(HAS_EXIF | HAS_XMP) | (HAS_EXIF if turned else 0)
            body = bytes((flags,)) + body[1:]
        parts.append(_chunk(kind, body))
    if turned:
        parts.append(_chunk(b"EXIF", exif.only_orientation(orientation)))
    together = b"".join(parts)
    return b"RIFF" + (len(together) + 4).to_bytes(4, "little") + b"WEBP" + together


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        kind, end = data[at : at + 4], at + 8 + length
        if end > len(data) or len(kind) < 4:
            raise Unacceptable("truncated")
        if kind == b"VP8X" and length != 10:
            raise Unacceptable("damaged")
        yield kind, data[at + 8 : end]
        at = end + (length & 1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\x00" * (len(body) & 1)
