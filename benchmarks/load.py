"""A small, bounded load on a server of this machine: what a benchmark measures with.

Raw sockets, because a full HTTP client would cost more than the answers it asks for. One process of
its own, so that it does not share the interpreter with anything that is measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import socket
import threading
import time
from dataclasses import dataclass


@dataclass
class Result:
    """`rate` is answers a second, times are milliseconds, `statuses` counts by status code."""

    rate: float
    p50: float
    p99: float
    statuses: dict[str, int]


def request_bytes(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _read_answer(connection: socket.socket, buffer: bytearray) -> str:
    """Read one answer with a Content-Length; returns its status code."""
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        _receive(connection, buffer)
    head = bytes(buffer[:end]).lower()
    length = 0
    marker = head.find(b"content-length:")
    if marker >= 0:
        length = int(head[marker + 15 :].split(b"\r\n", 1)[0])
    while len(buffer) < end + 4 + length:
        _receive(connection, buffer)
    del buffer[: end + 4 + length]
    return head[9:12].decode()


def _receive(connection: socket.socket, buffer: bytearray) -> None:
    received = connection.recv(262_144)
    if not received:
        raise ConnectionError("the server closed the connection")
    buffer += received


def measure(
    port: int,
    path: str,
    *,
    seconds: float,
    connections: int,
    headers: dict[str, str],
    rate: float = 0.0,
) -> Result:
    """Ask for `path` over some kept connections until the time is over.

    With a `rate` so many questions a second are due, whatever the answers take: one that had to
    wait for an earlier answer has waited, too, and its time says so.
    """
    request = request_bytes(path, headers)
    times: list[float] = []
    statuses: dict[str, int] = {}
    began = time.perf_counter()
    stop_at = began + seconds
    turns = itertools.count()

    def next_start() -> float:
        if not rate:
            return time.perf_counter()
        due = began + next(turns) / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        return due

    def ask() -> None:
        buffer = bytearray()
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        while (started := next_start()) < stop_at:
            try:
                connection.sendall(request)
                status = _read_answer(connection, buffer)
            except OSError:  # the worker closed a kept connection: open another
                connection.close()
                buffer.clear()
                connection = socket.create_connection(("127.0.0.1", port), timeout=30)
                continue
            times.append(time.perf_counter() - started)
            statuses[status] = statuses.get(status, 0) + 1
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return Result(
        rate=len(times) / seconds,
        p50=1000 * times[len(times) // 2],
        p99=1000 * times[int(len(times) * 0.99)],
        statuses=statuses,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.0, help="questions a second; 0: all it can")
    parser.add_argument("--header", action="append", default=[])
    options = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    result = measure(
        options.port,
        options.path,
        seconds=options.seconds,
        connections=options.connections,
        headers=headers,
        rate=options.rate,
    )
    print(json.dumps(result.__dict__))


if __name__ == "__main__":
    main()
