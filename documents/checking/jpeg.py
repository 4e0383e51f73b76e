"""A JPEG without what was written beside the picture. The picture is copied, byte for byte."""

from __future__ import annotations

import re

from documents.checking import exif, limits
from documents.checking.verdict import Unacceptable

START, END = 0xD8, 0xD9
SCAN = 0xDA
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
LINES = 0xDC
COMMENT = 0xFE
# Markers without a length: they stand in the middle of a picture's data.
BARE = {0x01, *range(0xD0, 0xD8)}
# What ends the data of a scan: a marker that is neither a stuffed byte nor a restart.
NEXT = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
EXIF = b"Exif\x00\x00"


def clean(data: bytes) -> tuple[bytes, set[str]]:
    """The picture alone, which way is up included, and what was left out.

    Raises:
        Unacceptable: "truncated", "damaged" or "too-complex".
    """
    kept, left_out, orientation = _segments(data)
    if orientation != exif.UPRIGHT:
        block = EXIF + exif.only_orientation(orientation)
        # The JFIF segment, where there is one, has to come first.
        at = 2 if len(kept) > 1 and kept[1][1] == APP0 else 1
        kept.insert(at, _segment(APP1, block))
    return b"".join(kept), left_out


def _segments(data: bytes) -> tuple[list[bytes], set[str], int]:
    kept: list[bytes] = [data[:2]]
    left_out: set[str] = set()
    orientation, scans, at = exif.UPRIGHT, 0, 2
    while True:
        at, marker = _marker(data, at)
        if marker == END:
            break
        if marker in BARE:
            continue
        end = at + _length(data, at)
        if marker == SCAN:
            scans += 1
            end = _end_of_scan(data, end, scans)
            kept.append(b"\xff\xda" + data[at:end])
        elif _belongs_to_the_picture(marker, data[at + 2 : end]):
            kept.append(_segment(marker, data[at + 2 : end]))
        else:
            found, turned = _beside(marker, data[at + 2 : end])
            left_out |= found
            orientation = turned if turned != exif.UPRIGHT else orientation
        at = end
    if not scans:
        raise Unacceptable("damaged")
    kept.append(b"\xff\xd9")
    if data[at:].strip(b"\x00\r\n "):
        left_out.add("trailing")
    return kept, left_out, orientation


def _end_of_scan(data: bytes, at: int, scans: int) -> int:
    if scans > limits.SCANS:
        raise Unacceptable("too-complex")
    following = NEXT.search(data, at)
    if following is None:
        raise Unacceptable("truncated")
    return following.start()


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Where the marker's body begins, and which it is."""
    if at < len(data) and data[at] != 0xFF:
        raise Unacceptable("damaged")
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise Unacceptable("truncated")
    return at + 1, data[at]


def _length(data: bytes, at: int) -> int:
    length = int.from_bytes(data[at : at + 2], "big")
    if at + length > len(data):
        raise Unacceptable("truncated")
    if length < 2:
        raise Unacceptable("damaged")
    return length


def _belongs_to_the_picture(marker: int, body: bytes) -> bool:
    """Tables and frames; of the application's own segments those that say how colours are meant."""
    if marker == APP0:
        return body.startswith(b"JFIF\x00") and len(body) == 14  # without a small picture in it
    if marker == APP2:
        return body.startswith(b"ICC_PROFILE\x00")
    if marker == APP14:
        return body.startswith(b"Adobe") and len(body) == 12
    if marker == LINES:  # how many there are, where the frame left it open
        return len(body) == 2
    return not (APP0 <= marker <= 0xEF or marker == COMMENT)


def _beside(marker: int, body: bytes) -> tuple[set[str], int]:
    """What a segment that is left out tells: codes, and which way is up."""
    if marker == APP0:
        return set(), exif.UPRIGHT  # JFIF's own small picture: nobody misses it
    if marker == APP1 and body.startswith(EXIF):
        orientation, place = exif.look(body)
        return {"location", "metadata"} if place else {"metadata"}, orientation
    place = (marker == APP1 and exif.tells_place(body)) or (marker == APP13 and b"City" in body)
    return {"location", "metadata"} if place else {"metadata"}, exif.UPRIGHT


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
