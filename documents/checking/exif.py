"""What a camera writes beside a picture: where it was taken, by what, when, and which way is up."""

from __future__ import annotations

import struct

from PIL import Image

ORIENTATION = 0x0112
GPS = 0x8825
UPRIGHT = 1


def look(exif: bytes) -> tuple[int, bool]:
    """The orientation (1: upright, to 8) and whether a place is in there.

    `exif` begins with the TIFF header, or with "Exif" before it. What cannot be read says nothing.
    """
    known = Image.Exif()
    try:
        known.load(exif)
        orientation = known.get(ORIENTATION, UPRIGHT)
    except Exception:  # whatever Pillow raises of a block that it cannot read
        return UPRIGHT, False
    whole = isinstance(orientation, int) and 1 <= orientation <= 8
    return (orientation if whole else UPRIGHT), GPS in known


def only_orientation(orientation: int) -> bytes:
    """A block that says which way is up, and nothing else (without the leading "Exif")."""
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, orientation, 0)
    return b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">H", 1) + entry + b"\x00\x00\x00\x00"


def tells_place(xmp: bytes) -> bool:
    """The other way to write a place beside a picture."""
    return b"GPSL" in xmp or b"Iptc4xmpExt:Location" in xmp or b"photoshop:City" in xmp
