"""A provider on loopback that answers in the shape of SES v2, and keeps count.

`python -m benchmarks.ses_stub PORT [--latency-ms 50] [--throttle 0.01] [--drop 0.001]
[--max-rate 2000] [--log FILE]`, or in a test `with ses_stub.running() as stub:`,
with `SES_ENDPOINT_URL=stub.url`.

It knows SendBulkEmail, SendEmail and GetAccount, and errors as AWS writes them. What it cannot do
is judge: templates are not filled in, signatures not checked. `GET /_counts` says what was
accepted, `POST /_behave` changes its ways while it runs, `POST /_reset` forgets.

A hand-written server, because it works beside what is measured: a call of fifty costs it 0.2 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import orjson

BULK, SINGLE, ACCOUNT = (
    "/v2/email/outbound-bulk-emails",
    "/v2/email/outbound-emails",
    "/v2/email/account",
)
MOST_A_CALL = 50
START_WITHIN = 60  # seconds
# The tag by which a message of ours says which one it is.
TAG = "message"


@dataclass
class Ways:
    """How it behaves. Shares are between 0 and 1 and of calls, not of messages."""

    latency_ms: float = 0.0
    throttle: float = 0.0  # share answered with 429, nothing taken
    drop: float = 0.0  # share taken, and then the connection ends without an answer
    away: bool = False  # 503 to everything
    max_rate: float = 100_000.0  # what GetAccount says: messages a second
    # What an entry of a bulk call answers instead of SUCCESS, by its recipient's address.
    statuses: dict[str, str] = field(default_factory=dict)


class AwsError(Exception):
    """An answer other than 200: the status code, and the error's name."""

    def __init__(self, code: int, name: str, message: str = "") -> None:
        super().__init__(message or name)
        self.code, self.name = code, name


class Book:
    """What was accepted. Each acceptance is in the log before anybody is told of it."""

    def __init__(self, *, log: Path | None = None, keep: int = 0) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log = os.open(log, flags, 0o644) if log else None
        self._calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=keep)
        self.reset()

    def reset(self) -> None:
        self.times: Counter[str] = Counter()
        self.seconds: Counter[int] = Counter()
        self.calls: Counter[str] = Counter()
        self.first = self.last = 0.0
        self._calls.clear()

    def accept(self, tags: list[str]) -> list[str]:
        """Returns the ids under which they were taken."""
        now = time.time()
        stem = uuid.uuid4().hex
        given = [f"{stem}-{number:02}" for number in range(len(tags))]
        if self._log is not None and tags:
            lines = (f"{now:.6f} {tag} {one}\n" for tag, one in zip(tags, given, strict=True))
            os.write(self._log, "".join(lines).encode())
        self.times.update(tags)
        self.seconds[int(now)] += len(tags)
        self.first = self.first or now
        self.last = now
        return given

    def called(self, path: str, body: dict[str, Any], outcome: str) -> None:
        self.calls[outcome] += 1
        self._calls.append((path, body))

    @property
    def bodies(self) -> list[tuple[str, dict[str, Any]]]:
        """The last calls, as many as were to be kept: path and what was sent."""
        return list(self._calls)

    def counts(self) -> dict[str, Any]:
        """`duplicates` are acceptances beyond each message's first."""
        accepted = self.times.total()
        return {
            "accepted": accepted,
            "messages": len(self.times),
            "duplicates": accepted - len(self.times),
            "twice": {tag: times for tag, times in self.times.items() if times > 1},
            "first": self.first,
            "last": self.last,
            "busiest_second": max(self.seconds.values(), default=0),
            "calls": dict(self.calls),
        }


