"""The rehearsals' balancer: it may hide nothing from the patients that an ALB would not hide."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from deploy.local import ports
from deploy.rehearsals import releases, wire
from deploy.rehearsals.balancer import Balancer


class Target(ThreadingHTTPServer):
    """Answers with what it was sent; `/slow` waits until `go` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        self.go, self.asked = threading.Event(), threading.Event()
        super().__init__((ports.HOST, ports.choose(avoid=set())), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Target

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.asked.set()
            self.server.go.wait(10)
        self._say(self.headers.get("X-Forwarded-Proto", "").encode())

    def do_POST(self) -> None:
        self._say(self.rfile.read(int(self.headers["Content-Length"])))

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in filter(None, (body[:3], body[3:])):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def target() -> Iterator[Target]:
    server = Target()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def balancer(target: Target) -> Iterator[Balancer]:
    with Balancer(ports.choose(avoid={target.port})) as balancer:
        balancer.register(target.port)
        deadline = time.monotonic() + 20
        while not balancer.healthy(target.port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield balancer


def client(balancer: Balancer) -> httpx.Client:
    return httpx.Client(base_url=balancer.url, timeout=20, trust_env=False)


def test_requests_and_answers_pass_whole_and_say_that_tls_was_ended(balancer, target):
    with client(balancer) as web:
        assert web.get("/", headers={"X-Forwarded-Proto": "http"}).text == "https"
        assert web.post("/", content=b"four words of prose").text == "four words of prose"


def test_a_target_that_is_gone_is_a_bad_gateway_and_nothing_is_tried_again(balancer, target):
    target.shutdown()
    target.server_close()
    with client(balancer) as web:
        assert web.get("/").status_code == 502


def test_what_a_target_has_begun_is_answered_while_it_is_drained(balancer, target):
    answers: list[int] = []

    def ask() -> None:
        with client(balancer) as web:
            answers.append(web.get("/slow").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    assert target.asked.wait(10)
    balancer.deregister(target.port)
    assert not balancer.drained(target.port)
    with client(balancer) as web:
        assert web.get("/").status_code == 503
    target.go.set()
    asking.join(10)
    assert answers == [200]
    assert balancer.drained(target.port)


def test_a_message_that_ends_too_early_is_no_answer():
    async def read(sent: bytes) -> wire.Answer | None:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return await wire.read_message(reader, wire.Answer)

    assert asyncio.run(read(b"")) is None
    for cut in (b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour"):
        with pytest.raises(asyncio.IncompleteReadError):
            asyncio.run(read(cut))


def test_the_migrations_between_are_those_that_only_the_new_code_has(tmp_path):
    for code, names in {"old": ["0001_a"], "new": ["0001_a", "0002_b"]}.items():
        folder = tmp_path / code / "booking" / "migrations"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.py").touch()
    assert releases.migrations_between(tmp_path / "old", tmp_path / "new") == ["booking/0002_b"]
