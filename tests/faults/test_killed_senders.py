"""Reminders while those who send them are killed; `make soak-reminders` is the long version.

The provider's stand-in counts what it took before it answers, and lives on: it is the truth.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator

import pytest
from django.db import connections
from django.utils import timezone

from benchmarks import ses_stub
from notifications import channels, delivery, limits
from notifications.catalog import SAMPLE_CONTEXT
from notifications.delivery import claiming, losing
from notifications.models import Attempt, Message, Outcome
from notifications.outbox import Draft, enqueue_many

REMINDERS, KILLS = 300, 3
LEASE = dt.timedelta(seconds=1)
forking = multiprocessing.get_context("fork")  # a new interpreter would cost a second each


@pytest.fixture
def stub(settings, monkeypatch) -> Iterator[ses_stub.Stub]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setattr(claiming, "LEASE", LEASE)
    settings.EMAIL_OUTLET = "ses"
    # So that there is a middle in which to be killed.
    with ses_stub.running(latency_ms=50) as running:
        settings.SES_ENDPOINT_URL = running.url
        settings.EMAIL_PER_SECOND = 400
        yield running


@pytest.fixture
def reminders(transactional_db: None) -> list[str]:
    now = timezone.now()
    enqueue_many(
        [
            Draft(
                template="reminder",
                recipient=f"patient{number}@example.org",
                dedupe_key=f"appointment:{number}:v1:reminder-24h",
                context=SAMPLE_CONTEXT["reminder"],
            )
            for number in range(REMINDERS)
        ],
        now=now,
    )
    return [str(pk) for pk in Message.objects.values_list("pk", flat=True)]


def test_killed_in_the_midst_nothing_is_lost_and_what_left_twice_is_known(stub, reminders) -> None:
    for _kill in range(KILLS):
        _send_and_be_killed(stub)
    _send_the_rest()

    assert set(stub.book.times) == set(reminders)
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    lost = Attempt.objects.filter(outcome=Outcome.LOST).values_list("message_id", flat=True)
    known = [str(pk) for pk in lost]
    assert known  # somebody was indeed killed with something in flight
    for message, times in stub.book.times.items():
        assert times - 1 <= known.count(message), message


def test_without_a_look_for_what_the_killed_had_begun_it_is_lost(
    stub, reminders, monkeypatch
) -> None:
    monkeypatch.setattr(losing, "take_back", lambda *, now: {})
    _send_and_be_killed(stub)
    _send_the_rest()

    assert Message.objects.filter(status="sending").exists()


def _send_and_be_killed(stub: ses_stub.Stub) -> None:
    """Killed when something has been taken and more is on its way."""
    before = stub.book.times.total()
    sender = forking.Process(target=_send)
    connections.close_all()  # or both would talk over the same line
    sender.start()
    deadline = time.monotonic() + 60
    while stub.book.times.total() == before:
        assert sender.is_alive() and time.monotonic() < deadline
        time.sleep(0.002)
    assert sender.pid is not None
    os.kill(sender.pid, signal.SIGKILL)
    sender.join()


def _send() -> None:
    channels.forget()
    limits.forget()
    delivery.deliver_due()


def _send_the_rest() -> None:
    time.sleep(LEASE.total_seconds())  # until the last one's has run out
    delivery.deliver_due()
