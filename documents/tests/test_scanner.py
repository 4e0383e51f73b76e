"""With a scanner nothing is accepted that it has not seen; without one, that is on record."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from documents.checking import Accepted, Refused, ScannerAway, check, limits, scanner
from documents.operations import checking
from documents.tests import clamd, corpus


@pytest.fixture
def server():
    with clamd.running() as server:
        yield server


@pytest.fixture
def verdict_on(tmp_path):
    def ask(content: bytes, address: str):
        path, out = tmp_path / "upload", tmp_path / "out"
        path.write_bytes(content)
        out.mkdir(exist_ok=True)
        return check(path, out_dir=out, scanner_address=address)

    return ask


@pytest.mark.parametrize(
    "make",
    [
        lambda: corpus.EICAR,
        lambda: corpus.zipped("eicar.com", corpus.EICAR),
        lambda: corpus.zipped("a.zip", corpus.zipped("eicar.com", corpus.EICAR)),
        corpus.eicar_in_pdf,
        lambda: corpus.photo() + corpus.EICAR,
    ],
    ids=["raw", "zipped", "zipped twice", "in a PDF", "behind a photo"],
)
def test_the_test_virus_is_caught(make, server, verdict_on):
    assert verdict_on(make(), server.address) == Refused("virus")
    # Without a scanner it is told by what it is, or taken out; never called harmless.
    without = verdict_on(make(), "")
    assert without == Refused("type") or (without.removed and not without.scanned)


def test_what_it_finds_nothing_in_is_accepted_as_scanned(server, verdict_on):
    content = corpus.padded_pdf(3 * corpus.MB)
    verdict = verdict_on(content, server.address)
    assert isinstance(verdict, Accepted) and verdict.scanned
    assert server.seen == [len(content)]


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_while_it_is_away_nothing_is_accepted(verdict_on, tmp_path):
    for address in (free_address(), str(tmp_path / "no.sock"), "nonsense"):
        with pytest.raises(ScannerAway):
            verdict_on(corpus.photo(), address)
        # What is refused anyway needs no scanner.
        assert verdict_on(corpus.cut_off(), address) == Refused("truncated")


@pytest.mark.parametrize(
    "says", [b"INSTREAM size limit exceeded. ERROR", b"stream: Can't allocate memory ERROR", b""]
)
def test_an_answer_that_is_no_verdict_is_none(says, server, verdict_on):
    server.says = says or b"stream: OK but"
    with pytest.raises(ScannerAway):
        verdict_on(corpus.photo(), server.address)


def test_one_that_takes_the_file_and_says_nothing_is_away(verdict_on, monkeypatch):
    monkeypatch.setattr(scanner, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerAway):
        verdict_on(corpus.photo(), f"127.0.0.1:{silent.getsockname()[1]}")


def test_one_that_answers_letter_by_letter_is_away_when_its_time_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(scanner, "WHOLE_SECONDS", 0.3)
    path = tmp_path / "upload"
    path.write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip() -> None:
            taken, _address = dripping.accept()
            with taken, contextlib.suppress(OSError):
                for letter in b"stream: a name that takes its time OK\0":
                    time.sleep(0.05)
                    taken.sendall(bytes([letter]))

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(ScannerAway, match="TimeoutError"):
            scanner.finds(path, address=f"127.0.0.1:{dripping.getsockname()[1]}")
        thread.join(60)


def test_its_time_and_that_of_the_process_that_looks_fit_into_a_lease():
    both = scanner.CONNECT_SECONDS + scanner.WHOLE_SECONDS + limits.WALL_SECONDS
    assert both < checking.LEASE.total_seconds()
