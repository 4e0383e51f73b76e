"""Every file of the corpus beside the verdict that is right for it."""

from __future__ import annotations

from documents.tests import corpus as c
from documents.tests import disguises as d
from documents.tests.corpus import Case


def good(name, make, accepted, *removed):
    return Case(name, make, accepted=accepted, removed=frozenset(removed))


def bad(name, make, refused):
    return Case(name, make, refused=refused)


def _appended(make, what):
    return lambda: make() + what


def _plain() -> bytes:
    return c.saved(c.new_pdf())


def _jpeg() -> bytes:
    return c.picture("JPEG")


def _placed(kind: str):
    return lambda: c.picture(kind, exif=c.camera())


PDFS = [
    good("a letter", _plain, c.PDF),
    good("forty pages", lambda: c.saved(c.new_pdf(40)), c.PDF),
    good("made for the web", lambda: c.saved(c.new_pdf(40), linearize=True), c.PDF),
    good("a copier's scan", c.scanned_pdf, c.PDF, "location", "metadata"),
    good(
        "a page of 35 megapixels",
        lambda: c.scanned_pdf(1, (4960, 7016)),
        c.PDF,
        *("location", "metadata"),
    ),
    good("a link to the web", c.pdf_of(c._link_to_the_web), c.PDF),
    good("opens at a page", c.pdf_of(c._opens_a_page), c.PDF),
    good("fonts called as actions", c.pdf_of(c._resources_called_as_actions), c.PDF),
    good("25 MB", lambda: c.padded_pdf(25 * c.MB), c.PDF),
    good("a password for changes only", c.encrypted(owner="x", user=""), c.PDF, "restrictions"),
    good("JavaScript on opening", c.pdf_of(c._open_javascript), c.PDF, "javascript"),
    good("JavaScript by name", c.pdf_of(c._named_javascript), c.PDF, "javascript"),
    good(
        "JavaScript of a page",
        c.pdf_of(c._javascript_when_a_page_opens),
        c.PDF,
        "javascript",
    ),
    good("JavaScript of a field", c.pdf_of(c._javascript_of_a_field), c.PDF, "javascript"),
    good(
        "JavaScript in a chain",
        c.pdf_of(c._javascript_after_a_harmless_action),
        c.PDF,
        "javascript",
    ),
    good("JavaScript in the outline", c.pdf_of(c._javascript_in_the_outline), c.PDF, "javascript"),
    good("JavaScript, hidden", c.hidden_name, c.PDF, "javascript"),
    good("JavaScript of no kind", c.pdf_of(d.javascript_of_no_kind), c.PDF, "javascript"),
    good("JavaScript by a string", c.pdf_of(d.javascript_by_a_string), c.PDF, "javascript"),
    good("an article elsewhere", c.pdf_of(d.article_in_another_file), c.PDF, "actions"),
    good("files that belong to a file", c.pdf_of(d.related_files), c.PDF, "attachments"),
    good("XFA where no form is", c.pdf_of(d.xfa_of_a_stream), c.PDF, "xfa"),
    good("a program for printers", c.pdf_of(d.program_for_printers), c.PDF, "actions"),
    good("a slide show", c.pdf_of(d.slide_show), c.PDF, "actions"),
    good("launches a program", c.pdf_of(c._launch), c.PDF, "actions"),
    good("submits a form", c.pdf_of(c._submits), c.PDF, "actions"),
    good("a link to a file", c.pdf_of(c._link_to_a_file), c.PDF, "links"),
    good("an attachment", c.pdf_of(c._attachment), c.PDF, "attachments"),
    good("attached to a page", c.pdf_of(c._attached_to_a_page), c.PDF, "attachments"),
    good("a static XFA form", c.pdf_of(c._static_xfa), c.PDF, "xfa"),
    good("a film", c.pdf_of(c._rich_media), c.PDF, "media"),
    good("something behind its end", _appended(_plain, b"\x01rubbish" * 9), c.PDF, "trailing"),
    bad("a page that is never drawn", c.endless_drawing, "too-complex"),
    bad("a dynamic XFA form", c.pdf_of(c._dynamic_xfa), "xfa"),
    bad("a portfolio", c.pdf_of(c._portfolio), "portfolio"),
    bad("encrypted", c.encrypted(owner="x", user="y"), "encrypted"),
    bad("cut off", c.cut_off, "truncated"),
    bad("made for the web, cut off", c.cut_off_for_the_web, "truncated"),
    bad("cut off in an update", c.cut_off_in_an_update, "truncated"),
    bad("a deflate bomb", c.deflate_bomb, "too-complex"),
    bad("a deflate bomb as a picture", c.deflate_bomb_as_a_picture, "too-complex"),
    bad("a deflate bomb in a bomb", c.deflate_bomb_in_a_bomb, "too-complex"),
    bad("a bomb of objects", c.object_stream_bomb, "damaged"),
    bad("a picture of 10 gigapixels", c.picture_of_too_many_points, "pixels"),
    bad("arrays in arrays", c.deep_arrays, "damaged"),
    bad("a deep page tree", c.deep_page_tree, "damaged"),
    bad("a doubling page tree", c.doubling_page_tree, "damaged"),
    bad("300,000 objects", c.many_objects, "too-complex"),
    bad("20,000 pages", c.many_pages, "pages"),
]

