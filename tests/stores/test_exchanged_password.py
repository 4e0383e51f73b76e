"""The database's password is exchanged while the application runs, and it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import environ
import pytest
import structlog
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from moto.server import ThreadedMotoServer
from psycopg import sql

from clinic.lib import databases
from clinic.lib.rotating import secret

pytestmark = pytest.mark.django_db(transaction=True)
ROLE = "exchanged"
FIRST, SECOND, THIRD = "CanaryFirst", "CanarySecond", "CanaryThird"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def manager(endpoint: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
    monkeypatch.setattr(secret, "REST_SECONDS", 0)
    client = boto3.client("secretsmanager", region_name=settings.AWS_REGION)
    made = client.create_secret(Name="database", SecretString=said(FIRST))
    settings.DATABASE_SECRET_ARN = made["ARN"]
    secret.forget()
    yield client
    client.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)
    secret.forget()


def said(password: str) -> str:
    return json.dumps({"username": ROLE, "password": password})


def exchange(password: str) -> None:
    """In the database, as a rotation does."""
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
        sql.Identifier(ROLE), sql.Literal(password)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))


@pytest.fixture
def role(manager: Any) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{FIRST}'")
        yield
        cursor.execute(f"DROP ROLE {ROLE}")


@pytest.fixture
def ours(role: None, settings: Any) -> Iterator[BaseDatabaseWrapper]:
    yield (made := wrapper(FIRST, settings.DATABASE_SECRET_ARN))
    made.close()


def wrapper(password: str, arn: str, *, role: str = ROLE) -> BaseDatabaseWrapper:
    known = connections.settings["default"]
    url = f"postgres://{role}:{password}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    found = databases.completed(environ.Env.db_url_config(url))
    return ConnectionHandler({"default": databases.exchanging(found, secret=arn)})["default"]


def asked(database: BaseDatabaseWrapper) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def test_an_open_connection_lives_on_and_a_new_one_finds_the_new_password(
    manager: Any, ours: BaseDatabaseWrapper, settings: Any
) -> None:
    assert asked(ours) == ROLE
    exchange(SECOND)
    manager.put_secret_value(SecretId=settings.DATABASE_SECRET_ARN, SecretString=said(SECOND))
    assert asked(ours) == ROLE

    ours.close()
    assert asked(ours) == ROLE
    assert secret.known(ROLE) == SECOND


def test_without_the_secrets_address_a_new_connection_is_refused(role: None) -> None:
    """The guard off: what every task would meet until the next deployment."""
    plain = wrapper(FIRST, "")
    exchange(SECOND)

    with pytest.raises(OperationalError, match="authentication failed"):
        asked(plain)


def test_the_password_that_is_pending_is_tried_too(
    manager: Any, ours: BaseDatabaseWrapper, settings: Any
) -> None:
    """The database has it already, and the secret's current one is still the old."""
    arn = settings.DATABASE_SECRET_ARN
    manager.put_secret_value(SecretId=arn, SecretString=said(THIRD), VersionStages=["AWSPENDING"])
    exchange(THIRD)

    assert asked(ours) == ROLE


def test_what_worked_is_used_by_the_next_connection_at_once(
    manager: Any, ours: BaseDatabaseWrapper, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange(SECOND)
    manager.put_secret_value(SecretId=settings.DATABASE_SECRET_ARN, SecretString=said(SECOND))
    asked(ours)
    ours.close()
    monkeypatch.setattr(secret, "_read", lambda: pytest.fail("asked again"))

    assert asked(ours) == ROLE


def test_what_worked_for_one_role_is_not_tried_for_another(
    manager: Any, ours: BaseDatabaseWrapper, settings: Any
) -> None:
    """A replica may be read by a role of its own, of which the secret knows nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}_reader LOGIN PASSWORD 'CanaryReader'")
    reader = wrapper("CanaryReader", settings.DATABASE_SECRET_ARN, role=f"{ROLE}_reader")
    try:
        for _ in range(2):
            assert (asked(ours), asked(reader)) == (ROLE, f"{ROLE}_reader")
            ours.close()
            reader.close()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {ROLE}_reader")


def test_an_address_without_a_password_begins_with_the_secrets(role: None, settings: Any) -> None:
    database = wrapper("", settings.DATABASE_SECRET_ARN)
    assert asked(database) == ROLE
    database.close()


def test_nothing_of_a_password_is_logged_or_said(
    manager: Any,
    ours: BaseDatabaseWrapper,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    exchange(THIRD)
    with structlog.testing.capture_logs() as logged, pytest.raises(OperationalError) as refusal:
        asked(ours)
    manager.put_secret_value(SecretId=settings.DATABASE_SECRET_ARN, SecretString="{CanaryBroken")
    with pytest.raises(OperationalError) as broken:
        asked(ours)

    everything = f"{refusal.value!r}{broken.value!r}{logged}{capfd.readouterr()}"
    everything += "".join(r.getMessage() for r in caplog.records if "boto" not in r.name)
    assert "password read again" in everything
    assert "Canary" not in everything


def test_a_secrets_manager_that_is_away_leaves_the_refusal(
    ours: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    exchange(SECOND)

    with pytest.raises(OperationalError, match="authentication failed"):
        asked(ours)


def test_another_failure_asks_for_no_secret(
    ours: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret, "_read", lambda: pytest.fail("asked"))
    monkeypatch.setitem(ours.settings_dict, "NAME", "no_such_database")

    with pytest.raises(OperationalError, match="does not exist"):
        asked(ours)
