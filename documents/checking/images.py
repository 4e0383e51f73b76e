"""Photos and scans: cleaned without touching the picture, then read to the end by Pillow."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

from documents.checking import jpeg, kinds, limits, png, webp
from documents.checking.verdict import Picture, Unacceptable

FORMATS = {kinds.JPEG: "JPEG", kinds.PNG: "PNG", kinds.WEBP: "WEBP"}
CLEANERS = {kinds.JPEG: jpeg.clean, kinds.PNG: png.clean, kinds.WEBP: webp.clean}
SIDE = (limits.LONGEST_SIDE, limits.LONGEST_SIDE)
WHITE = (255, 255, 255)
QUALITY = 82


def clean(path: Path, content_type: str, *, into: Path, picture: Path) -> tuple[set[str], Picture]:
    """Write the clean file to `into` and how it looks to `picture`. Returns what was taken out.

    Raises:
        Unacceptable: "pixels", "truncated", "damaged", "frames" or "too-complex".
    """
    # Before Pillow sees it: what is left out can do it no harm.
    cleaned, removed = CLEANERS[content_type](path.read_bytes())
    into.write_bytes(cleaned)
    del cleaned
    return removed, _draw(into, content_type, picture)


def _draw(path: Path, content_type: str, to: Path) -> Picture:
    with _words_of_pillow(), Image.open(path, formats=[FORMATS[content_type]]) as image:
        _not_too_large(image.size)
        # A JPEG is decoded at about the size that is wanted, to its last byte all the same.
        image.draft(None, SIDE)
        image.load()
        return save(_as_seen(image), to)


def _as_seen(image: Image.Image) -> Image.Image:
    """Small, upright, and on white where it is transparent."""
    if image.mode == "P" or image.mode.startswith("I") or image.mode == "F":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail(SIDE)
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, WHITE)
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image


def save(image: Image.Image, to: Path) -> Picture:
    """As a JPEG without anything beside it."""
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    image.save(to, "JPEG", quality=QUALITY, exif=b"", icc_profile=None)
    return Picture(to, image.width, image.height)


def _not_too_large(size: tuple[int, int]) -> None:
    if size[0] * size[1] > limits.PIXELS:
        raise Unacceptable("pixels")


@contextmanager
def _words_of_pillow() -> Iterator[None]:
    """Pillow's ways to say that it cannot read a picture, as ours."""
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (MemoryError, Image.DecompressionBombError):
        raise Unacceptable("pixels") from None
    except Unacceptable:
        raise
    except Exception as error:  # Pillow raises whatever its decoders ran into
        raise Unacceptable("truncated" if "truncated" in str(error) else "damaged") from None
