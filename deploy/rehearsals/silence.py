"""`make rehearse-silence`: the database's machine is gone, and says nothing.

A process that is killed closes its connections; a machine that loses its power or its network does
not, and Linux goes on asking for a quarter of an hour. In a network of its own (no other program
sees it) the loopback interface is taken away under a kept connection.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from clinic.lib import databases
from deploy.local.services import Services
from deploy.rehearsals import stage

# Ours inside: the flag is given to the second start of this program, in its own network.
INSIDE = "REHEARSAL_OWN_NETWORK"
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1  # Linux: SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
GIVEN_UP_WITHIN = 15.0  # seconds
WATCHED = 30.0  # seconds for which the connection without the guard is watched
GUARD = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
WITHIN = 120


def rehearse(tell_step: stage.Teller) -> stage.Result:
    _loopback(up=True)
    guarded: dict[str, Any] = databases.completed({})["OPTIONS"]
    bare = {name: value for name, value in guarded.items() if name not in GUARD}
    with tempfile.TemporaryDirectory(prefix="clinic-rehearsal-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else
        with Services(Path(folder) / "site", throwaway=True, only=("postgres",)) as given:
            kept = [_Kept(given["DATABASE_URL"], options) for options in (guarded, bare)]
            tell_step("two connections are kept; the network is taken away")
            _loopback(up=False)
            for one in kept:
                one.thread.start()
            for one in kept:
                one.thread.join(WATCHED)
            taken = [one.seconds for one in kept]
            _loopback(up=True)
            psycopg.connect(given["DATABASE_URL"], **guarded).close()
            tell_step("the network is back, and so is a new connection")
    return _judge(*taken)


class _Kept:
    """A kept connection that will be asked something; `seconds` until it is given up."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self.seconds: float | None = None
        self.connection = psycopg.connect(url, autocommit=True, **options)
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self) -> None:
        began = time.monotonic()
        try:
            self.connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.seconds = time.monotonic() - began


def _judge(guarded: float | None, bare: float | None) -> stage.Result:
    def said(seconds: float | None) -> str:
        return f"not within {WATCHED:.0f}" if seconds is None else f"{seconds:.1f}"

    result = stage.Result()
    lines = [["as the site connects", said(guarded)], ["guard off: as libpq does", said(bare)]]
    result.table("connection", "given up after s", lines=lines)
    result.promise(
        f"a request waits {said(guarded)} s for a database that says nothing",
        guarded is not None and guarded < GIVEN_UP_WITHIN,
    )
    result.promise("without the guard it still waits then", bare is None)
    return result


def _loopback(*, up: bool) -> None:
    """Bring the interface `lo` of this network up, or take it down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh", b"lo", 0)
        found = fcntl.ioctl(any_socket, GET_FLAGS, asked + bytes(14))
        flags = struct.unpack("16sh", found[:18])[1]
        wanted = flags | UP if up else flags & ~UP
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh", b"lo", wanted) + bytes(14))


def _in_a_network_of_its_own() -> None:
    """Start this program again where nobody else's network can be touched."""
    as_others = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    again = [sys.executable, "-m", "deploy.rehearsals.silence", *sys.argv[1:]]
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", *as_others, *again])


if __name__ == "__main__":
    if not os.environ.get(INSIDE):
        _in_a_network_of_its_own()
    stage.main("silence", rehearse, seconds=WITHIN)
