"""The clock, whose container is a new one with every version."""

from __future__ import annotations

from celery.beat import Scheduler

from clinic.beat import Clock
from clinic.celery import app

DAILY = "purge-documents"


def due(kind: type[Scheduler]) -> set[str]:
    schedule = kind(app).schedule
    return {name for name, entry in schedule.items() if entry.is_due().is_due}


def test_what_runs_daily_is_due_when_the_clock_starts() -> None:
    """Celery's own would start it a day later: never, where a version comes every day."""
    assert DAILY not in due(Scheduler)
    assert due(Clock) == set(app.conf.beat_schedule)


def test_what_was_started_is_due_again_only_after_its_interval() -> None:
    clock = Clock(app)

    clock.schedule[DAILY] = next(clock.schedule[DAILY])

    assert not clock.schedule[DAILY].is_due().is_due


def test_our_clock_is_the_one_that_beat_runs() -> None:
    assert app.Beat().scheduler_cls == "clinic.beat:Clock"


def test_it_shows_that_it_lives(tmp_path, monkeypatch) -> None:
    file = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(file))
    clock = Clock(app)
    clock.schedule.clear()  # nothing to start

    clock.tick()

    assert file.exists()
