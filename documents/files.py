"""What kinds of file are taken, and what is wrong with one before a byte of it has come. Pure."""

from __future__ import annotations

import re
import unicodedata

# Content type → endings, the first of which names the file that is given out.
TYPES = {
    "application/pdf": ("pdf",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
}
# As a file field wants it. A phone that keeps photos in a format of its own then sends JPEG.
ACCEPT = ",".join([*TYPES, *(f".{ending}" for endings in TYPES.values() for ending in endings)])
LONGEST_NAME = 150


def type_of(name: str, declared: str = "") -> str:
    """The content type that a file of this name has, or the declared one; "" when it is not taken.

    A hint only: what a file really is, its content says.
    """
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    for content_type, endings in TYPES.items():
        if ending in endings:
            return content_type
    declared = declared.partition(";")[0].strip().lower()
    return declared if not ending and declared in TYPES else ""


def ending_of(content_type: str) -> str:
    return TYPES.get(content_type, ("bin",))[0]


def plain_name(name: str) -> str:
    """The name of a file without folders and without what cannot be seen; "" when nothing is left.

    One that is too long keeps its ending.
    """
    name = re.split(r"[/\\]", name)[-1]
    seen = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in name)
    seen = " ".join(seen.split())
    if len(seen) > LONGEST_NAME:
        stem, dot, ending = seen.rpartition(".")
        keep = LONGEST_NAME - len(dot + ending)
        seen = stem[:keep] + dot + ending if dot and keep > 0 else seen[:LONGEST_NAME]
    return seen
