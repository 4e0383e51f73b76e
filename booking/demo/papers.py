"""The papers of invented people: made here, so that no file of anybody's lies in the source."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pikepdf
from PIL import Image, ImageDraw, ImageFont

A4 = (595, 842)
LEFT, TOP, LEADING = 72, 770, 18
# A photo says where it was taken; the one that is kept does not.
CHICAGO = {1: "N", 2: (41.0, 53.0, 45.0), 3: "W", 4: (87.0, 40.0, 12.0)}
GPS, CAMERA = 0x8825, 0x0110


def letter(*pages: Iterable[str], password: str = "") -> bytes:
    """A PDF with a page for each of `pages`, the first line of each as its heading."""
    pdf = pikepdf.new()
    for lines in pages:
        page = pdf.add_blank_page(page_size=A4)
        fonts = {"/Plain": _font(pdf, "/Helvetica"), "/Bold": _font(pdf, "/Helvetica-Bold")}
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(fonts))
        page.Contents = pdf.make_stream(_text(list(lines)))
    locked = pikepdf.Encryption(owner=password, user=password) if password else False
    file = io.BytesIO()
    pdf.save(file, encryption=locked)
    return file.getvalue()


def _font(pdf: pikepdf.Pdf, name: str) -> pikepdf.Object:
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": name}
    return pdf.make_indirect(
        pikepdf.Dictionary({key: pikepdf.Name(value) for key, value in font.items()})
    )


def _text(lines: list[str]) -> bytes:
    shown = [f"BT /Bold 16 Tf {LEFT} {TOP} Td ({_escaped(lines[0])}) Tj /Plain 11 Tf 0 -14 Td"]
    shown += [f"0 -{LEADING} Td ({_escaped(line)}) Tj" for line in lines[1:]]
    return "\n".join([*shown, "ET"]).encode("latin-1", "replace")


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def photo(lines: Iterable[str]) -> bytes:
    """A JPEG as a phone takes it of a paper on a table, with the place in it."""
    table = Image.new("RGB", (1200, 1600), "#8a6a4c")
    paper = Image.new("RGB", (960, 1320), "#fbfaf5")
    draw = ImageDraw.Draw(paper)
    for number, line in enumerate(lines):
        size = 44 if number == 0 else 30
        font = ImageFont.load_default(size)
        draw.text((70, 80 + number * 62), line, fill="#22262b", font=font)
    tilted = paper.rotate(1.6, expand=True, fillcolor="#8a6a4c", resample=Image.Resampling.BILINEAR)
    table.paste(tilted, (100, 120))
    exif = Image.Exif()
    exif[CAMERA] = "Phone"
    exif.get_ifd(GPS).update(CHICAGO)
    file = io.BytesIO()
    table.save(file, "JPEG", quality=80, exif=exif)
    return file.getvalue()
