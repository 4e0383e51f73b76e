"""The services start, answer, stop without a trace, and come back with what they held."""

import smtplib
import socket
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.local import orphans, ports, postgres, storage, valkey
from deploy.local.errors import LocalError
from deploy.local.services import Services

from .conftest import eventually, processes_of


def a_mail(text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Hi"
    message.set_content(text)
    return message


def test_all_services_answer_and_leave_no_process(root: Path) -> None:
    with Services(root, throwaway=True) as environment:
        with psycopg.connect(environment["DATABASE_URL"]) as database:
            assert database.execute("SHOW timezone").fetchone() == ("UTC",)
            assert database.execute(
                "SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'"
            ).fetchone()
        assert environment["S3_BUCKET"] == "clinic"
        assert len(processes_of(root)) >= 4
    eventually(lambda: not processes_of(root))
    assert not (root / "pids.json").exists()


def test_a_second_start_keeps_ports_passwords_and_data(root: Path) -> None:
    names = ("postgres", "valkey")
    with Services(root, throwaway=False, only=names) as first:
        with psycopg.connect(first["DATABASE_OWNER_URL"]) as database:
            database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        redis.Redis.from_url(first["REDIS_URL"]).set("kept", "42")
    with Services(root, throwaway=False, only=names) as second:
        assert second == first
        with psycopg.connect(second["DATABASE_OWNER_URL"]) as database:
            assert database.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert redis.Redis.from_url(second["REDIS_URL"]).get("kept") == b"42"


def test_the_application_role_owns_nothing_and_creates_nothing(root: Path) -> None:
    with Services(root, throwaway=False, only=["postgres"]) as environment:
        database = psycopg.connect(environment["DATABASE_URL"], autocommit=True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("SET session_replication_role = replica")
        database.close()


@pytest.mark.parametrize("more", [[], ["orphan"]], ids=["told by the kernel", "not told"])
def test_after_a_killed_runner_the_next_start_is_normal(
    root: Path, hold: Callable[..., subprocess.Popen[str]], more: list[str]
) -> None:
    names = "postgres,valkey,mailbox"
    holder = hold(root, names, *more)
    holder.kill()
    holder.wait()
    if more:
        assert processes_of(root), "nothing was left over, so this would prove nothing"
    said: list[str] = []
    with Services(root, throwaway=False, only=names.split(","), report=said.append) as environment:
        psycopg.connect(environment["DATABASE_URL"]).close()
        servers = [line for line in processes_of(root) if "bin/postgres -D" in line]
        assert len(servers) == 1
    if more:
        assert any("left by a runner that was killed" in line for line in said)
    eventually(lambda: not processes_of(root))


def test_a_process_that_only_has_the_same_number_is_left_alone(root: Path) -> None:
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        started = orphans.start_time(innocent.pid)
        for entry in ({"started": "another"}, {"started": started, "mark": "postgres"}):
            record = {"pid": innocent.pid, "mark": "sleep", "signal": 9, "patience": 1, **entry}
            assert not orphans._stop(record)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_remembered_port_that_is_taken_now_is_replaced(root: Path) -> None:
    with Services(root, throwaway=False, only=["valkey"]) as environment:
        port = int(environment["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
    other = socket.create_server((ports.HOST, port))
    with other, Services(root, throwaway=False, only=["valkey"]) as again:
        assert f":{port}/" not in again["REDIS_URL"]
        assert redis.Redis.from_url(again["REDIS_URL"]).ping()


def test_one_service_can_go_away_and_come_back(root: Path) -> None:
    services = Services(root, throwaway=True, only=["valkey"])
    with services as environment:
        client = redis.Redis.from_url(environment["REDIS_URL"])
        client.set("kept", "1")
        services.stop_one("valkey")
        with pytest.raises(redis.ConnectionError):
            client.ping()
        services.start_one("valkey")
        assert client.get("kept") == b"1"


def test_mails_are_kept_as_files_that_only_we_can_read(root: Path) -> None:
    with Services(root, throwaway=True, only=["mailbox"]) as environment:
        port = int(environment["EMAIL_URL"].rsplit(":", 1)[1])
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(a_mail("Grüße"))
        (file,) = Path(environment["MAILBOX_DIR"]).iterdir()
    assert file.suffix == ".eml"
    assert "Subject: Hi" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_stored_files_survive_a_restart_and_strangers_get_nothing(root: Path) -> None:
    services = Services(root, throwaway=False, only=["s3"])
    store = services._services["s3"]
    assert isinstance(store, storage.Storage)
    with services:
        store._client.put_object(Bucket="clinic", Key="a/b", Body=b"kept")
    with services as environment:
        assert store._client.get_object(Bucket="clinic", Key="a/b")["Body"].read() == b"kept"
        with socket.create_connection(("127.0.0.1", store._ports["s3"])) as client:
            client.sendall(b"GET /clinic/a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b" 403 " in client.recv(100)
        assert environment["S3_ENDPOINT_URL"].endswith(str(store._ports["s3"]))


def test_a_store_that_is_not_ready_to_write_is_tried_again_for_a_while(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Services(root, throwaway=True, only=["s3"])._services["s3"]
    assert isinstance(store, storage.Storage)
    failures = iter([TimeoutError(), TimeoutError()])

    def prepare() -> None:
        for failure in failures:
            raise failure

    monkeypatch.setattr(store, "_prepare", prepare)
    store.finish()
    assert next(failures, None) is None

    failures = iter([TimeoutError()])
    monkeypatch.setattr(storage, "WRITABLE_WITHIN", -1.0)
    with pytest.raises(LocalError, match=r"took no file within .*TimeoutError.*Its log: "):
        store.finish()


def test_given_services_are_not_started(root: Path) -> None:
    given = {"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "EMAIL_URL"}
    services = Services(root, throwaway=False, given=given)
    assert services.start() == {}
    assert services.children == []


@pytest.mark.parametrize(
    ("module", "hidden"),
    [
        (postgres, "bin_directories"),
        (valkey, "find_spec"),
        (storage, "Path"),
    ],
)
def test_a_missing_binary_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: object, hidden: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    replacement = {
        "bin_directories": lambda: [tmp_path],
        "find_spec": lambda _: None,
        "Path": lambda _: tmp_path / "python",
    }
    monkeypatch.setattr(module, hidden, replacement[hidden])
    find = getattr(module, "binary", None) or postgres.bin_directory
    with pytest.raises(LocalError, match=r"is missing.*or set [A-Z0-9_]+_URL\.$"):
        find()


def test_data_of_another_postgresql_is_not_touched(root: Path) -> None:
    (root / "postgres").mkdir()
    (root / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalError, match="was written by PostgreSQL 9 and this is 1"):
        Services(root, throwaway=False, only=["postgres"]).start()
    assert [path.name for path in (root / "postgres").iterdir()] == ["PG_VERSION"]


def test_damaged_state_gets_one_sentence(root: Path) -> None:
    (root / "state.json").write_text("{")
    with pytest.raises(LocalError, match="is damaged and cannot be read"):
        Services(root, throwaway=False)


def test_a_broken_database_gets_its_own_words(root: Path) -> None:
    with Services(root, throwaway=True, only=["postgres"]):
        pass
    (root / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(LocalError, match=r"PostgreSQL stopped while starting: .*\(log: "):
        Services(root, throwaway=True, only=["postgres"]).start()
    eventually(lambda: not processes_of(root))
