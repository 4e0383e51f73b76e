"""The stores prove who they are, or nothing is said to them.

The embedded servers are built without TLS; a stand-in ends it before them. The clients, their
settings and the certificates are the real ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import environ
import kombu
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from redis.exceptions import ConnectionError as Unreachable

from clinic.lib import databases, queues, verified
from clinic.lib.cache import ForgivingCache
from clinic.lib.dead_letters.on_redis import OnRedis
from tests.stores.certificates import Authority
from tests.stores.terminator import Terminator, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def strange(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "strange")


def through(url: str, port: int, *, scheme: str, host: str = "127.0.0.1") -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(scheme=scheme, netloc=f"{user}@{host}:{port}").geturl()


def port_of(name: str) -> int:
    return urlsplit(os.environ[name]).port or 0


@pytest.fixture
def database(ours: Authority) -> Iterator[Terminator]:
    with running(port_of("DATABASE_URL"), ours.context("127.0.0.1"), asks_first=True) as made:
        yield made


@pytest.fixture
def valkey(ours: Authority) -> Iterator[Terminator]:
    with running(port_of("REDIS_URL"), ours.context("127.0.0.1"), asks_first=False) as made:
        yield made


def answer_of_database(port: int, ca: str, *, host: str = "127.0.0.1", query: str = "") -> bool:
    """Whether the connection is encrypted. Raises OperationalError when it was refused."""
    url = through(os.environ["DATABASE_URL"], port, scheme="postgres", host=host) + query
    found = databases.completed(environ.Env.db_url_config(url), ca=ca)
    connection = ConnectionHandler({"default": found})["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return bool(connection.connection.pgconn.ssl_in_use)
    finally:
        connection.close()


class TestTheDatabase:
    def test_one_with_our_authoritys_certificate_is_spoken_to(self, ours, database) -> None:
        assert answer_of_database(database.port, str(ours.file))

    def test_one_with_a_strangers_certificate_is_not(self, strange, database) -> None:
        with pytest.raises(OperationalError, match="certificate verify failed"):
            answer_of_database(database.port, str(strange.file))
        assert database.passed == 0

    def test_one_with_anothers_certificate_is_not(self, ours, database) -> None:
        with pytest.raises(OperationalError, match="does not match host name"):
            answer_of_database(database.port, str(ours.file), host="localhost")

    def test_an_address_cannot_ask_for_less(self, strange, database) -> None:
        with pytest.raises(OperationalError, match="certificate verify failed"):
            answer_of_database(database.port, str(strange.file), query="?sslmode=require")

    def test_without_an_authority_a_stranger_would_be_believed(self, database) -> None:
        """What the setting is for."""
        assert answer_of_database(database.port, "", query="?sslmode=require")

    def test_one_without_tls_is_not_spoken_to(self, ours) -> None:
        with pytest.raises(OperationalError, match="does not support SSL"):
            answer_of_database(port_of("DATABASE_URL"), str(ours.file))

    def test_a_pooler_is_sent_no_command_line(self) -> None:
        assert "options" not in databases.completed({}, by_proxy=True)["OPTIONS"]
        assert "lock_timeout" in databases.completed({})["OPTIONS"]["options"]


class TestTheCache:
    def address(self, port: int, authority: Authority, **where: str) -> str:
        url = through(os.environ["REDIS_URL"], port, scheme="rediss", **where)
        return verified.cache_url(url, ca=str(authority.file))

    def forgiving(self, url: str) -> ForgivingCache:
        return ForgivingCache(url, {"OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 5, "SOCKET_TIMEOUT": 5}})

    def test_the_sites_cache_is_kept_behind_a_certificate(self, ours, valkey) -> None:
        cache = self.forgiving(self.address(valkey.port, ours))
        cache.set("tls", "kept", 10)

        assert cache.get("tls") == "kept"
        assert valkey.passed

    def test_with_a_strangers_certificate_nothing_is_said_to_it(self, strange, valkey) -> None:
        cache = self.forgiving(self.address(valkey.port, strange))
        cache.set("tls", "kept", 10)

        assert cache.get("tls") is None
        assert valkey.passed == 0

    def test_with_anothers_certificate_neither(self, ours, valkey) -> None:
        letters = OnRedis(self.address(valkey.port, ours, host="localhost"))
        with pytest.raises(Unreachable, match="certificate"):
            letters.count()
        letters.close()

    def test_dead_letters_are_read_behind_a_certificate(self, ours, valkey) -> None:
        letters = OnRedis(self.address(valkey.port, ours))
        assert letters.count() == 0
        letters.close()

    def test_a_worker_sends_and_takes_behind_a_certificate(self, ours, valkey) -> None:
        with self.broker(self.address(valkey.port, ours)) as broker:
            queue = broker.SimpleQueue("tls-test")
            queue.put({"said": "over TLS"})
            taken = queue.get(timeout=5)
            taken.ack()
            assert taken.payload == {"said": "over TLS"}
            queue.close()
        assert valkey.passed

    def test_a_worker_says_nothing_to_a_stranger(self, strange, valkey) -> None:
        with (
            self.broker(self.address(valkey.port, strange)) as broker,
            pytest.raises(kombu.exceptions.OperationalError, match="certificate"),
        ):
            broker.SimpleQueue("tls-test")
        assert valkey.passed == 0

    def broker(self, url: str) -> kombu.Connection:
        options = queues.transport_options(url, region="", urls={}) | queues.IMPATIENT
        return kombu.Connection(url, transport_options=options)

    @pytest.mark.parametrize(
        "query", ["?ssl_cert_reqs=none", "?ssl_cert_reqs=CERT_NONE", "?ssl_check_hostname=false"]
    )
    def test_an_address_that_asks_for_less_is_refused(self, query: str) -> None:
        with pytest.raises(ImproperlyConfigured):
            verified.cache_url(f"rediss://cache.example:6379/0{query}")

    def test_plain_addresses_stay_what_they_are(self) -> None:
        for url in ("redis://:secret@127.0.0.1:6379/0", "sqs://"):
            assert verified.cache_url(url, ca="/some/file") == url
