"""A PDF, written anew without what could act: only what belongs to its pages is carried over."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

import pikepdf

from documents.checking import limits, pdf_acting, pdf_streams
from documents.checking.verdict import Unacceptable

# What a reader may take for a PDF that was cut off, if it stands after the last end mark.
OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b")
LENGTH = re.compile(rb"/Linearized\b[^>]{0,200}?/L\s+(\d+)")
# A page of the web, or a program, before the first object or after the last: for other readers.
FOREIGN = re.compile(rb"<(?:!doctype|html|head|body|script|iframe|svg)\b|<\?php|#!/", re.I)


def clean(path: Path, *, into: Path) -> set[str]:
    """Write the clean file to `into`. Returns what was taken out.

    Raises:
        Unacceptable: "truncated", "damaged", "encrypted", "xfa", "portfolio", "pages",
            "too-complex" or "polyglot".
    """
    removed = _ends(path)
    _bound()
    try:
        with pikepdf.open(path, inherit_page_attributes=True) as pdf:
            removed |= _rewrite(pdf, into)
    except pikepdf.PasswordError:
        raise Unacceptable("encrypted") from None
    except (MemoryError, pikepdf.DataDecodingError):
        raise Unacceptable("too-complex") from None
    except (pikepdf.PdfError, pikepdf.PikepdfError, ValueError, TypeError, RuntimeError) as error:
        beyond = pikepdf.settings.qpdf_limit_errors() > 0 or "memory" in str(error)
        raise Unacceptable("too-complex" if beyond else "damaged") from None
    return removed


def _rewrite(pdf: pikepdf.Pdf, into: Path) -> set[str]:
    size = pdf.trailer.get("/Size", 0)
    # What the file says is asked first: to count them, each has to be read.
    if not isinstance(size, int) or size > limits.OBJECTS or len(pdf.objects) > limits.OBJECTS:
        raise Unacceptable("too-complex")
    if len(pdf.pages) == 0:
        raise Unacceptable("damaged")
    if len(pdf.pages) > limits.PAGES:
        raise Unacceptable("pages")
    removed = {"restrictions"} if pdf.is_encrypted else set()
    removed |= pdf_acting.strip(pdf)
    removed |= pdf_streams.look(pdf)
    pdf.save(
        into,
        encryption=False,
        compress_streams=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        # A stream is copied as it is: nothing is unpacked that need not be.
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        fix_metadata_version=False,
        preserve_pdfa=False,
    )
    return removed


def _ends(path: Path) -> set[str]:
    """Whether the file ends where its end mark says; what lies behind is not carried over."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = data.rfind(b"%%EOF")
        if end < 0 or data.rfind(b"startxref", 0, end) < 0:
            raise Unacceptable("truncated")
        linearized = LENGTH.search(data[:HEADER])
        if linearized and int(linearized[1][:12]) > len(data):
            raise Unacceptable("truncated")
        behind = data[end + len(b"%%EOF") :]
    if FOREIGN.search(behind):
        raise Unacceptable("polyglot")
    if OBJECT.search(behind):
        raise Unacceptable("truncated")
    return {"trailing"} if behind.strip(b"\x00\r\n\t ") else set()


HEADER = 1024


def _bound() -> None:
    """Limits of the library itself, for what it unpacks to open a file at all."""
    pikepdf.settings.set_qpdf_limits(
        parser_max_nesting=limits.NESTING,
        parser_max_container_size=500_000,
        max_stream_filters=limits.FILTERS,
        flate_max_memory=limits.UNPACKED_STREAM,
        png_max_memory=limits.UNPACKED_STREAM,
        run_length_max_memory=limits.UNPACKED_STREAM,
        tiff_max_memory=limits.UNPACKED_STREAM,
        dct_max_memory=limits.UNPACKED_STREAM,
        dct_max_progressive_scans=limits.SCANS,
    )
