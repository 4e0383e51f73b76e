"""The image at work, against the services that `make run` uses: each step is one line."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from deploy.image.check import scripts
from deploy.image.check.container import Container, Image
from deploy.image.check.table import CheckError, Table
from deploy.local.postgres import APP
from deploy.local.services import Services

HOST = "clinic.example"
# What an engine gives between the request to stop and the end: ECS 30 s for the web server, 120 s
# (the most it allows) for a worker.
WEB_STOP, WORKER_STOP = 30.0, 120.0
YEAR = 365 * 24 * 3600
PAGES = ("/", "/account/login/", "/api/v1/docs/")
STATIC = re.compile(r"""["'(](/static/[^"')\s?#]+)""")


class Smoke:
    def __init__(self, image: Image, table: Table, services: Services, port: int) -> None:
        self.image, self.table, self.port = image, table, port
        given = services.start()
        self.mails = Path(given.pop("MAILBOX_DIR"))
        self.owner = given.pop("DATABASE_OWNER_URL")
        self.environment: Mapping[str, str] = {
            **given,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": HOST,
            "BEHIND_PROXY": "1",
            "PORT": str(port),
        }

    def run(self) -> None:
        self._one_offs()
        with ExitStack() as stack:
            self._web(stack)
        with ExitStack() as stack:
            self._background(stack)

    # -- One-off commands ----------------------------------------------------------------------

    def _one_offs(self) -> None:
        owner = {**self.environment, "DATABASE_URL": self.owner, "DATABASE_APP_ROLE": APP}
        self._once("`release` migrates and grants", "release", environment=owner)
        deploy = ("manage", "check", "--deploy", "--fail-level", "WARNING")
        self._once("`manage check --deploy` has nothing to say", *deploy)
        self._once("an unknown command is refused", "nonsense", code=1)
        python = ["python", "-c"]
        said = self._once("what was taken out is not missed", scripts.PARTS, program=python)
        said = self._once("nothing can be written but below /tmp", scripts.WRITES, program=python)
        wrong = "; ".join(line for line in said.splitlines() if line.startswith("written"))
        user = self.image.config["User"].replace(":", " ")
        self.table.note("and each place says so itself", wrong or _without(f"uid {user}", said))

    def _once(
        self,
        what: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        program: list[str] | None = None,
        code: int = 0,
    ) -> str:
        began = time.monotonic()
        found, said = self.image.once(
            *arguments, environment=environment or self.environment, program=program
        )
        trouble = "" if found == code else f"exit code {found}: {said.strip()[-600:]}"
        self.table.note(what, trouble, fact=f"{time.monotonic() - began:.1f} s")
        return said

    # -- The web server ------------------------------------------------------------------------

    def _web(self, stack: ExitStack) -> None:
        web = self._start(stack, "web")
        began = time.monotonic()
        self._until("/readyz says 200", lambda: self._get("/readyz")[0] == 200, web, 90)
        self.table.note("/readyz says 200", fact=f"after {time.monotonic() - began:.1f} s")
        self.table.note("with every store there", _without('"ready"', self._get("/readyz")[2]))
        self.table.note("/livez says 200", _status(self._get("/livez")[0], 200))
        self._pages()
        self._health(web)
        self._stop_web(web)

    def _pages(self) -> None:
        found: set[str] = set()
        for page in PAGES:
            status, _headers, text = self._get(page)
            self.table.note(f"{page} is shown", _status(status, 200))
            found |= set(STATIC.findall(text))
        wrong = []
        for name in sorted(found):
            status, headers, _text = self._get(name)
            if status != 200 or not immutable(headers.get("cache-control", "")):
                wrong.append(f"{name} ({status}, {headers.get('cache-control')})")
        few = "" if len(found) > 3 else f"only {len(found)} were found"
        what = "static files have a digest in their name, and are kept for a year"
        self.table.note(what, ", ".join(wrong) or few, fact=f"{len(found)} of them")

    def _stop_web(self, web: Container) -> None:
        """A request is half sent when the signal comes; the rest follows while it stops."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(self._head("POST", "/account/login/", "Content-Length: 3\r\n"))
            time.sleep(0.5)  # so that it has been taken up
            first = web.first()
            _signal(first)
            self._until("503", lambda: self._get("/readyz")[0] == 503, web, 4)
            self.table.note("asked to stop, /readyz says 503 and pages are still answered")
            line.sendall(b"a=b")
            answer = line.recv(64).decode(errors="replace")
        self.table.note(
            "the request that was under way is answered", _without("HTTP/1.1 403", answer)
        )
        self._ended(web, WEB_STOP)

    def _get(self, path: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, answer.read().decode(errors="replace")
        except OSError:
            return 0, {}, ""
        finally:
            connection.close()

    def _head(self, method: str, path: str, more: str) -> bytes:
        lines = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n{more}\r\n"
        )
        return lines.encode()

    # -- Worker and beat -----------------------------------------------------------------------

    def _background(self, stack: ExitStack) -> None:
        worker = self._start(stack, "worker")
        beat = self._start(stack, "beat")
        mark = secrets.token_hex(8)
        script = ("manage", "shell", "-c", scripts.MESSAGE.format(mark=mark))
        self._once("a message is written by a one-off command", *script)
        began = time.monotonic()
        self._until("the mail", lambda: mark in self._mail(), worker, 90)
        fact = f"{time.monotonic() - began:.1f} s later"
        self.table.note("the worker sends it", fact=fact)
        self._health(worker)
        self._health(beat)
        beat_says = beat.alive() and "Traceback" not in beat.said()
        self.table.note("beat runs on", "" if beat_says else beat.said()[-600:])
        self._ended(beat, WEB_STOP, signal_first=True)
        self._ended(worker, WORKER_STOP, signal_first=True)

    def _mail(self) -> str:
        files = [path for path in self.mails.rglob("*") if path.is_file()]
        return "".join(path.read_text(errors="replace") for path in files)

    # -- Each ----------------------------------------------------------------------------------

    def _start(self, stack: ExitStack, *arguments: str) -> Container:
        container = self.image.start(*arguments, environment=self.environment)
        stack.callback(container.kill)
        return container

    def _health(self, container: Container) -> None:
        test = self.image.config["Healthcheck"]["Test"][1:]
        code, said = container.execute(test, self.image, self.environment)
        self.table.note(f"the health check of {container.name} is content", said if code else "")

    def _ended(self, container: Container, patience: float, *, signal_first: bool = False) -> None:
        began = time.monotonic()
        if signal_first:
            _signal(container.first())
        code = container.wait(patience)
        took = f"{time.monotonic() - began:.1f} s of {patience:.0f}"
        trouble = "" if code == 0 else f"exit code {code}: {container.said()[-600:]}"
        self.table.note(f"asked to stop, {container.name} ends with code 0", trouble, fact=took)

    def _until(
        self, what: str, look: Callable[[], bool], container: Container, seconds: float
    ) -> None:
        until = time.monotonic() + seconds
        while not look():
            if not container.alive() or time.monotonic() > until:
                end = container.said()[-1500:]
                raise CheckError(
                    f"{container.name}: not seen within {seconds:.0f} s: {what}\n{end}"
                )
            time.sleep(0.2)


def immutable(header: str) -> bool:
    """Whether a cache may keep it for a year and never ask."""
    age = re.search(r"max-age=(\d+)", header)
    return "immutable" in header and age is not None and int(age[1]) >= YEAR


def _status(found: int, wanted: int) -> str:
    return "" if found == wanted else f"it says {found}"


def _without(wanted: str, text: str) -> str:
    return "" if wanted in text else f"{wanted} is not in {text.strip()[:300]!r}"


def _signal(number: int) -> None:
    os.kill(number, signal.SIGTERM)
