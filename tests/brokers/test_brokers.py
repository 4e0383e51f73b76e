"""The same code over Redis and over SQS: a message arrives, and nothing that is asked is lost."""

from __future__ import annotations

import base64
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from django.utils import timezone

from clinic.celery import app
from clinic.lib import dead_letters, hints, queues
from notifications import outbox, ping
from notifications.models import Message
from tests.brokers.conftest import eventually


def test_messages_arrive_and_what_cannot_be_done_is_kept_and_can_be_given_back(
    broker, worker, tmp_path
):
    subject = send("Maria One")
    eventually(lambda: subject in mails(), what="a mail", worker=worker)
    # It is written down once the answer is there, which is after the mail.
    eventually(lambda: Message.objects.get().status == "sent", what="its record", worker=worker)

    (tmp_path / "broken").touch()
    broker.put(queues.MESSAGES, "garbage, and not of Celery's making")
    broker.put(queues.DEFAULT, envelope(body="{not json", task="notifications.tasks.deliver_due"))
    broker.put(queues.DEFAULT, envelope(body="5", task="notifications.tasks.deliver_due"))
    broker.put(queues.DEFAULT, envelope(body="[[], {}, {}]", task="tests.unknown"))
    for _again in range(3):  # each time; kept once
        broker.put(queues.DEFAULT, envelope(body="[[], {}, {}]", task="tests.fails_while_broken"))
    eventually(lambda: dead_letters.count() >= 5, what="five dead letters", worker=worker)

    found = dead_letters.all_newest_first()
    assert sorted((letter.task, letter.reason) for letter in found) == [
        ("", "UnknownMessage"),
        ("notifications.tasks.deliver_due", "DecodeError"),
        ("notifications.tasks.deliver_due", "TypeError"),
        ("tests.fails_while_broken", "RuntimeError"),
        ("tests.unknown", "UnknownTask"),
    ]
    assert "somebody" not in "".join(letter.as_json() for letter in found)

    (tmp_path / "broken").unlink()
    failed = next(letter.id for letter in found if letter.reason == "RuntimeError")
    assert len(list(dead_letters.replay(ids=[failed]))) == 1
    eventually((tmp_path / "repaired").exists, what="the repaired task", worker=worker)
    assert dead_letters.count() == 4

    unknown = next(letter.id for letter in found if letter.reason == "UnknownTask")
    assert len(list(dead_letters.replay(ids=[unknown]))) == 1
    eventually(lambda: dead_letters.count() == 4, what="still unknown", worker=worker)

    assert len(list(dead_letters.drop(ids=None))) == 4
    assert dead_letters.count() == 0
    subject = send("Maria Two")
    eventually(lambda: subject in mails(), what="a mail after all that", worker=worker)


def test_a_queue_that_never_answers_costs_a_moment_once(monkeypatch):
    """As SQS: an address that takes connections and says nothing."""
    url = "https://sqs.us-east-1.amazonaws.com/1/messages"
    options = queues.transport_options("sqs://", region="us-east-1", urls={"messages": url})
    published = []
    monkeypatch.setattr(hints, "SLOW_SECONDS", 0)
    with silence() as (endpoint, connections):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", endpoint)
        monkeypatch.setattr(app.conf, "broker_write_url", "sqs://")
        monkeypatch.setattr(hints, "IMPATIENT", {**options, **queues.IMPATIENT})
        hints.forget()
        for _twice in range(2):
            ping.hint.heard()
            ping.hint.give()
            published.append(len(connections))
    hints.forget()
    assert published == [1, 1], "one call, not tried again, and then silence"


@contextmanager
def silence() -> Iterator[tuple[str, list[socket.socket]]]:
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connections.append(server.accept()[0])

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", connections
        server.shutdown(socket.SHUT_RDWR)
    for each in connections:
        each.close()


def send(name: str) -> str:
    """A booking's message with its hint; returns what its mail holds."""
    mark = f"{name} {uuid.uuid4().hex}"
    hints.forget()  # a busy machine's first call may have been slow
    ping.hint.heard()
    outbox.enqueue(
        template="booked",
        recipient="maria@example.org",
        dedupe_key=mark,
        context={"patient_name": mark, "when": "Tuesday", "clinic_name": "Riverside"},
        now=timezone.now(),
    )
    return mark


def mails() -> str:
    folder = Path(os.environ["MAILBOX_DIR"])
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def envelope(*, body: str, task: str) -> str:
    """A message as kombu writes it."""
    info = {"exchange": "", "routing_key": queues.DEFAULT}
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"id": str(uuid.uuid4()), "task": task},
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
                "delivery_info": info,
                "priority": 0,
            },
        }
    )
