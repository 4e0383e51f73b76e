"""A stand-in for clamd: its protocol, one signature, and the way into archives and PDF streams."""

from __future__ import annotations

import io
import re
import socketserver
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from documents.tests.corpus import EICAR

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
MOST = 64 * 1024 * 1024


def harmful(content: bytes, depth: int = 0) -> bool:
    if EICAR in content:
        return True
    if depth == 3:
        return False
    return any(harmful(inside, depth + 1) for inside in _inside(content))


def _inside(content: bytes) -> Iterator[bytes]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield file.read(MOST)
    for packed in STREAM.findall(content):
        try:
            yield zlib.decompressobj().decompress(packed, MOST)
        except zlib.error:
            continue


class _Scan(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert self.rfile.read(len(b"zINSTREAM\0")) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.server.seen.append(len(content))
        answer = self.server.says or (
            b"stream: Eicar-Signature FOUND" if harmful(content) else b"stream: OK"
        )
        self.wfile.write(answer + b"\0")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    says = b""  # instead of its own verdict
    seen: list[int]


@contextmanager
def running() -> Iterator[_Server]:
    """`address` is where it listens; `says`: an answer instead of its own."""
    with _Server(("127.0.0.1", 0), _Scan) as server:
        server.seen = []
        server.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
