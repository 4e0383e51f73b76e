"""Asked to stop, as a deployment does: what was begun is finished, and nothing is lost or twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from benchmarks import ses_stub
from clinic.celery import app
from deploy.local import ports
from notifications import channels, delivery, limits
from notifications.catalog import SAMPLE_CONTEXT
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many

HERE = Path(__file__).parents[2]
MESSAGES = 300
BROKER_DATABASE = 8  # of the run's Valkey; nothing else uses it


@contextmanager
def running(program: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen]:
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{address}"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *program],
            cwd=HERE,
            env={**os.environ, "DATABASE_URL": url, "PYTHONWARNINGS": "ignore", **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    process.log = log  # type: ignore[attr-defined]
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def eventually(look: Callable[[], object], process: subprocess.Popen) -> None:
    until = time.monotonic() + 90
    while not look():
        assert process.poll() is None, process.log.read_text()[-3000:]  # type: ignore[attr-defined]
        assert time.monotonic() < until, process.log.read_text()[-3000:]  # type: ignore[attr-defined]
        time.sleep(0.05)


# -- The web server ----------------------------------------------------------------------------


@contextmanager
def web(log: Path, *, drain: str) -> Iterator[tuple[subprocess.Popen, int]]:
    port = ports.choose(avoid=set())
    program = ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    with running(program, log, WEB_DRAIN_SECONDS=drain, WEB_WORKERS="1") as process:
        eventually(lambda: ready(port) == 200, process)
        yield process, port


def ready(port: int) -> int:
    """What /readyz says, asked over a new connection; 0: there is none to be had."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=20).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_under_way_is_answered_and_new_ones_are_while_others_hear_of_it(tmp_path):
    with (
        web(tmp_path / "log", drain="3") as (process, port),
        socket.create_connection(("127.0.0.1", port), timeout=30) as line,
    ):
        head = (
            f"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 3\r\n\r\n"
        )
        line.sendall(head.encode())
        time.sleep(0.3)  # taken up, and waiting for the rest

        process.terminate()

        eventually(lambda: ready(port) == 503, process)
        # The load balancer has not heard of it yet, and sends one more.
        page = httpx.get(f"http://127.0.0.1:{port}/livez", timeout=20)
        eventually(lambda: ready(port) == 0, process)  # the door is closed
        line.sendall(b"a=b")
        answer = line.recv(100)
        code = process.wait(60)

    assert page.status_code == 200
    assert answer.startswith(b"HTTP/1.1 403")  # of a form without its token: an answer
    assert code == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_keeps_a_connection_for_later_is_told_that_there_is_no_later(tmp_path):
    """Else a request that is sent in the moment of the end meets a closed connection."""
    with (
        web(tmp_path / "log", drain="3") as (process, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as kept,
    ):
        before = kept.get("/livez")
        process.terminate()
        eventually(lambda: ready(port) == 503, process)
        after = kept.get("/livez")

    assert (before.status_code, before.headers["Connection"]) == (200, "keep-alive")
    assert (after.status_code, after.headers["Connection"]) == (200, "close")


@pytest.mark.django_db(transaction=True)
def test_without_the_pause_one_who_has_not_heard_of_it_finds_the_door_closed(tmp_path):
    with (
        web(tmp_path / "log", drain="0") as (process, port),
        socket.create_connection(("127.0.0.1", port), timeout=30) as line,
    ):
        line.sendall(b"POST /account/login/ HTTP/1.1\r\nContent-Length: 3\r\n")  # keeps it busy

        process.terminate()

        eventually(lambda: ready(port) == 0, process)
        assert process.poll() is None  # still there, for what was begun


# -- A worker in the midst of a batch ----------------------------------------------------------


@pytest.fixture
def stub(settings, monkeypatch) -> Iterator[ses_stub.Stub]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    settings.EMAIL_OUTLET = "ses"
    with ses_stub.running(latency_ms=50) as stand_in:
        settings.SES_ENDPOINT_URL = stand_in.url
        settings.EMAIL_PER_SECOND = 100  # three seconds for all
        channels.forget()
        limits.forget()
        yield stand_in
    channels.forget()
    limits.forget()


@pytest.mark.django_db(transaction=True)
def test_a_worker_asked_to_stop_ends_with_its_calls_and_another_sends_the_rest_each_once(
    stub, tmp_path
):
    import redis

    broker = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{BROKER_DATABASE}"
    redis.Redis.from_url(broker).flushdb()
    write_messages()
    program = ["celery", "-A", "clinic", "worker", "--concurrency", "1"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    given = {
        "CELERY_BROKER_URL": broker,
        "EMAIL_OUTLET": "ses",
        "SES_ENDPOINT_URL": stub.url,
        "EMAIL_PER_SECOND": "100",
        "ALIVE_FILE": str(tmp_path / "alive"),
    }
    with running([*program, *quiet], tmp_path / "log", **given) as worker:
        eventually((tmp_path / "alive").exists, worker)
        start_delivery(broker)
        eventually(lambda: stub.book.times.total() > 0, worker)

        worker.terminate()
        code = worker.wait(60)

    left = Message.objects.filter(status="queued").count()
    assert code == 0
    assert 0 < left < MESSAGES  # it did not go on with all that was due
    assert not Message.objects.filter(status="sending").exists()  # nor leave any half done

    delivery.deliver_due()  # another worker's turn

    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    assert len(stub.book.times) == MESSAGES
    assert set(stub.book.times.values()) == {1}


def write_messages() -> None:
    drafts = [
        Draft(
            template="reminder",
            recipient=f"patient{number}@example.org",
            dedupe_key=f"appointment:{number}:v1:reminder-24h",
            context=SAMPLE_CONTEXT["reminder"],
        )
        for number in range(MESSAGES)
    ]
    enqueue_many(drafts, now=timezone.now())


def start_delivery(broker: str) -> None:
    with app.connection_for_write(broker) as line:
        app.send_task("notifications.tasks.deliver_due", queue="messages", connection=line)