PICTURES = [
    good("a phone's photo", c.photo, c.JPEG, "location", "metadata"),
    good("a photo of 48 megapixels", lambda: c.photo((8000, 6000)), c.JPEG, "location", "metadata"),
    good("a plain JPEG", lambda: c.picture("JPEG"), c.JPEG),
    good("a progressive JPEG", lambda: c.picture("JPEG", progressive=True), c.JPEG),
    good("a grey JPEG", lambda: c.picture("JPEG", c.drawing(mode="L")), c.JPEG),
    good("a JPEG for print", lambda: c.picture("JPEG", c.drawing(mode="CMYK")), c.JPEG),
    good(
        "a film behind a photo",
        _appended(lambda: c.picture("JPEG"), b"ftyp" * 99),
        c.JPEG,
        "trailing",
    ),
    good("a PNG", lambda: c.picture("PNG"), c.PNG),
    good(
        "a PNG with a place",
        lambda: c.picture("PNG", exif=c.camera()),
        c.PNG,
        "location",
        "metadata",
    ),
    good("a see-through PNG", lambda: c.picture("PNG", c.drawing(mode="RGBA")), c.PNG),
    good("a PNG of 16 bits", lambda: c.picture("PNG", c.drawing(mode="I;16")), c.PNG),
    good("a WebP", lambda: c.picture("WEBP"), c.WEBP),
    good(
        "a WebP with a place",
        lambda: c.picture("WEBP", exif=c.camera()),
        c.WEBP,
        "location",
        "metadata",
    ),
    good("a PNG with a note of a gigabyte", c.text_bomb, c.PNG, "metadata"),
    good("a page in a PNG's colours", lambda: d.png_with(b"gAMA"), c.PNG, "metadata"),
    good("a page in a second profile", lambda: d.png_with(b"iCCP", 2), c.PNG, "metadata"),
    good("a page in a PNG's end", d.png_with_a_page_in_its_end, c.PNG, "metadata"),
    good("a page in a JPEG's colours", lambda: d.jpeg_with(0xEE, b"Adobe"), c.JPEG, "metadata"),
    good("a page in a JPEG's lines", lambda: d.jpeg_with(0xDC), c.JPEG, "metadata"),
    bad("a JPEG, cut off", lambda: c.photo()[:9000], "truncated"),
    bad("a PNG, cut off", lambda: c.picture("PNG")[:900], "truncated"),
    bad("a WebP, cut off", lambda: c.picture("WEBP")[:900], "truncated"),
    bad("a PNG that moves", lambda: c.moving("PNG"), "frames"),
    bad("a WebP that moves", lambda: c.moving("WEBP"), "frames"),
    bad("a PNG of 50,000 × 50,000", c.png_bomb, "pixels"),
    bad("a JPEG of 65,500 × 65,500", c.large_jpeg_header, "pixels"),
    bad("a JPEG of 1,000 scans", c.jpeg_of_many_scans, "too-complex"),
    good("a PNG that lies about its size", c.png_of_a_lie, c.PNG),
]

OTHERS = [
    bad("nothing", bytes, "empty"),
    bad("25 MB and a byte", lambda: c.padded_pdf(25 * c.MB + 1), "too-large"),
    bad("an SVG", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "type"),
    bad("a page of the web", lambda: b"<!doctype html><script>alert(1)</script>", "type"),
    bad("a GIF", lambda: c.picture("GIF", c.drawing(mode="P")), "type"),
    bad("a program", lambda: b"MZ" + bytes(500), "type"),
    bad("a phone's HEIC", lambda: b"\0\0\0\x18ftypheic" + bytes(99), "heic"),
    bad("a zip", lambda: c.zipped("a.txt", b"hello"), "type"),
    bad("a zip bomb", c.zip_bomb, "type"),
    bad("a PDF that is a page", c.pdf_and_page, "polyglot"),
    bad(
        "a PDF with a page behind it", _appended(_plain, b"<html><script>x()</script>"), "polyglot"
    ),
    bad("a PDF that is a zip", _appended(_plain, c.zipped("a.txt", b"hello")), "polyglot"),
    bad("a GIF that is a PDF", c.gif_and_pdf, "polyglot"),
    bad("a JPEG that is a PDF", c.jpeg_and_pdf, "polyglot"),
    bad("a JPEG that is a zip", _appended(c.photo, c.zipped("a.jar", b"x")), "polyglot"),
    bad("a PDF after other words", lambda: b"\n\n" + _plain(), "polyglot"),
]

CASES = [*PDFS, *PICTURES, *OTHERS]
