"""What the streams of a PDF unpack to, counted before anything draws it."""

from __future__ import annotations

import zlib
from typing import Any

import pikepdf
from pikepdf import Array, Name, Object, Pdf, Stream

from documents.checking import jpeg, limits
from documents.checking.verdict import Unacceptable

STEP = 1024 * 1024
PHOTO = ["/DCTDecode"]
# Packed as tight as these can be, a byte becomes about a thousand.
TIGHTEST = 1100


def look(pdf: Pdf) -> set[str]:
    """Count what every stream unpacks to, and take out what cameras wrote into photos.

    Returns:
        The codes of what was taken out.

    Raises:
        Unacceptable: "too-complex" or "pixels".
    """
    removed = set[str]()
    left, left_for_pictures = limits.UNPACKED, limits.UNPACKED_PICTURES
    for each in pdf.objects:
        if not isinstance(each, Stream):
            continue
        filters = _filters(each)
        if len(filters) > limits.FILTERS:
            raise Unacceptable("too-complex")
        if each.get("/Subtype") == Name.Image:
            most = max(limits.UNPACKED_STREAM, _pixels(each) * limits.PIXEL)
            left_for_pictures -= _unpacked(each, filters, most=min(most, left_for_pictures))
            removed |= _without_camera(each) if filters == PHOTO else set()
        elif filters:
            left -= _unpacked(each, filters, most=min(limits.UNPACKED_STREAM, left))
    return removed


def _filters(stream: Object) -> list[str]:
    named: Any = stream.get("/Filter")
    if isinstance(named, Array):
        return [str(name) for name in named]
    return [] if named is None else [str(named)]


def _pixels(image: Object) -> int:
    width, height = image.get("/Width", 0), image.get("/Height", 0)
    if not (isinstance(width, int) and isinstance(height, int)):
        raise Unacceptable("damaged")
    if not 0 <= width * height <= limits.PIXELS:
        raise Unacceptable("pixels")
    return width * height


def _without_camera(image: Object) -> set[str]:
    try:
        cleaned, removed = jpeg.clean(image.read_raw_bytes())
    except Unacceptable:
        return set()  # not for us to judge: it is shown as well as it can be
    # Which way is up is said by the page here; the codes of what was there are what matters.
    removed.discard("trailing")
    if removed:
        parameters: Any = image.get("/DecodeParms")
        image.write(cleaned, filter=Name.DCTDecode, decode_parms=parameters)
    return removed


def _unpacked(stream: Object, filters: list[str], *, most: int) -> int:
    """Bytes that it becomes.

    What is not packed by Flate alone is unpacked by the library, within its own limits.
    """
    raw = stream.read_raw_bytes()
    if filters == ["/FlateDecode"]:
        size = _inflated(raw, most=most)
    elif "/FlateDecode" in filters or "/LZWDecode" in filters or "/RunLengthDecode" in filters:
        size = _decoded(stream)
    else:
        size = len(raw)
    if size > most:
        raise Unacceptable("too-complex")
    return size


def _inflated(raw: bytes, *, most: int) -> int:
    if len(raw) * TIGHTEST < STEP:
        return len(raw) * TIGHTEST  # it cannot be much
    inflate, size = zlib.decompressobj(), 0
    try:
        while raw and size <= most and not inflate.eof:
            size += len(inflate.decompress(raw, STEP))
            raw = inflate.unconsumed_tail
    except zlib.error:
        pass  # what came before the fault is what a reader shows
    return size


def _decoded(stream: Object) -> int:
    errors = pikepdf.settings.qpdf_limit_errors()
    try:
        return len(stream.read_bytes(pikepdf.StreamDecodeLevel.generalized))
    except pikepdf.PdfError:
        if pikepdf.settings.qpdf_limit_errors() > errors:
            raise Unacceptable("too-complex") from None
        return 0  # a filter of pictures, or damaged: it is not unpacked by anybody
