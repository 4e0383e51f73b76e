"""The table of what runs by the clock."""

from __future__ import annotations

from pathlib import Path

import kombu
import pytest
from kombu.utils import functional

from clinic.celery import app
from clinic.worker import Consumer

ENTRIES = app.conf.beat_schedule


@pytest.mark.parametrize("name", ENTRIES)
def test_what_was_not_run_before_the_next_is_due_is_dropped(name: str) -> None:
    entry = ENTRIES[name]

    assert entry["options"]["expires"] == entry["schedule"]


@pytest.mark.parametrize("name", ENTRIES)
def test_every_task_that_is_called_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert ENTRIES[name]["task"] in app.tasks


def test_a_worker_that_waits_for_its_broker_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an outage of minutes would have every worker replaced, with what it has begun."""
    waited: list[float] = []
    monkeypatch.setenv("ALIVE_FILE", str(tmp_path / "alive"))
    monkeypatch.setattr(functional, "sleep", waited.append)
    monkeypatch.setitem(app.conf, "broker_connection_max_retries", 1)
    consumer = Consumer.__new__(Consumer)
    consumer.app, consumer.first_connection_attempt = app, False
    consumer.broker_connection_retry_attempt = 0

    with pytest.raises(kombu.exceptions.OperationalError):
        consumer.ensure_connected(kombu.Connection("redis://127.0.0.1:1/0"))

    assert waited
    assert (tmp_path / "alive").exists()
