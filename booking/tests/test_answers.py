"""Cached free times: fresh after every change, never after their time, and without Valkey too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.conf import settings
from django_redis import get_redis_connection

from booking import answers, changed_days, operations, queries
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(settings: Any) -> World:
    settings.CACHE_TTL_SECONDS = 60
    get_redis_connection("default").flushdb()
    return World()


def ask(world: World, now: dt.datetime | None = None, **fields: object) -> list[str]:
    wanted = {"visit_type": world.checkup, "first": TOMORROW, "last": TOMORROW}
    answer = answers.free_times(**wanted | fields, now=now or world.now)
    slots = orjson.loads(answer.body)["slots"]
    return [f"{slot['start'][11:16]}×{slot['doctors']}" for slot in slots]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Counts how often free times are read from PostgreSQL."""
    calls: list[int] = []
    original = queries.free_times

    def counting(**fields: object) -> object:
        calls.append(1)
        return original(**fields)

    monkeypatch.setattr(queries, "free_times", counting)
    return calls


def test_the_bytes_have_the_promised_shape(world: World) -> None:
    answer = answers.free_times(
        visit_type=world.checkup, first=TOMORROW, last=TOMORROW, now=world.now
    )

    document = orjson.loads(answer.body)
    assert document["timezone"] == "UTC"
    assert document["visit_type"] == "checkup"
    assert document["slots"][0] == {"start": "2026-06-02T09:00:00Z", "doctors": 2}


def test_pages_are_told_what_postgresql_would_tell_them(world: World, computed: list[int]) -> None:
    wanted = {"first": TOMORROW, "last": TOMORROW, "now": world.now}
    world.book("09:00", doctor=world.ada)
    for visit_type, doctor in ((world.checkup, None), (world.checkup, world.bob)):
        asked = {"visit_type": visit_type, "doctor": doctor, **wanted}
        truth = queries.free_times(**asked)
        computed.clear()
        assert answers.times(**asked) == truth
        assert answers.times(**asked) == truth
        assert len(computed) == 1


def test_asking_again_asks_postgresql_no_more(world: World, computed: list[int]) -> None:
    first, again = ask(world), ask(world)

    assert first == again
    assert len(computed) == 1


def test_every_change_is_seen_at_once(world: World) -> None:
    assert ask(world)[0] == "09:00×2"
    visit = world.book("09:00")
    assert ask(world)[0] == "09:00×1"
    operations.reschedule(appointment=visit, start=at("10:00"), by=SYSTEM, now=world.now)
    assert "09:00×2" in ask(world)
    assert "10:00×1" in ask(world)
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
    assert "10:00×2" in ask(world)
    hold = world.hold("11:00")
    assert "11:00×1" in ask(world)
    operations.release(hold=hold, by=SYSTEM, now=world.now)
    assert "11:00×2" in ask(world)


def test_a_refused_booking_drops_nothing(world: World, computed: list[int]) -> None:
    ask(world)
    with pytest.raises(operations.NotOffered):
        world.book("20:00")
    before = len(computed)
    ask(world)

    assert len(computed) == before


def test_an_answer_ends_when_a_hold_in_it_runs_out(world: World) -> None:
    world.hold("09:00")
    almost = world.now + dt.timedelta(minutes=9, seconds=30)

    assert ask(world, now=almost)[0] == "09:00×1"
    assert ask(world, now=almost + dt.timedelta(seconds=30))[0] == "09:00×2"


def test_an_answer_ends_when_its_first_start_is_too_soon(world: World) -> None:
    last_moment = at("08:00")

    assert ask(world, now=last_moment)[0] == "09:00×2"
    assert ask(world, now=last_moment + dt.timedelta(seconds=1))[0] == "09:15×2"


def test_an_answer_lives_no_longer_than_the_setting(world: World, computed: list[int]) -> None:
    ask(world)
    ask(world, now=world.now + dt.timedelta(seconds=settings.CACHE_TTL_SECONDS - 1))
    assert len(computed) == 1
    ask(world, now=world.now + dt.timedelta(seconds=settings.CACHE_TTL_SECONDS))
    assert len(computed) == 2


def test_what_was_computed_before_a_change_is_never_served_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A booking commits between a reader's look at the database and its write to the cache."""
    original = answers._store

    def book_first(*args: object) -> None:
        monkeypatch.setattr(answers, "_store", original)
        world.book("09:00")
        original(*args)

    monkeypatch.setattr(answers, "_store", book_first)

    assert ask(world)[0] == "09:00×2"  # true when it was read
    assert ask(world)[0] == "09:00×1"


def test_doctors_and_visit_types_have_answers_of_their_own(world: World) -> None:
    other = factories.visit_type(world.clinic, world.ada)

    assert ask(world)[0] == "09:00×2"
    assert ask(world, doctor=world.ada)[0] == "09:00×1"
    assert ask(world, visit_type=other)[0] == "09:00×1"


def test_only_the_missing_days_are_read_again(world: World) -> None:
    week = {"first": TOMORROW, "last": TOMORROW + dt.timedelta(days=6)}
    factories.cells(world.ada, at("09:00", TOMORROW + dt.timedelta(days=5)), 1)

    assert len(ask(world, **week)) == 13
    world.book("09:00")
    assert ask(world, **week)[0] == "09:00×1"
    assert len(ask(world, **week)) == 13


def test_without_valkey_the_answer_is_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = ask(world)

    def unreachable(alias: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(changed_days, "get_redis_connection", unreachable)
    monkeypatch.setattr(changed_days, "_resting_until", 0.0)

    assert ask(world) == cached
    world.book("09:00")  # and bookings go on
    assert ask(world)[0] == "09:00×1"


def test_the_etag_names_the_bytes(world: World) -> None:
    def etag() -> str:
        return answers.free_times(
            visit_type=world.checkup, first=TOMORROW, last=TOMORROW, now=world.now
        ).etag

    before = etag()
    assert etag() == before
    world.book("09:00")
    assert etag() != before


def test_a_change_is_seen_by_others_while_this_process_lets_valkey_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(world)[0] == "09:00×2"
    monkeypatch.setattr(changed_days, "_resting_until", float("inf"))
    world.book("09:00")

    monkeypatch.setattr(changed_days, "_resting_until", 0.0)
    assert ask(world)[0] == "09:00×1"


def test_a_visit_after_midnight_changes_the_day_before_and_one_before_it_the_next(
    world: World,
) -> None:
    midnight = at("00:00", TOMORROW + dt.timedelta(days=1))
    before, after = midnight - dt.timedelta(minutes=15), midnight
    carl = factories.doctor(world.clinic)
    factories.cells(carl, before, 2)
    scan = factories.visit_type(world.clinic, carl, buffer_before=15)
    short = factories.visit_type(world.clinic, carl)
    days = {"first": TOMORROW, "last": TOMORROW + dt.timedelta(days=1)}
    assert ask(world, visit_type=scan, **days) == ["23:45×1", "00:00×1"]

    world.book(visit_type=short, start=before)

    assert ask(world, visit_type=scan, **days) == []
    assert ask(world, visit_type=short, **days) == [f"{after:%H:%M}×1"]
