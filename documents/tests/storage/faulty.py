"""Stands where the store should be and fails: silent, dripping, refusing, or cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings

Behaviour = Callable[[socket.socket], None]
stopped = threading.Event()


@contextlib.contextmanager
def store(behave: Behaviour) -> Iterator[str]:
    """Its endpoint, while each connection is answered by `behave`."""
    stopped.clear()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, behave), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stopped.set()


def silent(connection: socket.socket) -> None:
    stopped.wait(30)


def answering(status: int, code: str) -> Behaviour:
    """Each request gets this error."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def behave(connection: socket.socket) -> None:
        _read_request(connection)
        connection.sendall(head.encode() + body)

    return behave


def dripping(connection: socket.socket) -> None:
    """The bytes come, one at a time and never all."""
    _read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not stopped.wait(0.01):
        connection.sendall(b"x")


def cut_after(sent: int, received: int) -> Behaviour:
    """The real store, until so many bytes went there or came back."""

    def behave(connection: socket.socket) -> None:
        real = urlsplit(settings.S3_ENDPOINT_URL)
        assert real.hostname
        with socket.create_connection((real.hostname, real.port or 80)) as there:
            back = threading.Thread(target=_pass, args=(there, connection, received), daemon=True)
            back.start()
            _pass(connection, there, sent)
            back.join(5)

    return behave


def _pass(source: socket.socket, target: socket.socket, most: int) -> None:
    with contextlib.suppress(OSError):
        while most > 0 and (chunk := source.recv(min(65536, most))):
            target.sendall(chunk)
            most -= len(chunk)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _read_request(connection: socket.socket) -> None:
    """Headers and as much of the body as they announce."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if b"expect: 100-continue" in head.lower():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(length[0].split(b":")[1]) - len(body) if length else 0
    while left > 0:
        left -= len(connection.recv(65536))


def _accept(server: socket.socket, behave: Behaviour) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection, behave), daemon=True).start()


def _serve(connection: socket.socket, behave: Behaviour) -> None:
    with connection, contextlib.suppress(OSError):
        behave(connection)
