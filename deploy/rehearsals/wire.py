"""Just enough of HTTP/1.1 for the balancer: whole messages in, whole messages out."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TypeVar

from deploy.local.ports import HOST

HEALTH_TIMEOUT = 5.0


class Garbage(Exception):
    """The other side does not speak HTTP."""


@dataclass(frozen=True)
class Streams:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.writer.close()


@dataclass(frozen=True)
class Message:
    """Its first line, its headers by lower-case name, and all its bytes as they came."""

    first: str
    headers: dict[str, str]
    raw: bytes


class Request(Message):
    def forwarded(self) -> bytes:
        """As the balancer passes it on: it has ended TLS, and says who asked."""
        head, _, body = self.raw.partition(b"\r\n\r\n")
        kept = [
            line
            for line in head.split(b"\r\n")
            if not line.lower().startswith((b"x-forwarded-", b"connection:"))
        ]
        added = [b"X-Forwarded-Proto: https", f"X-Forwarded-For: {HOST}".encode()]
        return b"\r\n".join([*kept, *added]) + b"\r\n\r\n" + body


class Answer(Message):
    @property
    def keeps(self) -> bool:
        """Whether the connection may be used again."""
        return self.headers.get("connection", "").lower() != "close"


Kind = TypeVar("Kind", bound=Message)


async def read_message(reader: asyncio.StreamReader, kind: type[Kind]) -> Kind | None:
    """A whole message; None where the other side has closed before one began."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except asyncio.LimitOverrunError:
        raise Garbage from None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return kind(first, headers, head + await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    return await reader.readexactly(int(headers.get("content-length", "0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """The chunks as they came, sizes and all."""
    found = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";", 1)[0], 16)
        found += line + await reader.readexactly(size + 2)
        if not size:
            return found


async def answers_200(port: int, path: str) -> bool:
    """What a health check asks, on a connection of its own."""
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT):
            streams = Streams(*await asyncio.open_connection(HOST, port))
            try:
                request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
                streams.writer.write(request.encode())
                await streams.writer.drain()
                answer = await read_message(streams.reader, Answer)
            finally:
                streams.close()
    except (OSError, EOFError, Garbage, TimeoutError):
        return False
    return answer is not None and answer.first.split(" ")[1] == "200"


def plain(status: int) -> bytes:
    """The balancer's own answer: nobody else gave one."""
    return f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n".encode()
