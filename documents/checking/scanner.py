"""Asking a virus scanner: clamd's own protocol, by network or socket.

The file is sent as a stream (INSTREAM), so that the scanner needs no access to our disk.
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path

CHUNK = 64 * 1024
# Seconds: to be taken on, and then between any two signs of life; a large archive takes a while.
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 60.0
# All together, however many signs of life: with what comes after it, less than a check's lease.
WHOLE_SECONDS = 90.0
LONGEST_ANSWER = 4096  # bytes


class ScannerAway(Exception):
    """There is a scanner, and it gave no verdict: whether the file is harmless is not known."""


def finds(path: Path, *, address: str) -> bool:
    """Whether the scanner at `address` ("host:port" or a socket's path) finds anything in the file.

    Raises:
        ScannerAway: it cannot be reached, does not answer in time, or could not scan the file.
    """
    until = time.monotonic() + WHOLE_SECONDS
    try:
        with _connect(address) as connection, path.open("rb") as file:
            _in_time(connection, until).sendall(b"zINSTREAM\0")
            while chunk := file.read(CHUNK):
                _in_time(connection, until).sendall(struct.pack("!L", len(chunk)) + chunk)
            _in_time(connection, until).sendall(struct.pack("!L", 0))
            answer = _answer(connection, until)
    except (OSError, ValueError) as error:
        raise ScannerAway(type(error).__name__) from error
    if answer.endswith(b" FOUND"):
        return True
    if answer.endswith(b": OK"):
        return False
    raise ScannerAway("no verdict")  # an error of its own, or its limit of a stream's size


def _connect(address: str) -> socket.socket:
    if ":" in address and not address.startswith("/"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _in_time(connection: socket.socket, until: float) -> socket.socket:
    """The connection, patient for one more sign of life. Raises TimeoutError after `until`."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(min(ANSWER_SECONDS, left))
    return connection


def _answer(connection: socket.socket, until: float) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        part = _in_time(connection, until).recv(CHUNK)
        if not part:
            break
        answer += part
    return answer.strip(b"\0\r\n ")
