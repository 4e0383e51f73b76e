"""The table of what runs by the clock."""

from __future__ import annotations

import pytest

from clinic.celery import app

ENTRIES = app.conf.beat_schedule


@pytest.mark.parametrize("name", ENTRIES)
def test_what_was_not_run_before_the_next_is_due_is_dropped(name: str) -> None:
    entry = ENTRIES[name]

    assert entry["options"]["expires"] == entry["schedule"]


@pytest.mark.parametrize("name", ENTRIES)
def test_every_task_that_is_called_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert ENTRIES[name]["task"] in app.tasks
