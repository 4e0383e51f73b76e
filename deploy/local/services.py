"""All embedded services together: start them at once, stop them in order."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from deploy.local import orphans
from deploy.local.errors import LocalError
from deploy.local.mailbox import Mailbox
from deploy.local.postgres import Postgres
from deploy.local.process import Child, Command, wait_until_ready
from deploy.local.service import Place, Service
from deploy.local.state import State
from deploy.local.storage import Storage
from deploy.local.valkey import Valkey

# PostgreSQL last: making its first cluster takes a second, in which the others come up.
KINDS: dict[str, type[Service]] = {
    "valkey": Valkey,
    "s3": Storage,
    "mailbox": Mailbox,
    "postgres": Postgres,
}
READY_WITHIN = 120.0  # seconds; a database that was killed may have to recover first


def _nothing() -> None:
    return None


class Services:
    """The services of one directory.

    `with Services(root, throwaway=True) as environment:` or `start()` and `stop()`. A service whose
    variable is in `given` (DATABASE_URL, REDIS_URL, S3_ENDPOINT_URL, EMAIL_URL) is not started.
    """

    def __init__(
        self,
        root: Path,
        *,
        throwaway: bool,
        only: Iterable[str] = tuple(KINDS),
        given: Iterable[str] = (),
        check: Callable[[], None] = _nothing,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.root = root.resolve()
        self._check = check
        self._report = report or (lambda _: None)
        self.place = Place(self.root, State(self.root), throwaway, check)
        given = set(given)
        chosen = [name for name in KINDS if name in set(only)]
        self._services = {
            name: KINDS[name](self.place) for name in chosen if KINDS[name].given_by not in given
        }
        self._children: dict[str, Child] = {}

    def __enter__(self) -> dict[str, str]:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def children(self) -> list[Child]:
        return list(self._children.values())

    @property
    def postgres(self) -> Postgres:
        """The database, for whoever makes a replica of it."""
        found = self._services["postgres"]
        assert isinstance(found, Postgres)
        return found

    def start(self) -> dict[str, str]:
        """Start all, wait until each answers; returns the environment the application needs."""
        self.stop_left_over()
        try:
            for name, service in self._services.items():
                self._check()
                self._launch(name, service.command())
            for name in self._services:
                self._await(name)
        except BaseException:
            self.stop()
            raise
        return self.environment()

    def stop_left_over(self) -> None:
        """Stop what a runner of this directory left that was killed; the caller has the lock."""
        for name in orphans.stop_left_over(self.root):
            self._report(f"stopped {name}, left by a runner that was killed")

    def environment(self) -> dict[str, str]:
        return {
            key: value
            for service in self._services.values()
            for key, value in service.environment().items()
        }

    def start_one(self, name: str) -> None:
        """Start one again after `stop_one`, on the port and with the data it had."""
        self._launch(name, self._services[name].command())
        self._await(name)

    def stop_one(self, name: str) -> None:
        """Stop one, as an outage would: for tests of what the site does without it."""
        self._children.pop(name).stop()

    def add(self, command: Command) -> Child:
        """Start a process beside the services, to be stopped before them."""
        return self._launch(command.name, command)

    def dead(self) -> Child | None:
        """A child that stopped without being asked."""
        return next((child for child in self.children if not child.alive()), None)

    def stop(self) -> None:
        """Stop everything: first what uses the stores, then the stores."""
        stores = [self._children.pop(name) for name in KINDS if name in self._children]
        users = list(self._children.values())
        self._children.clear()
        for group in (users, stores):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait_until_stopped()
        (self.root / "pids.json").unlink(missing_ok=True)
        self._remove_sockets()

    def _launch(self, name: str, command: Command) -> Child:
        child = Child(command, self.place.log(name))
        self._children[name] = child
        orphans.record(self.root, self.children)
        return child

    def _await(self, name: str) -> None:
        service, child = self._services[name], self._children[name]
        wait_until_ready(child, service.probe, seconds=READY_WITHIN, check=self._check)
        try:
            service.finish()
        except LocalError:
            raise
        except Exception as error:
            first = str(error).strip().splitlines()[:1]
            raise LocalError(f"{service.name} could not be set up: {' '.join(first)}") from error
        if not child.alive():
            raise LocalError(f"{service.name} stopped right after starting; see {child.log}.")
        self._report(service.summary())

    def _remove_sockets(self) -> None:
        """SeaweedFS leaves its sockets in /tmp, named by port, when it is killed."""
        storage = self._services.get("s3")
        if isinstance(storage, Storage):
            for path in storage.sockets():
                if os.access(path, os.W_OK):
                    path.unlink(missing_ok=True)
