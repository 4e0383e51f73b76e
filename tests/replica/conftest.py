"""A streaming replica of the run's own database, known to Django for the length of a test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import MethodType
from typing import Any

import pytest
from django.db import connection, connections

from clinic.lib import databases
from clinic.lib.replica import ALIAS, positions
from deploy.local import replica as local
from deploy.local.services import Services


@pytest.fixture(scope="session")
def server(embedded_services: Services, django_db_setup: None) -> Iterator[local.Replica]:
    with local.running(embedded_services.postgres) as replica:
        yield replica


class Follower:
    """The replica, as a test sees it."""

    def __init__(self) -> None:
        self.paused = False

    def ask(self, sql: str) -> Any:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def catch_up(self) -> None:
        """Wait until it has replayed everything, and forget what was noted before."""
        started = time.monotonic()
        while self.ask(positions.REPLICA) < positions.primary_position():
            waited = time.monotonic() - started
            assert waited < 20, "the replica does not follow"
            time.sleep(0.01)
            if waited > 1:  # a log that ends with a full page is only passed with the next record
                self.tell("SELECT pg_log_standby_snapshot()")
        positions.forget()

    @staticmethod
    def tell(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def pause(self) -> None:
        """From now on it falls behind; that it was near until now is noted."""
        self.catch_up()
        positions.reached(0)
        self.ask("SELECT pg_wal_replay_pause()::text")
        self.paused = True

    def resume(self) -> None:
        if self.paused:
            self.ask("SELECT pg_wal_replay_resume()::text")
            self.paused = False
        self.catch_up()


@pytest.fixture
def follower(
    transactional_db: None, server: local.Replica, settings: Any, django_db_blocker: Any
) -> Iterator[Follower]:
    known = {**connections.settings["default"], "PORT": server.port}
    connections.settings[ALIAS] = databases.completed_replica(known)
    # Django lets a test connect only to what was known when it began.
    real = django_db_blocker._real_ensure_connection
    connections[ALIAS].ensure_connection = MethodType(real, connections[ALIAS])
    settings.DATABASE_ROUTERS = ["clinic.lib.replica.router.Router"]
    settings.DATABASE_REPLICA_LAG = 600  # tests about lag say less
    positions.forget()
    made = Follower()
    try:
        made.tell("SET synchronous_commit = on")  # or the log would leave five times a second
        made.catch_up()
        yield made
        positions.forget()
        made.resume()
        made.tell("RESET synchronous_commit")
    finally:
        positions.forget()
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]
