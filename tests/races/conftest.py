"""A running server with many threads, and many clients that ask it at the same moment."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection

CONSTRAINTS = {
    "appointment_doctor_once": "booking_appointment",
    "appointment_patient_once": "booking_appointment",
    "resource_used_once": "booking_resourceuse",
}
CLAIMED_ONCE = "slot_claimed_once"


@dataclass
class Call:
    method: str
    path: str
    token: str = ""
    json: dict[str, Any] | None = None
    headers: dict[str, str] | None = None


@dataclass
class Server:
    url: str

    def at_once(self, calls: list[Call]) -> list[httpx.Response]:
        """Answer to each call, all sent at the same moment from connections opened before."""
        barrier = threading.Barrier(len(calls))

        def ask(call: Call) -> httpx.Response:
            headers = dict(call.headers or {})
            if call.token:
                headers["Authorization"] = f"Bearer {call.token}"
            with httpx.Client(base_url=self.url, timeout=60) as client:
                barrier.wait(60)
                return client.request(call.method, call.path, json=call.json, headers=headers)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(ask, calls))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(guards: str) -> dict[str, str]:
    """The test's own database, which pytest-django has made beside the given one."""
    given = os.environ["DATABASE_URL"]
    database = connection.settings_dict["NAME"]
    return os.environ | {
        "DATABASE_URL": given.rsplit("/", 1)[0] + "/" + str(database),
        "GUARDS": guards,
        "THROTTLES": "off",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }


@pytest.fixture
def serve(transactional_db: None) -> Iterator[Callable[[str], Server]]:
    """`serve(guards)` starts a server that answers from the test's database."""
    running: list[subprocess.Popen[bytes]] = []

    def start(guards: str) -> Server:
        port = _free_port()
        command = [
            sys.executable, "-m", "gunicorn", "tests.races.slow_motion:application",
            "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
            "--preload", "--workers", "2", "--threads", "25", "--log-level", "warning",
        ]  # fmt: skip
        process = subprocess.Popen(command, env=_environment(guards), cwd=settings.BASE_DIR)
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process)
        return Server(url)

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server has ended"
        try:
            if httpx.get(url + "/readyz", timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server is not ready")


@pytest.fixture
def without_constraints(transactional_db: None) -> Iterator[None]:
    """Take the constraints that forbid double bookings out of the database, and put them back."""
    with connection.cursor() as cursor:
        definitions = {}
        for name, table in CONSTRAINTS.items():
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            )
            definitions[name] = cursor.fetchone()[0]
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [CLAIMED_ONCE])
        index = cursor.fetchone()[0]
        cursor.execute(f"DROP INDEX {CLAIMED_ONCE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM booking_resourceuse")
        cursor.execute("DELETE FROM booking_appointmentslot")
        cursor.execute("DELETE FROM booking_appointment")
        cursor.execute("SET session_replication_role = DEFAULT")
        for name, table in CONSTRAINTS.items():
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definitions[name]}")
        cursor.execute(index)
