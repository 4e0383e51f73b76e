"""`make run` itself: one at a time, a clear word about what stands in its way, and no trace."""

import http.client
import os
import signal
import socket
from pathlib import Path

import pytest

from deploy.local import orphans, ports, run
from deploy.local.errors import LocalError
from deploy.local.state import State, read_environment, read_json

from .conftest import eventually, processes_of
from .runner import GIVEN, read_until, start_run


def pids(root: Path) -> dict[str, int]:
    return {name: entry["pid"] for name, entry in read_json(root / "pids.json").items()}


def readiness(port: int) -> int:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=60)
    connection.request("GET", "/readyz")
    return connection.getresponse().status


@pytest.fixture
def port() -> int:
    return ports.choose(avoid=set())


def test_it_serves_refuses_a_second_one_and_stops_without_a_trace(root: Path, port: int) -> None:
    first = start_run(root, port, DEMO="0")
    try:
        said = read_until(first, "The clinic is open at")
        assert f"http://127.0.0.1:{port}/" in said
        assert readiness(port) == 200
        started = pids(root)
        stores = {"Valkey", "S3", "Mailbox", "PostgreSQL"}
        assert set(started) == {*stores, "web", "worker", "messages", "documents", "beat"}

        second = start_run(root, port)
        answer, _ = second.communicate(timeout=120)
        assert second.returncode == 1
        assert answer.splitlines() == [
            f"This checkout is already running (process {first.pid}); stop that one first."
        ]
    finally:
        first.send_signal(signal.SIGINT)
        rest, _ = first.communicate(timeout=120)
    assert first.returncode == 0, rest
    assert not any(orphans.start_time(pid) for pid in started.values())
    assert not (root / "lock").exists()
    eventually(lambda: not processes_of(root))
    assert ports.is_free(port)
    kept = read_environment(root / "env")
    assert kept["DATABASE_URL"].startswith("postgres://clinic_app:")
    assert kept["DEMO"] == "0"
    assert (root / "env").stat().st_mode & 0o077 == 0


def test_with_given_services_there_is_no_demo_and_a_dead_web_server_ends_it(
    root: Path, port: int
) -> None:
    given = {name: os.environ[name] for name in GIVEN if name != "DATABASE_OWNER_URL"}
    process = start_run(root, port, **given)
    try:
        said = read_until(process, "Ctrl-C stops everything")
        assert "demo" not in said
        assert "mailbox" not in said
        assert not (root / "env").exists()
        connection = http.client.HTTPConnection(ports.HOST, port, timeout=60)
        connection.request("GET", "/mailbox/")
        assert connection.getresponse().status in {302, 404}

        started = pids(root)
        assert set(started) == {"web", "worker", "messages", "documents", "beat"}
        os.kill(started["web"], signal.SIGKILL)
        rest, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "web stopped by itself (exit code -9), so everything is stopped." in rest
    assert "Traceback" not in rest
    assert not any(orphans.start_time(pid) for pid in started.values())


def test_a_port_in_use_gets_one_sentence(root: Path, port: int) -> None:
    with socket.create_server((ports.HOST, port)):
        process = start_run(root, port)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.splitlines() == [
        f"Port {port} is in use by another program;"
        f" choose another one, for example `PORT={port + 1} make run`."
    ]
    assert not (root / "lock").exists()


def test_what_is_no_port_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(LocalError, match="PORT=eighty is not a port number"):
        run.web_port()


@pytest.mark.parametrize(
    ("said", "given", "demo"),
    [
        ("", set(), "1"),
        ("0", set(), "0"),
        ("", {"DATABASE_URL"}, "0"),
        ("1", {"DATABASE_URL"}, "1"),
    ],
)
def test_demo_data_needs_the_embedded_database_or_a_word(
    monkeypatch: pytest.MonkeyPatch, root: Path, said: str, given: set[str], demo: str
) -> None:
    monkeypatch.setenv("DEMO", said)
    assert run.application_environment(State(root), 8000, given)["DEMO"] == demo
