"""The two roles of a database in the cloud, made by an administrator who is no superuser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as ours

from deploy.image.database_roles import make

ADMIN = {"username": "rds_like_admin", "password": "a"}
OWNER = {"username": "cloud_owner", "password": "o"}
APP = {"username": "cloud_app", "password": "p"}
DATABASE = "cloud_roles"

As = Callable[[dict[str, str]], psycopg.Connection[Any]]


@pytest.fixture
def server(db: None) -> Iterator[As]:
    """Connects to an empty database of the administrator's, as somebody."""
    given = ours.settings_dict
    where = {"host": given["HOST"], "port": given["PORT"]}

    def outside(*statements: str) -> None:
        with psycopg.connect(
            **where,
            dbname="postgres",
            user=given["USER"],
            password=given["PASSWORD"],
            autocommit=True,
        ) as connection:
            for statement in statements:
                connection.execute(statement)

    def connect(who: dict[str, str]) -> psycopg.Connection[Any]:
        return psycopg.connect(
            **where, dbname=DATABASE, user=who["username"], password=who["password"]
        )

    gone = [f"DROP ROLE IF EXISTS {who['username']}" for who in (APP, OWNER, ADMIN)]
    clean = [f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", *gone]
    outside(
        *clean,
        f"CREATE ROLE {ADMIN['username']} LOGIN CREATEROLE CREATEDB PASSWORD 'a'",
        f"CREATE DATABASE {DATABASE} OWNER {ADMIN['username']} TEMPLATE template0",
    )
    yield connect
    outside(*clean)


def made(server: As, *, app: dict[str, str] = APP) -> None:
    with server(ADMIN) as connection:
        make(connection, database=DATABASE, owner=OWNER, app=app)


def test_the_owner_makes_what_migrations_make(server: As) -> None:
    made(server)

    with server(OWNER) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE public.visit (id int)")


def test_the_applications_role_makes_nothing(server: As) -> None:
    made(server)
    with server(OWNER) as connection:
        connection.execute("GRANT CONNECT ON DATABASE cloud_roles TO cloud_app")

    with server(APP) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE public.mine (id int)")


def test_made_again_it_takes_the_new_password(server: As) -> None:
    made(server)
    new = APP | {"password": "another"}

    made(server, app=new)

    with server(OWNER) as connection:
        connection.execute("GRANT CONNECT ON DATABASE cloud_roles TO cloud_app")
    server(new).close()
    with pytest.raises(psycopg.OperationalError):
        server(APP)
