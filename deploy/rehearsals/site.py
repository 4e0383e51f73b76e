"""The site of a rehearsal: throw-away services, and the processes that production has.

PostgreSQL and Valkey run as safe as in earnest (`fsync`, append-only file): what a crash loses must
be the design's to answer for. There is no storage: it only degrades the site, and no booking needs
it.
"""

from __future__ import annotations

import contextlib
import email
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from deploy.local import application
from deploy.local.ports import HOST, choose
from deploy.local.process import Child, Command, wait_until_ready
from deploy.local.service import CHECKOUT
from deploy.local.services import Services
from deploy.rehearsals import judging

READY_WITHIN = 60.0
PEOPLE = CHECKOUT / "deploy" / "rehearsals" / "people.py"
# What ECS gives a task between SIGTERM and SIGKILL (stopTimeout).
STOP_WITHIN = 60.0


class Site:
    """`with Site.of() as site:` has services and an empty, migrated database."""

    def __init__(self, services: Services, given: dict[str, str], code: Path) -> None:
        self.services, self.code = services, code
        self.owner_url = given["DATABASE_OWNER_URL"]
        self.app_url = given["DATABASE_URL"]
        kept = {key: value for key, value in given.items() if key != "DATABASE_OWNER_URL"}
        self.environment = os.environ | kept | settings()
        self._mailbox = Path(given["MAILBOX_DIR"])
        self._ports: set[int] = set()

    @classmethod
    @contextlib.contextmanager
    def of(cls, *, code: Path = CHECKOUT) -> Iterator[Site]:
        """`code`: the checkout whose programs run; another one for what an old release does."""
        # As in an image: modules are compiled once, not at each start.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        with tempfile.TemporaryDirectory(prefix="clinic-rehearsal-") as folder:
            root = Path(folder)
            root.chmod(0o755)  # PostgreSQL may run as somebody else
            only = ("valkey", "mailbox", "postgres")
            services = Services(root / "site", throwaway=False, only=only)
            with services as given:
                yield cls(services, given, code)

    @property
    def root(self) -> Path:
        return self.services.root

    def migrate(self, *, code: Path | None = None) -> float:
        """As the owner, by this code or another's. Returns seconds."""
        began = time.monotonic()
        command = [sys.executable, "-m", "deploy.local.prepare", "migrate", "grant"]
        self.run(command, code=code, DATABASE_URL=self.owner_url)
        return time.monotonic() - began

    def people(self, number: int) -> list[dict[str, str]]:
        """So many doctors and a patient for each: what `deploy.rehearsals.people` tells of them."""
        # -P: the script's own directory is no place to import from.
        command = [sys.executable, "-P", str(PEOPLE), str(number)]
        said = self.run(command, PYTHONPATH=str(self.code))
        return list(json.loads(said.splitlines()[-1]))

    def manage(self, *arguments: str) -> str:
        return self.run([sys.executable, "manage.py", *arguments])

    def run(self, command: list[str], *, code: Path | None = None, **more: str) -> str:
        """A command of the site to its end; what it printed. Raises SystemExit if it fails."""
        done = subprocess.run(
            command, cwd=code or self.code, env=self.environment | more,
            check=False, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(command[1:4])} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def invariants_hold(self) -> bool:
        """Whether `check_invariants` finds nothing; what it found is printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", "check_invariants"], cwd=self.code,
            env=self.environment, check=False, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-1000:])
        return done.returncode == 0

    def web(self, name: str) -> tuple[Child, int]:
        """One web task as production serves it, not waited for; and its port."""
        port = choose(avoid=self._ports)
        self._ports.add(port)
        return self.start(replace(application.web(port), name=name)), port

    def worker(self, name: str, *, queue: str = "messages") -> Child:
        [command] = [each for each in application.workers() if each.name == queue]
        return self.start(replace(command, name=name))

    def beat(self, name: str) -> Child:
        return self.start(replace(application.beat(), name=name))

    def start(self, command: Command) -> Child:
        chosen = self.environment | dict(command.environment)
        return self.services.add(
            replace(
                command,
                environment=chosen,
                patience=STOP_WITHIN,
                options={**command.options, "cwd": self.code},
            )
        )

    def wait_ready(self, child: Child, port: int) -> None:
        wait_until_ready(
            child, lambda: application.answers_ready(port), seconds=READY_WITHIN, check=_nothing
        )

    def query(self, statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """As the owner of the database, in a connection of its own."""
        with psycopg.connect(self.owner_url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def visits(self) -> set[str]:
        """Ids of the appointments in the database."""
        return {str(id_) for (id_,) in self.query("SELECT id FROM booking_appointment")}

    def sent(self) -> judging.Sent:
        """The outbox beside the mails that arrived."""
        written = self.query("SELECT id, status FROM notifications_message")
        kept = [
            email.message_from_bytes(path.read_bytes())["X-Message-ID"]
            for path in self._mailbox.glob("*.eml")
        ]
        return judging.sent({str(id_): status for id_, status in written}, kept)


def settings() -> dict[str, str]:
    """Production's defaults; behind one balancer that ends TLS, as behind an ALB."""
    return {
        "SECRET_KEY": "rehearsal-" + "0" * 50,
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "BEHIND_PROXY": "1",
        "TRUSTED_PROXIES": "1",
        "THROTTLES": "0",  # a few clients make the load of hundreds
        "SLOT_HORIZON_DAYS": "9",
        "LOG_LEVEL": "WARNING",
        "S3_ENDPOINT_URL": f"http://{HOST}:1",
        "S3_ACCESS_KEY_ID": "nobody",
        "S3_SECRET_ACCESS_KEY": "nothing",
    }


def children(pid: int) -> set[int]:
    """The processes that this one started."""
    said = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return {int(each) for each in said.stdout.split()}


def kill_all(pid: int) -> None:
    """It and what it started, without a last word: a machine that is gone."""
    for each in [pid, *children(pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str) -> float:
    """Seconds until it came true. Raises SystemExit when it does not in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def _nothing() -> None:
    return None
