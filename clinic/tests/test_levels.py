"""How things stand, once a minute."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
import redis
from django.conf import settings as django_settings

from clinic import levels, tasks
from clinic.lib import dead_letters, queue_lengths
from clinic.lib.metrics import names
from notifications import outbox
from notifications.models import Attempt, Message
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def empty_queues() -> None:
    redis.Redis.from_url(django_settings.CELERY_BROKER_URL).flushdb()


def message(*, template: str = "booked", send_after: dt.datetime) -> Message:
    return outbox.enqueue(
        template=template, recipient="maria@example.org", dedupe_key=uuid.uuid4().hex,
        context={}, patient_id=factories.patient().pk, send_after=send_after, now=NOW,
    )  # fmt: skip


def found() -> dict[tuple[str, ...], float]:
    return {
        (level.metric.name, *(value for _name, value in level.by)): level.value
        for level in levels.read(now=NOW)
    }


def test_a_quiet_clinic() -> None:
    quiet = found()
    assert quiet.pop(("DatabaseConnections",)) >= 1
    assert set(quiet.values()) == {0}
    told = {name for name, *_by in quiet}
    expected = {name for name, metric in names.ALL.items() if metric.kind == names.LEVEL}
    assert told == expected - {"DatabaseConnections", "ReplicaLagSeconds"}
    assert {by[0] for name, *by in quiet if name == "WorkerBacklog"} == set(names.QUEUES)


def test_what_is_due_counts_from_when_it_was_and_what_is_for_later_does_not() -> None:
    message(send_after=NOW - 7 * MINUTE)
    message(template="reminder", send_after=NOW - 6 * MINUTE)
    message(template="reminder", send_after=NOW + MINUTE)
    now = found()
    assert now["MessagesDue",] == now["WorkerBacklog", "messages"] == 2
    assert now["OldestMessageSeconds",] == 420
    assert now["OldestReminderSeconds",] == 360 > 300


def test_a_reminder_that_is_tried_again_and_again_waits_since_its_first_try() -> None:
    """Each try makes it due later, so that by when it is due it would never be old."""
    tried = message(template="reminder", send_after=NOW + MINUTE)
    Attempt.objects.create(
        message=tried, begun_at=NOW - 9 * MINUTE, ended_at=NOW, outcome="trouble"
    )
    assert found()["OldestReminderSeconds",] == 540
    Message.objects.update(status="void")
    assert found()["OldestReminderSeconds",] == 0


def test_the_queues_are_counted() -> None:
    client = redis.Redis.from_url(django_settings.CELERY_BROKER_URL)
    client.lpush("default", "a", "b")
    now = found()
    assert now["QueueMessages", "default"] == now["WorkerBacklog", "default"] == 2
    assert now["QueueMessages", "messages"] == 0


def test_a_broker_that_is_away_leaves_out_what_only_it_knows(monkeypatch) -> None:
    def away() -> None:
        raise OSError

    monkeypatch.setattr(queue_lengths, "read", away)
    monkeypatch.setattr(dead_letters, "count", away)
    known = {name for name, *_by in found()}
    assert {"OldestReminderSeconds", "DatabaseConnections"} <= known
    assert not {"QueueMessages", "DeadLetters"} & known


def test_the_task_tells_them_where_it_is_asked_to(settings, capfd) -> None:
    assert tasks.measure() == 0
    settings.METRICS = "emf"
    number = tasks.measure()
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert number > 8
    assert {"OldestReminderSeconds", "DeadLetters"} <= set().union(*lines)
    assert "maria" not in str(lines)
