"""A server that speaks TLS and passes on what it says: the embedded stores are built without."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


class Terminator:
    """In front of `port`. `asks_first`: as PostgreSQL's clients do, in plain bytes."""

    def __init__(self, port: int, context: ssl.SSLContext, *, asks_first: bool) -> None:
        self.upstream, self.context, self.asks_first = port, context, asks_first
        self.port = 0
        self.passed = 0  # connections that were encrypted and went on

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            if self.asks_first:
                if await reader.readexactly(8) != SSL_REQUEST:
                    return writer.close()
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self.context)
            there, away = await asyncio.open_connection(HOST, self.upstream)
            self.passed += 1
            await asyncio.gather(_pump(reader, away), _pump(there, writer))
        return writer.close()

    async def run(self, ready: threading.Event, stop: asyncio.Event) -> None:
        tls = None if self.asks_first else self.context
        server = await asyncio.start_server(self._serve, HOST, 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@contextmanager
def running(port: int, context: ssl.SSLContext, *, asks_first: bool) -> Iterator[Terminator]:
    made = Terminator(port, context, asks_first=asks_first)
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    loop.set_exception_handler(lambda *_: None)  # a refused certificate is what tests want
    thread = threading.Thread(target=_run, args=(loop, made.run(ready, stop)), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: object) -> None:
    loop.run_until_complete(work)  # type: ignore[arg-type]
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
