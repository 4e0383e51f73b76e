"""A balancer for loopback that treats its targets as an ALB does.

It asks `/readyz` of each target and sends requests only to healthy ones, keeps connections to them,
never repeats a request (502 where a target does not answer), and drains: a target that was
deregistered gets nothing new and is let finish what it has. One thread with an event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from deploy.local.ports import HOST
from deploy.rehearsals import wire

HEALTH_EVERY = 1.0  # seconds; an ALB asks every 5 at the most often
UNHEALTHY_AFTER = 2  # answers in a row
KEPT_IDLE = 60.0  # seconds a connection to a target is kept: an ALB's idle timeout


@dataclass(eq=False)
class Target:
    port: int
    healthy: bool = False
    draining: bool = False
    failed_checks: int = 0
    busy: int = 0
    served: int = 0
    idle: list[tuple[float, wire.Streams]] = field(default_factory=list)


class Balancer:
    """`with Balancer(port) as balancer:` listens; targets are named by their ports."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._port = port
        self._targets: dict[int, Target] = {}
        self._turns = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Balancer:
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, HOST, self._port))
        return self

    def __exit__(self, *exc: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def register(self, port: int) -> None:
        """From now on it is asked for its health, and gets requests once it is well."""
        self._call(self._register(port))

    def deregister(self, port: int) -> None:
        """Nothing new from now on; returns at once."""
        self._call(self._deregister(port))

    def healthy(self, port: int) -> bool:
        return self._targets[port].healthy

    def drained(self, port: int) -> bool:
        return self._targets[port].busy == 0

    def served(self, port: int) -> int:
        return self._targets[port].served

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _register(self, port: int) -> None:
        target = self._targets[port] = Target(port)
        self._keep(self._watch(target))

    async def _deregister(self, port: int) -> None:
        target = self._targets[port]
        target.draining = True
        while target.idle:
            target.idle.pop()[1].close()

    async def _close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, target: Target) -> None:
        """Ask for its health until it is deregistered."""
        while not target.draining:
            well = await wire.answers_200(target.port, "/readyz")
            target.failed_checks = 0 if well else target.failed_checks + 1
            if well or target.failed_checks >= UNHEALTHY_AFTER:
                target.healthy = well
            await asyncio.sleep(HEALTH_EVERY)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, for as long as it is kept."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while request := await wire.read_message(reader, wire.Request):
                writer.write(await self._answer(request))
                await writer.drain()
        writer.close()

    async def _answer(self, request: wire.Request) -> bytes:
        chosen = self._choose()
        if chosen is None:
            return wire.plain(503)
        chosen.busy += 1
        try:
            return await self._ask(chosen, request)
        except (OSError, EOFError, wire.Garbage):
            return wire.plain(502)
        finally:
            chosen.busy -= 1

    def _choose(self) -> Target | None:
        registered = [one for one in self._targets.values() if not one.draining]
        # Where none is well, all are asked: an ALB "fails open".
        able = [one for one in registered if one.healthy] or registered
        return able[next(self._turns) % len(able)] if able else None

    async def _ask(self, target: Target, request: wire.Request) -> bytes:
        streams = await self._connection(target)
        try:
            streams.writer.write(request.forwarded())
            await streams.writer.drain()
            answer = await wire.read_message(streams.reader, wire.Answer)
        except BaseException:
            streams.close()
            raise
        if answer is None:
            streams.close()
            raise EOFError
        target.served += 1
        if answer.keeps and not target.draining:
            target.idle.append((time.monotonic(), streams))
        else:
            streams.close()
        return answer.raw

    async def _connection(self, target: Target) -> wire.Streams:
        """One that is kept, if it still stands, else a new one."""
        while target.idle:
            since, streams = target.idle.pop()
            if time.monotonic() - since < KEPT_IDLE and not streams.reader.at_eof():
                return streams
            streams.close()
        return wire.Streams(*await asyncio.open_connection(HOST, target.port))
