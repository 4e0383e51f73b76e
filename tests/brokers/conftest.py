"""A broker of each kind, and a worker on it: the same code, told apart by the environment."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from django.db import connection
from moto.server import ThreadedMotoServer

from clinic.celery import app
from clinic.lib import hints, queues

REGION = "us-east-1"
REDIS_DATABASE = 7  # of the run's Valkey; nothing else uses it
HERE = Path(__file__).parents[2]


class Broker:
    """What the worker and this process are told of it."""

    def __init__(self, environment: dict[str, str], put: Callable[[str, str], None]) -> None:
        self.environment = environment
        self.put = put  # queue, whatever text: as somebody who is no Celery


@pytest.fixture(scope="module")
def sqs() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["redis", "sqs"])
def broker(request, monkeypatch, settings) -> Iterator[Broker]:
    made = on_redis() if request.param == "redis" else on_sqs(request, monkeypatch)
    url = made.environment["CELERY_BROKER_URL"]
    settings.CELERY_BROKER_URL = url
    settings.SQS_DEAD_LETTERS_URL = made.environment.get("SQS_DEAD_LETTERS_URL", "")
    urls = {
        queues.DEFAULT: made.environment.get("SQS_DEFAULT_URL", ""),
        queues.MESSAGES: made.environment.get("SQS_MESSAGES_URL", ""),
        queues.DOCUMENTS: made.environment.get("SQS_DOCUMENTS_URL", ""),
    }
    options = queues.transport_options(url, region=REGION, urls=urls)
    monkeypatch.setattr(app.conf, "broker_url", url)
    monkeypatch.setattr(app.conf, "broker_write_url", url)
    before = app.conf.broker_transport_options
    app.conf.broker_transport_options = options
    hints.forget()
    yield made
    hints.forget()
    app.conf.broker_transport_options = before


def on_redis() -> Broker:
    import redis

    url = os.environ["CELERY_BROKER_URL"].rsplit("/", 1)[0] + f"/{REDIS_DATABASE}"
    client = redis.Redis.from_url(url)
    client.flushdb()
    return Broker({"CELERY_BROKER_URL": url}, lambda queue, text: client.lpush(queue, text))


def on_sqs(request, monkeypatch) -> Broker:
    endpoint = request.getfixturevalue("sqs")
    variables = {
        "AWS_ENDPOINT_URL_SQS": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("sqs", region_name=REGION)
    dead = client.create_queue(QueueName="dead-letters")["QueueUrl"]
    asked = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": asked["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "1800"}
    made = {
        name: client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        for name in queues.NAMES
    }
    return Broker(
        {
            **variables,
            "CELERY_BROKER_URL": "sqs://",
            "AWS_REGION": REGION,
            "SQS_DEFAULT_URL": made[queues.DEFAULT],
            "SQS_MESSAGES_URL": made[queues.MESSAGES],
            "SQS_DOCUMENTS_URL": made[queues.DOCUMENTS],
            "SQS_DEAD_LETTERS_URL": dead,
        },
        lambda queue, text: client.send_message(QueueUrl=made[queue], MessageBody=text),
    )


@pytest.fixture
def worker(broker: Broker, tmp_path: Path, transactional_db: None) -> Iterator[subprocess.Popen]:
    """One process that listens to all queues, as the cloud would start it."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        **broker.environment,
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{address}",
        "BROKEN": str(tmp_path / "broken"),
        "REPAIRED": str(tmp_path / "repaired"),
        "PYTHONWARNINGS": "ignore",
    }
    program = [sys.executable, "-m", "celery", "-A", "clinic", "worker", "-P", "solo"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    extra = ["-I", "tests.brokers.tasks", "--loglevel", "INFO"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*program, *quiet, *extra],
            cwd=HERE,
            env=environment,
            stdout=log,
            stderr=log,
        )
        process.log = tmp_path / "log"  # type: ignore[attr-defined]
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def eventually(look: Callable[[], object], *, what: str, worker: subprocess.Popen) -> None:
    """Wait until it is so; a worker that died meanwhile says why."""
    until = time.monotonic() + 120
    while not look():
        assert worker.poll() is None, worker.log.read_text()[-3000:]  # type: ignore[attr-defined]
        assert time.monotonic() < until, f"{what}\n{worker.log.read_text()[-6000:]}"  # type: ignore[attr-defined]
        time.sleep(0.1)
