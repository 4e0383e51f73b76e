"""Hostile files whose harm does not stand where, or is not called what, one expects."""

from __future__ import annotations

import struct
import zlib

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from documents.tests import corpus as c

# Too far behind the head to be found there: what a reader skips must not be carried over.
PAGE = b" " * 1100 + b"<html><script>alert('hello')</script></html>"


def javascript_of_no_kind(pdf: Pdf) -> None:
    c.annotate(pdf, Subtype=Name.Link, A=Dictionary(JS=String("app.alert('hello')")))


def javascript_by_a_string(pdf: Pdf) -> None:
    action = Dictionary(S=String("JavaScript"), JS=String("app.alert('hello')"))
    c.annotate(pdf, Subtype=Name.Link, A=action)


def article_in_another_file(pdf: Pdf) -> None:
    elsewhere = c.action("/Thread", F=String(r"\\evil.example\share"), D=0)
    c.annotate(pdf, Subtype=Name.Link, A=elsewhere)


def related_files(pdf: Pdf) -> None:
    related = Array([String("cmd.exe"), Stream(pdf, b"MZ\x00\x00")])
    pdf.Root.Other = Dictionary(Type=Name.Filespec, RF=Dictionary(F=related))


def xfa_of_a_stream(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Stream(pdf, b"", XFA=Stream(pdf, b"<xdp/>"), Fields=Array([]))


def program_for_printers(pdf: Pdf) -> None:
    program = Stream(pdf, b"(file:///etc/passwd) run", Type=Name.XObject, Subtype=Name.PS)
    pdf.pages[0].obj.Resources.XObject = Dictionary(P=program)


def slide_show(pdf: Pdf) -> None:
    show = Dictionary(Type=Name.SlideShow, StartResource=String("https://evil.example/"))
    pdf.Root.Names = Dictionary(AlternatePresentations=Dictionary(Names=Array(["a", show])))


def png_with(kind: bytes, times: int = 1) -> bytes:
    """A picture with a page where the gamma or a profile stands."""
    plain = c.picture("PNG")
    bodies = [PAGE]
    if kind == b"iCCP":
        bodies = [b"x\0\0" + zlib.compress(b"profile"), b"x\0\0" + PAGE][:times]
    chunks = b"".join(c.png_chunk(kind, body) for body in bodies)
    return plain[:33] + chunks + plain[33:]


def png_with_a_page_in_its_end() -> bytes:
    return c.picture("PNG")[:-12] + c.png_chunk(b"IEND", PAGE)


def jpeg_with(marker: int, before: bytes = b"") -> bytes:
    """A picture with a page in a segment that belongs to pictures."""
    plain, body = c.picture("JPEG"), before + PAGE
    segment = bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
    return plain[:20] + segment + plain[20:]