class Provider:
    """Requests in, answers out; no sockets in here."""

    def __init__(self, ways: Ways, book: Book) -> None:
        self.ways, self.book = ways, book

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """None: what was asked is done, and the asker will not be told."""
        if path.startswith("/_"):
            return _response(200, self._control(method, path, body))
        try:
            if self.ways.away:
                raise AwsError(503, "ServiceUnavailable")
            if (method, path) == ("GET", ACCOUNT):
                return _response(200, self._account())
            if method != "POST" or path not in (BULK, SINGLE):
                raise AwsError(404, "UnknownOperationException")
            return self._send(path, _parsed(body))
        except AwsError as error:
            return _response(error.code, {"message": str(error)}, error=error.name)

    def _send(self, path: str, asked: dict[str, Any]) -> bytes | None:
        if random.random() < self.ways.throttle:
            self.book.called(path, asked, "throttled")
            raise AwsError(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
        answered = self._bulk(asked) if path == BULK else self._single(asked)
        if random.random() < self.ways.drop:
            self.book.called(path, asked, "unanswered")
            return None
        self.book.called(path, asked, "answered")
        return _response(200, answered)

    def _bulk(self, asked: dict[str, Any]) -> dict[str, Any]:
        entries = _wanted(asked, "BulkEmailEntries")
        template = _wanted(_wanted(asked, "DefaultContent"), "Template")
        if "TemplateContent" not in template and "TemplateName" not in template:
            raise AwsError(400, "BadRequestException", "no template")
        if not 0 < len(entries) <= MOST_A_CALL:
            raise AwsError(400, "BadRequestException", f"{len(entries)} entries")
        statuses = [self.ways.statuses.get(_recipient(each), "SUCCESS") for each in entries]
        taken = [
            _tag(each, "ReplacementTags")
            for each, status in zip(entries, statuses, strict=True)
            if status == "SUCCESS"
        ]
        given = iter(self.book.accept(taken))
        results = [
            {"Status": status, "MessageId": next(given)}
            if status == "SUCCESS"
            else {"Status": status, "Error": status.lower()}
            for status in statuses
        ]
        return {"BulkEmailEntryResults": results}

    def _single(self, asked: dict[str, Any]) -> dict[str, Any]:
        _wanted(asked, "Content")
        if self.ways.statuses.get(_recipient(asked), "SUCCESS") != "SUCCESS":
            raise AwsError(400, "MessageRejected", "Email address is not verified.")
        return {"MessageId": self.book.accept([_tag(asked, "EmailTags")])[0]}

    def _account(self) -> dict[str, Any]:
        rate = self.ways.max_rate
        sent = self.book.times.total()
        return {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": -1, "MaxSendRate": rate, "SentLast24Hours": sent},
        }

    def _control(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        if (method, path) == ("POST", "/_reset"):
            self.book.reset()
        elif (method, path) == ("POST", "/_behave"):
            known = {one.name for one in fields(Ways)}
            for name, value in orjson.loads(body).items():
                if name not in known:
                    return {"unknown": name}
                setattr(self.ways, name, value)
        return self.book.counts()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise AwsError(400, "SerializationException") from None


def _wanted(asked: dict[str, Any], name: str) -> Any:
    if not asked.get(name):
        raise AwsError(400, "BadRequestException", f"{name} is missing")
    return asked[name]


def _recipient(asked: dict[str, Any]) -> str:
    addresses = _wanted(asked, "Destination").get("ToAddresses") or []
    if len(addresses) != 1:
        raise AwsError(400, "BadRequestException", f"{len(addresses)} recipients")
    return str(addresses[0])


def _tag(asked: dict[str, Any], tags: str) -> str:
    """Which message it is, as our own code says; else, to whom it goes."""
    found = (tag["Value"] for tag in asked.get(tags) or [] if tag["Name"] == TAG)
    return next(found, None) or _recipient(asked)


def _response(code: int, content: dict[str, Any], *, error: str = "") -> bytes:
    body = orjson.dumps(content)
    kind = f"x-amzn-ErrorType: {error}\r\n" if error else ""
    head = (
        f"HTTP/1.1 {code} {'OK' if code == 200 else 'Error'}\r\nContent-Type: application/json\r\n"
        f"x-amzn-RequestId: {uuid.uuid4()}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One kept connection: a request, an answer, the next request."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            method, path, length = _head(bytes(self._buffer[:end]))
            if len(self._buffer) < end + 4 + length:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            del self._buffer[: end + 4 + length]
            self._answer(self._provider.answer(method, path, body), path)

    def _answer(self, answer: bytes | None, path: str) -> None:
        wait = 0.0 if path.startswith("/_") else self._provider.ways.latency_ms / 1000
        act = self._transport.abort if answer is None else lambda: self._transport.write(answer)
        if wait:
            asyncio.get_running_loop().call_later(wait, act)
        else:
            act()


def _head(head: bytes) -> tuple[str, str, int]:
    first, _, rest = head.partition(b"\r\n")
    method, path, _version = first.decode().split(" ", 2)
    rest = rest.lower()
    at = rest.find(b"content-length:")
    length = int(rest[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return method, path.partition("?")[0], length


@dataclass
class Stub:
    """One that runs in a thread of this process."""

    port: int
    ways: Ways
    book: Book

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def _serve(provider: Provider, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(provider), "127.0.0.1", port)


@contextlib.contextmanager
def running(
    *, port: int = 0, log: Path | None = None, keep: int = 100, **ways: Any
) -> Iterator[Stub]:
    """A stub for a test, on a free port; `ways` as in Ways, `stub.ways` changes them later."""
    provider = Provider(Ways(**ways), Book(log=log, keep=keep))
    loop = asyncio.new_event_loop()
    # The loop runs in its thread alone: the caller's may have one of its own, as a browser's has.
    thread = threading.Thread(target=loop.run_forever, name="ses-stub", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_serve(provider, port), loop).result(START_WITHIN)
    try:
        yield Stub(server.sockets[0].getsockname()[1], provider.ways, provider.book)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--throttle", type=float, default=0.0)
    parser.add_argument("--drop", type=float, default=0.0)
    parser.add_argument("--max-rate", type=float, default=Ways.max_rate)
    parser.add_argument("--log", type=Path)
    options = vars(parser.parse_args())
    port, log = options.pop("port"), options.pop("log")
    provider = Provider(Ways(**options), Book(log=log))

    async def forever() -> None:
        async with await _serve(provider, port) as server:
            await server.serve_forever()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forever())
    print(orjson.dumps(provider.book.counts()).decode())


if __name__ == "__main__":
    main()
