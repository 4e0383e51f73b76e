from __future__ import annotations

import socket
import threading
import time

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.test import Client

from clinic import views
from clinic.lib import stopping


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_migrated", False)
    monkeypatch.setattr(views, "_asked_store", None)
    monkeypatch.setattr(views, "STORE_SECONDS", 30)  # a busy machine is no silent store


def test_alive_asks_nothing_of_any_store(client: Client) -> None:
    """Without the database fixture, any query would fail this test."""
    assert client.get("/livez").content == b"ok\n"


@pytest.mark.django_db
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert set(answer.json()["checks"].values()) == {"ok"}


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["_cache", "_storage"])
def test_without_cache_or_storage_it_is_degraded_and_serves(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(views, part, lambda: "unreachable")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_a_store_that_accepts_and_says_nothing_is_given_up_within_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {
            **settings.STORAGES["default"]["OPTIONS"],
            "endpoint_url": f"http://127.0.0.1:{silent.getsockname()[1]}",
        }
        storage = storages.create_storage({**settings.STORAGES["default"], "OPTIONS": options})
        monkeypatch.setattr(views, "default_storage", storage)
        started = time.monotonic()
        answer = client.get("/readyz")
        assert views._asked_store is not None
        views._asked_store.result()  # the thread is free again for the next test

    assert time.monotonic() - started < 30  # boto3 by itself would take minutes
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["storage"] == "unreachable"


@pytest.mark.django_db
def test_nobody_waits_long_for_the_database() -> None:
    assert settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] == 3
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)


@pytest.mark.django_db
def test_pending_migrations_are_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.MigrationExecutor, "migration_plan", lambda *args: ["one"])

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "pending")


@pytest.mark.django_db
def test_without_a_database_it_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> None:
        raise OperationalError

    monkeypatch.setattr(views.connection, "cursor", unreachable)
    monkeypatch.setattr(views.MigrationExecutor, "__init__", lambda *args: unreachable())

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["checks"]["database"] == "unreachable"


@pytest.mark.django_db
def test_asked_to_stop_it_lives_and_wants_no_more_requests(client: Client) -> None:
    assert client.get("/readyz").status_code == 200
    stopping.begin()
    try:
        answer = client.get("/readyz")
        alive = client.get("/livez")
    finally:
        stopping.forget()

    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")
    assert alive.status_code == 200


@pytest.mark.django_db
def test_a_silent_store_keeps_no_load_balancer_waiting(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for seconds, and would take every one of us for dead."""
    answered = threading.Event()

    def silent() -> str:
        return "ok" if answered.wait(30) else "late"

    monkeypatch.setattr(views, "_ask_storage", silent)
    monkeypatch.setattr(views, "STORE_SECONDS", 0.01)
    checks = [client.get("/readyz").json() for _ in range(2)]
    answered.set()  # only now: who had waited for it would have been told "late"

    assert [found["status"] for found in checks] == ["degraded"] * 2
    assert views._asked_store is not None
    assert views._asked_store.result() == "ok"
