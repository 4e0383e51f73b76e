"""`make run`: everything on this machine, from the database to the web server.

Runs until Ctrl-C, SIGTERM or SIGHUP and then stops what it started, web server first, stores last.
"""

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local import application, ports
from deploy.local.errors import LocalError, StopRequested
from deploy.local.process import run_to_end, wait_until_ready
from deploy.local.service import CHECKOUT
from deploy.local.services import KINDS, Services
from deploy.local.state import State, write_environment

# Elsewhere only in tests of this runner, which must not meet the one that a developer uses.
ROOT = Path(os.environ.get("LOCAL_DIR") or CHECKOUT / ".local").absolute()
READY_WITHIN = 120.0


class Terminal:
    """What the person sees; silent once the terminal is gone (SIGHUP)."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        self.say(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def say(self, text: str = "") -> None:
        with contextlib.suppress(OSError):
            print(text, flush=True)

    def complain(self, text: str) -> None:
        with contextlib.suppress(OSError):
            print(text, file=sys.stderr, flush=True)


class Stop:
    """Remembers that somebody asked us to stop; looked at wherever something is waited for.

    A plain flag, because a handler that took a lock could wait for the code it has interrupted.
    """

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True

    def check(self) -> None:
        if self._asked:
            raise StopRequested


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the checkout's lock. The kernel drops it with the process, however that ends."""
    path = root / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise BlockingIOError  # its last holder has just removed it
        except OSError:
            file.seek(0)
            raise LocalError(
                f"This checkout is already running (process {file.read().strip() or 'unknown'});"
                " stop that one first."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def web_port() -> int:
    """PORT, checked."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise LocalError(f"PORT={text} is not a port number.")
    port = int(text)
    if not ports.is_free(port):
        raise LocalError(
            f"Port {port} is in use by another program;"
            f" choose another one, for example `PORT={port + 1} make run`."
        )
    return port


def given_services() -> set[str]:
    """The variables by which services of one's own are given."""
    return {kind.given_by for kind in KINDS.values() if os.environ.get(kind.given_by)}


def application_environment(state: State, port: int, given: set[str]) -> dict[str, str]:
    """What the application needs beyond the services; what the shell says goes first."""
    defaults = {
        "HTTPS": "0",
        "SITE_URL": f"http://{ports.HOST}:{port}",
        "ALLOWED_HOSTS": f"{ports.HOST},localhost",
        "DEMO": "0" if "DATABASE_URL" in given else "1",
    }
    environment = {key: os.environ.get(key) or value for key, value in defaults.items()}
    environment["SECRET_KEY"] = os.environ.get("SECRET_KEY") or state.secret("secret-key")
    return environment


def is_on(value: str) -> bool:
    return value.lower() in {"1", "true", "yes", "on", "y", "ok"}


class Run:
    """One start of everything."""

    def __init__(self, terminal: Terminal, stop: Stop) -> None:
        self.terminal, self.stop = terminal, stop
        self.given = given_services()
        self.services = Services(
            ROOT, throwaway=False, given=self.given, check=stop.check, report=terminal.step
        )
        self.services.stop_left_over()  # before looking at the port, which one of them may hold
        self.port = web_port()
        self.environment = application_environment(self.services.place.state, self.port, self.given)
        self.demo = is_on(self.environment["DEMO"])

    def serve(self) -> None:
        """Start, then watch until asked to stop or until something dies."""
        try:
            self._start_services()
            self._prepare_database()
            self._start_application()
            self._announce()
            self._watch()
        finally:
            self.terminal.say("\nstopping ...")
            self.services.stop()
            self.terminal.step("everything is stopped; the data stays in .local/")

    def _start_services(self) -> None:
        self.environment |= self.services.start()
        env_file = ROOT / "env"
        if "DATABASE_URL" in self.given:
            env_file.unlink(missing_ok=True)  # a given database is never mixed with ours
        else:
            write_environment(env_file, self.environment)
        # The owner's password goes to the migrations only, never to what serves requests.
        given_owner = os.environ.pop("DATABASE_OWNER_URL", "")
        own = self.environment.pop("DATABASE_OWNER_URL", "")
        self.owner_url = own or given_owner or os.environ.get("DATABASE_URL", "")
        os.environ.update(self.environment)

    def _prepare_database(self) -> None:
        grants = "DATABASE_URL" not in self.given
        buckets = "S3_ENDPOINT_URL" not in self.given
        self._run(application.migrate(self.owner_url, grants=grants, buckets=buckets))
        self.terminal.step("database is up to date")
        if self.demo:
            self.terminal.step("loading demo data ...")
            self._run(application.seed(ROOT / "logins.json"))
            self.terminal.step("demo data is loaded")

    def _start_application(self) -> None:
        web = self.services.add(application.web(self.port))
        for worker in application.workers():
            self.services.add(worker)
        self.services.add(application.beat())
        wait_until_ready(
            web,
            lambda: application.answers_ready(self.port),
            seconds=READY_WITHIN,
            check=self._check,
        )
        self.terminal.step("web server, workers and beat are running")

    def _announce(self) -> None:
        site = self.environment["SITE_URL"]
        self.terminal.say(f"\nThe clinic is open at {site}/\n")
        if self.demo:
            for login in json.loads((ROOT / "logins.json").read_text()):
                self.terminal.say(f"  {login['role']:<10} {login['email']:<32} {login['password']}")
            if "EMAIL_URL" not in self.given:
                self.terminal.say(f"\n  mails are kept at {site}/mailbox/")
        self.terminal.say("  logs are in .local/log/; Ctrl-C stops everything\n")

    def _watch(self) -> None:
        while True:
            self._check()
            time.sleep(0.2)

    def _check(self) -> None:
        """Stop if asked to, or if one of the processes is gone."""
        self.stop.check()
        dead = self.services.dead()
        if dead is not None:
            lines = "\n".join(f"    {line}" for line in dead.last_lines())
            self.terminal.complain(f"The last lines of {dead.log}:\n{lines}")
            raise LocalError(
                f"{dead.name} stopped by itself (exit code {dead.process.returncode}), so"
                " everything is stopped."
            )

    def _run(self, command: application.Command) -> None:
        run_to_end(command, self.services.place.log(command.name), check=self.stop.check)


def main() -> int:
    terminal, stop = Terminal(), Stop()
    try:
        State(ROOT)  # makes the directory, or says why it cannot
        with only_one(ROOT):
            Run(terminal, stop).serve()
    except StopRequested:
        return 0
    except LocalError as error:
        terminal.complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
