"""Free times computed by a replica: the cache keeps none that is older than its generation."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django_redis import get_redis_connection

from booking import answers, changed_days, operations, queries
from clinic.lib import replica
from clinic.lib.replica import ALIAS, reading
from tests.factories import TOMORROW, World, at
from tests.replica.conftest import Follower

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(follower: Follower, settings: Any) -> World:
    settings.CACHE_TTL_SECONDS = 60
    get_redis_connection("default").flushdb()
    made = World()
    follower.catch_up()
    return made


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By which database the answers were computed."""
    found: list[str] = []
    original = queries.free_times

    def noting(**fields: Any) -> Any:
        found.append(reading.alias())
        return original(**fields)

    monkeypatch.setattr(queries, "free_times", noting)
    return found


def ask(world: World) -> list[str]:
    answer = answers.free_times(
        visit_type=world.checkup, first=TOMORROW, last=TOMORROW, now=world.now
    )
    slots = orjson.loads(answer.body)["slots"]
    return [f"{slot['start'][11:16]}×{slot['doctors']}" for slot in slots]


def known(world: World, follower: Follower) -> None:
    """The cache knows of the day, and the replica has come as far as that."""
    changed_days.needed_position(world.clinic.pk, [TOMORROW])
    follower.catch_up()


def test_the_replica_computes_them(world: World, follower: Follower, computed: list[str]) -> None:
    known(world, follower)

    assert ask(world)[0] == "09:00×2"
    assert computed == [ALIAS]


def test_a_booking_is_seen_at_once_while_the_replica_knows_nothing_of_it(
    world: World, follower: Follower, computed: list[str]
) -> None:
    known(world, follower)
    assert ask(world)[0] == "09:00×2"
    follower.pause()

    world.book("09:00")

    assert ask(world)[0] == "09:00×1"
    assert computed == [ALIAS, "default"]
    assert ask(world)[0] == "09:00×1"  # and that is what the cache keeps
    follower.resume()
    world.book("09:00")
    follower.catch_up()
    assert ask(world)[0] == "09:15×2"
    assert computed[2:] == [ALIAS]


def test_without_the_guard_the_cache_would_keep_the_time_that_was_taken(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(world, follower)
    follower.pause()
    monkeypatch.setattr(answers, "needed_position", lambda *args: 0)
    world.book("09:00")

    assert ask(world)[0] == "09:00×2"
    follower.resume()
    assert ask(world)[0] == "09:00×2"  # from the cache, under the new generation


def test_a_time_from_a_stale_list_is_not_booked_twice(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if a list were stale: what decides is the primary."""
    known(world, follower)
    follower.pause()
    monkeypatch.setattr(answers, "needed_position", lambda *args: 0)
    world.book("09:00", doctor=world.ada)
    world.book("09:00", doctor=world.bob)
    assert ask(world)[0] == "09:00×2"

    with pytest.raises(operations.Taken):
        replica.read(lambda: world.book("09:00"))


def test_a_change_between_the_reading_of_the_replica_and_the_storing_is_not_served(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(world, follower)
    original = answers._store

    def book_first(*args: object) -> None:
        monkeypatch.setattr(answers, "_store", original)
        follower.pause()
        world.book("09:00")
        original(*args)

    monkeypatch.setattr(answers, "_store", book_first)

    assert ask(world)[0] == "09:00×2"
    assert ask(world)[0] == "09:00×1"


def test_of_two_changes_the_later_position_stays_whoever_tells_it_last(world: World) -> None:
    client = get_redis_connection("default")
    for position in (2_000, 1_000):
        changed_days._note_position(client, world.clinic.pk, [TOMORROW], position)

    assert changed_days.needed_position(world.clinic.pk, [TOMORROW]) == 2_000


def test_a_position_that_the_primary_did_not_tell_is_out_of_reach(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch, computed: list[str]
) -> None:
    def away() -> int:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(replica, "primary_position", away)
        changed_days.raise_generations(world.clinic.pk, [TOMORROW])
    follower.catch_up()

    ask(world)
    assert computed == ["default"]


def test_a_line_that_broke_after_the_change_keeps_no_generation_from_being_raised(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise InterfaceError  # no DatabaseError, to Django

    assert ask(world)[0] == "09:00×2"
    monkeypatch.setattr(replica, "primary_position", broken)

    world.book("09:00")

    assert ask(world)[0] == "09:00×1"


def test_who_only_asks_while_the_primary_is_away_leaves_nothing_out_of_reach(
    world: World, follower: Follower, monkeypatch: pytest.MonkeyPatch, computed: list[str]
) -> None:
    def away() -> int:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(replica, "primary_position", away)
        assert changed_days.needed_position(world.clinic.pk, [TOMORROW]) is None
    known(world, follower)

    ask(world)
    assert computed == [ALIAS]


def test_without_valkey_the_primary_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, computed: list[str]
) -> None:
    monkeypatch.setattr(changed_days, "_resting_until", float("inf"))

    assert ask(world)[0] == "09:00×2"
    assert computed == ["default"]


def test_the_fast_lane_reads_the_replica_and_the_booking_after_it_the_primary(
    world: World, follower: Follower, computed: list[str]
) -> None:
    known(world, follower)
    asked = f"/api/v1/availability?from={TOMORROW}&to={TOMORROW}&visit_type={world.checkup.slug}"
    assert Client().get(asked).status_code == 200
    assert computed == [ALIAS]
    follower.pause()
    world.book("09:00", doctor=world.ada)
    world.book("09:00", doctor=world.bob)

    assert at("09:00").strftime("%H:%M") not in ask(world)[0]
