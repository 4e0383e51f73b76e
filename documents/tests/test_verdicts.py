"""Every file of the corpus gets the verdict that is right for it; what is served cannot act."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from documents.checking import Accepted, Refused, asking, check, limits
from documents.checking.refusals import REFUSALS, REMOVED, sentence
from documents.tests import corpus
from documents.tests.cases import CASES

# What must not stand in any file that is served, by any name.
ACTING = (b"JavaScript", b"/JS", b"Launch", b"SubmitForm", b"EmbeddedFile", b"/XFA", b"RichMedia")
ACTING += (b"app.alert", b"file:///", b"evil.example", b"/AA", b"MZ\x00")
PAGE = b"<script>"

# Random bytes and fonts' names may read like one of these.
NOISE = {"25 MB", "fonts called as actions"}


@pytest.fixture
def verdict_on(tmp_path):
    def ask(content: bytes, **options):
        path, out = tmp_path / "upload", tmp_path / "out"
        path.write_bytes(content)
        out.mkdir(exist_ok=True)
        return check(path, out_dir=out, **options)

    return ask


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_file_gets_the_right_verdict(case, verdict_on):
    verdict = verdict_on(case.make())
    if case.refused:
        assert verdict == Refused(case.refused)
        assert case.refused in REFUSALS
        return
    assert isinstance(verdict, Accepted), verdict
    assert (verdict.content_type, set(verdict.removed)) == (case.accepted, case.removed)
    assert set(verdict.removed) <= set(REMOVED)
    assert not verdict.scanned
    _shows_pages(verdict)
    assert case.name in NOISE or PAGE not in verdict.path.read_bytes()
    if verdict.content_type == corpus.PDF and case.name not in NOISE:
        assert not [word for word in ACTING if word in _everything_in(verdict.path)]


def _shows_pages(verdict: Accepted) -> None:
    assert verdict.pictures
    for each in verdict.pictures:
        with Image.open(each.path) as image:
            image.load()
            assert image.format == "JPEG" and image.size == (each.width, each.height)
            assert max(image.size) <= limits.LONGEST_SIDE
            assert not image.getexif()


def _everything_in(path: Path) -> bytes:
    """The file with nothing packed."""
    with pikepdf.open(path) as pdf:
        buffer = io.BytesIO()
        pdf.save(buffer, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return buffer.getvalue()


def test_a_clean_file_is_found_clean(verdict_on, tmp_path):
    first = verdict_on(corpus.pdf_of(corpus._open_javascript)())
    again = tmp_path / "again"
    again.mkdir()
    assert check(first.path, out_dir=again).removed == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_points_and_its_way_up_but_not_its_place(kind, verdict_on):
    image = corpus.drawing((40, 20))
    before = corpus.picture(kind, image, exif=corpus.camera(orientation=6))
    verdict = verdict_on(before)
    with Image.open(io.BytesIO(before)) as old, Image.open(verdict.path) as new:
        assert old.tobytes() == new.tobytes()
        assert old.getexif().get_ifd(0x8825) and not new.getexif().get_ifd(0x8825)
        assert dict(new.getexif()) == {0x0112: 6}
    assert (verdict.pictures[0].width, verdict.pictures[0].height) == (20, 40)


def test_a_photo_in_a_pdf_loses_its_place_too(verdict_on):
    verdict = verdict_on(corpus.scanned_pdf(1))
    with pikepdf.open(verdict.path) as pdf:
        photo = pdf.pages[0].Resources.XObject.I.read_raw_bytes()
    with Image.open(io.BytesIO(photo)) as image:
        assert dict(image.getexif()) == {0x0112: 6}


def test_a_link_to_the_web_stays(verdict_on):
    verdict = verdict_on(corpus.pdf_of(corpus._link_to_the_web)())
    with pikepdf.open(verdict.path) as pdf:
        assert str(pdf.pages[0].Annots[0].A.URI) == "https://clinic.example/"


@pytest.mark.parametrize("name", ["letter.pdf", "photo.jpg", "page.html", "x"])
@pytest.mark.parametrize("declared", ["application/pdf", "text/html", ""])
def test_neither_name_nor_declared_type_is_believed(name, declared, tmp_path):
    path, out = tmp_path / name, tmp_path / "out"
    out.mkdir()
    path.write_bytes(corpus.picture("JPEG"))
    verdict = check(path, declared_type=declared, out_dir=out)
    assert verdict.content_type == corpus.JPEG


def test_every_refusal_says_what_to_do(settings):
    assert all(sentence(code).endswith(".") for code in REFUSALS)
    assert all("lease" in sentence(code) for code in REFUSALS), "each asks kindly"
    assert sentence("of another version") == sentence("too-complex")


# -- The process that looks ------------------------------------------------------------------

STAND_IN = "import sys; sys.stdout.write({said!r}); sys.stdout.flush(); {then}"


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        ("", "import os; os.abort()"),
        ("", "import time; time.sleep(99)"),
        ('{"accep', "pass"),
        ("[1]\n", "pass"),
        ("[" * 60_000, "pass"),
        ('{"accepted": ["application/pdf"]}\n', "open(sys.argv[2] + '/clean', 'w')"),
        (
            '{"accepted": "application/pdf", "removed": 1}\n',
            "open(sys.argv[2] + '/clean', 'w')",
        ),
        ("", "sys.stdout.buffer.write(bytes([255, 254]))"),
        ('{"accepted": "text/html"}\n', "pass"),
        ('{"accepted": "application/pdf"}\n', "pass"),  # and no file
    ],
)
def test_a_process_that_dies_hangs_or_lies_has_not_accepted_anything(
    said, then, verdict_on, tmp_path, monkeypatch
):
    module = tmp_path / "stand_in.py"
    module.write_text(STAND_IN.format(said=said, then=then))
    monkeypatch.setattr(asking, "CHECKOUT", tmp_path)
    monkeypatch.setattr(asking, "MODULE", "stand_in")
    monkeypatch.setattr(limits, "WALL_SECONDS", 1.0)
    assert verdict_on(corpus.picture("JPEG")) == Refused("too-complex")


def test_what_it_leaves_is_taken_only_if_it_is_a_file_of_its_own(verdict_on, tmp_path, monkeypatch):
    """A symbolic link would have us store, and serve, whatever it leads to."""
    secret = tmp_path / "secret"
    secret.write_text("SECRET_KEY=x")
    (tmp_path / "stand_in.py").write_text(
        f"import os, sys; os.symlink({str(secret)!r}, sys.argv[2] + '/clean')\n"
        """print('{"accepted": "application/pdf"}')"""
    )
    monkeypatch.setattr(asking, "CHECKOUT", tmp_path)
    monkeypatch.setattr(asking, "MODULE", "stand_in")
    assert verdict_on(b"%PDF-") == Refused("too-complex")


def test_it_knows_no_secret_and_is_bound(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary-of-the-environment")
    assert "canary" not in json.dumps(asking._environment(tmp_path))
    code = (
        "import os, resource; from documents.checking import child; child._bound();"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0]);"
        "print(resource.getrlimit(resource.RLIMIT_CORE));"
        "x = bytearray(300 * 1024 * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=asking._environment(tmp_path),
        cwd=asking.CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split()[0] == str(limits.MEMORY) and limits.MEMORY < 256 * limits.MB
    assert "(0, 0)" in done.stdout and "MemoryError" in done.stderr


def test_it_computes_no_longer_than_it_may(tmp_path):
    code = "from documents.checking import child, limits; limits.VERDICT_SECONDS = 0.2;"
    code += "child._bound()\nwhile True: pass"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=asking.CHECKOUT, env=dict(os.environ), timeout=60
    )
    assert done.returncode == -signal.SIGPROF
