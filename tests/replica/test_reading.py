"""What is read from the replica, what never is, and what comes of one that lags or is away."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from accounts.models import Doctor
from clinic.lib import databases, replica
from clinic.lib.replica import ALIAS, positions, reading
from clinic.lib.replica.marks import COOKIE
from tests.factories import World
from tests.replica.conftest import Follower

pytestmark = pytest.mark.django_db(transaction=True)
DOCTORS = "/api/v1/doctors"


@pytest.fixture
def world(follower: Follower) -> World:
    made = World()
    follower.catch_up()
    return made


def where() -> str:
    """The database that a query of Django's goes to right now, by what its server says."""
    found = Doctor.objects.extra(select={"port": "inet_server_port()"}).values_list("port")
    ports = {alias: connections[alias].settings_dict["PORT"] for alias in ("default", ALIAS)}
    return next(alias for alias, port in ports.items() if int(port) == found[0][0])


def rename(world: World, name: str) -> None:
    Doctor.objects.filter(pk=world.ada.pk).update(name=name)


def named(client: Client) -> set[str]:
    return {doctor["name"] for doctor in client.get(DOCTORS).json()}


def test_the_replica_is_read_only_where_the_code_says_so(world: World) -> None:
    assert where() == "default"
    assert replica.read(where) == ALIAS
    assert where() == "default"


def test_within_a_transaction_the_primary_is_read(world: World) -> None:
    with transaction.atomic():
        assert replica.read(where) == "default"

    def begins_one() -> str:
        with transaction.atomic():
            return where()

    assert replica.read(begins_one) == "default"


def test_a_request_that_may_change_something_reads_the_primary(world: World) -> None:
    with reading.asked_by(decides=True, written=0):
        assert replica.read(where) == "default"
    with reading.asked_by(decides=False, written=0):
        assert replica.read(where) == ALIAS


def test_what_was_read_there_is_saved_in_the_primary(world: World, follower: Follower) -> None:
    doctor = replica.read(lambda: Doctor.objects.get(pk=world.ada.pk))
    assert doctor._state.db == ALIAS

    doctor.name = "Dr. Saved"
    doctor.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM accounts_doctor WHERE id = %s", [doctor.pk])
        assert cursor.fetchone() == ("Dr. Saved",)
    assert doctor.visit_types.count() >= 1


def test_whoever_wrote_reads_it_and_others_a_little_later(world: World, follower: Follower) -> None:
    writer, stranger = Client(), Client()
    follower.pause()
    rename(world, "Dr. Renamed")
    writer.post("/no/such/page/")

    assert COOKIE in writer.cookies
    assert "Dr. Renamed" in named(writer)
    assert "Dr. Renamed" not in named(stranger)
    follower.resume()
    assert "Dr. Renamed" in named(stranger)
    assert "Dr. Renamed" in named(writer)


def test_a_mark_that_somebody_made_up_is_none(world: World, follower: Follower) -> None:
    follower.pause()
    rename(world, "Dr. Renamed")
    forger = Client()
    forger.cookies[COOKIE] = str(2**62)

    assert "Dr. Renamed" not in named(forger)


def test_to_look_leaves_no_mark(world: World) -> None:
    visitor = Client()
    visitor.get(DOCTORS)
    visitor.get("/")

    assert COOKIE not in visitor.cookies


def test_a_replica_too_far_behind_is_not_read_until_it_has_come_nearer(
    world: World, follower: Follower, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "NOTE_SECONDS", 0)
    follower.pause()
    rename(world, "Dr. Renamed")
    positions.forget()
    assert replica.read(where) == "default"  # of a replica not known yet everything is asked
    follower.resume()
    assert replica.read(where) == ALIAS
    follower.pause()
    rename(world, "Dr. Again")
    positions._noted.append((positions.time.monotonic() - 300, 1))

    assert replica.read(where) == ALIAS  # 300 seconds are within 600
    settings.DATABASE_REPLICA_LAG = 0
    assert replica.read(where) == "default"
    follower.resume()
    assert replica.read(where) == ALIAS


def test_nothing_happening_is_no_lag(world: World, settings: Any) -> None:
    settings.DATABASE_REPLICA_LAG = 0

    assert replica.read(where) == ALIAS


def test_a_replica_that_is_away_is_asked_once_and_then_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        there, gone = connections[ALIAS].settings_dict["PORT"], nobody.getsockname()[1]
        connections[ALIAS].close()
        monkeypatch.setitem(connections[ALIAS].settings_dict, "PORT", gone)
        tried: list[int] = []
        original = connections[ALIAS].get_new_connection
        monkeypatch.setattr(
            connections[ALIAS],
            "get_new_connection",
            lambda params: tried.append(1) or original(params),
        )
        assert [replica.read(Doctor.objects.count) for _ in range(3)] == [2, 2, 2]
        assert len(tried) == 1

    monkeypatch.setitem(connections[ALIAS].settings_dict, "PORT", there)
    positions.forget()  # as after REST_SECONDS
    assert replica.read(where) == ALIAS


def test_a_replica_that_fails_in_the_middle_costs_a_second_reading(world: World) -> None:
    asked: list[str] = []

    def work() -> int:
        asked.append(where())
        if asked[-1] == ALIAS:
            with connections["default"].cursor(), connections[ALIAS].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Doctor.objects.count()

    assert replica.read(work) == 2
    assert asked == [ALIAS, "default"]


def test_a_line_that_was_made_anew_is_not_believed_to_have_come_as_far_as_the_one_before(
    world: World,
) -> None:
    """The replica was restarted, or replaced, between two requests of this thread."""
    assert replica.read(where) == ALIAS
    line = connections[ALIAS]
    line.connection.replayed = 2**50
    with line.get_new_connection(line.get_connection_params()) as another:
        another.execute("SELECT pg_terminate_backend(%s)", [line.connection.info.backend_pid])
    line.close_if_unusable_or_obsolete()  # a new request begins

    with reading.asked_by(decides=False, written=2**49):
        assert replica.read(where) == "default"
    assert replica.read(where) == ALIAS


def test_a_failure_of_the_primary_stays_one(world: World) -> None:
    def work() -> None:
        raise OperationalError("the primary")

    with transaction.atomic(), pytest.raises(OperationalError):
        replica.read(work)


def test_a_replica_that_became_a_database_of_its_own_is_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = connections["default"].settings_dict["PORT"]
    connections[ALIAS].close()
    with monkeypatch.context() as patched:
        patched.setitem(connections[ALIAS].settings_dict, "PORT", port)

        assert replica.read(lambda: connections[ALIAS].connection) is None


def test_a_replica_that_says_nothing_is_given_up_within_seconds() -> None:
    options = databases.completed_replica({})["OPTIONS"]
    assert options["connect_timeout"] == 2
    silent = (
        options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    )
    assert silent <= 4
    assert options["tcp_user_timeout"] == 3000
