"""A visit moves between the reading of who is to be reminded and the writing of the messages.

Two guards: the statement locks the visit, so that it waits for a move that has not committed yet
and does not tell the old time; and it leaves out who agreed to a time when its reminder was due by
then, as that one has been told of it just now.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from booking import operations
from booking.models import Appointment
from booking.reminders import send_reminders, sending, statements
from notifications.models import Message
from tests.factories import NOW, SYSTEM, World, at

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DAY = dt.timedelta(days=1)
AGREED_BEFORE = "AND greatest(a.booked_at, a.decided_at, a.moved_at) < m.due"
LOCKED = "FOR SHARE OF a"
WAITS = """
SELECT count(*) FROM pg_stat_activity
 WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
PATIENCE = 60.0  # seconds


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return bool(cursor.fetchone()[0])


def told_times(monkeypatch: pytest.MonkeyPatch, *, commits_first: bool) -> list[str]:
    """Of which times a visit's reminders speak that moves from 9:00 meanwhile, before the writing
    begins or while it is under way. Of what starts at 11:30 reminders are written too."""
    world = World()
    visit = world.book("09:00")
    world.book("11:30", doctor=world.bob)
    world.book("11:45")
    long_ago = NOW - 60 * DAY
    Appointment.objects.update(booked_at=long_ago, created_at=long_ago)
    now = at("11:45") - DAY
    moved, written = threading.Event(), threading.Event()

    def move() -> None:
        with transaction.atomic():
            operations.reschedule(appointment=visit, start=at("11:30"), by=SYSTEM, now=now)
            if not commits_first:
                moved.set()
                until = time.monotonic() + PATIENCE
                while not (written.is_set() or somebody_waits()) and time.monotonic() < until:
                    time.sleep(0.01)
        moved.set()
        connection.close()

    mover = threading.Thread(target=move)
    enqueue = sending._Run._enqueue

    def during_a_move(self: Any, *args: Any, **fields: Any) -> int:
        if mover.ident is None:
            mover.start()
            assert moved.wait(PATIENCE)
        count = enqueue(self, *args, **fields)
        written.set()
        return count

    monkeypatch.setattr(sending._Run, "_enqueue", during_a_move)
    send_reminders(clinic=world.clinic, now=now)
    mover.join()
    found = Message.objects.filter(
        about=f"appointment:{visit.pk}", template="reminder", status="queued"
    )
    return [message.context["when"] for message in found]


def without(monkeypatch: pytest.MonkeyPatch, guard: str, instead: str) -> None:
    assert guard in statements.MESSAGES
    monkeypatch.setattr(statements, "MESSAGES", statements.MESSAGES.replace(guard, instead))


def test_without_a_look_at_when_it_was_agreed_what_was_just_said_is_said_again(
    monkeypatch,
) -> None:
    without(monkeypatch, AGREED_BEFORE, "")
    assert told_times(monkeypatch, commits_first=True) == ["Tuesday 2 June, 11:30 am"]


def test_without_the_lock_a_move_that_is_under_way_is_not_seen(monkeypatch) -> None:
    without(monkeypatch, LOCKED, "")
    assert told_times(monkeypatch, commits_first=False) == ["Tuesday 2 June, 9:00 am"]


@pytest.mark.parametrize("commits_first", [True, False])
def test_with_both_nobody_is_told_the_old_time(monkeypatch, commits_first: bool) -> None:
    assert told_times(monkeypatch, commits_first=commits_first) == []
