"""The processes of the application itself, run beside the services."""

import http.client
import sys
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.process import Command
from deploy.local.service import CHECKOUT

HERE = {"cwd": CHECKOUT}


def web(port: int) -> Command:
    arguments = ["--config", "deploy/gunicorn.conf.py", "--bind", f"{HOST}:{port}"]
    return Command(
        "web", [sys.executable, "-m", "gunicorn", *arguments], mark="gunicorn", options=HERE
    )


def workers() -> list[Command]:
    """Messages leave, and files are checked, by processes of their own: however many wait, a freed
    time is offered."""
    return [
        _worker("worker", "default", "--pool", "solo"),
        _worker("messages", "messages", "--concurrency", "2"),
        _worker("documents", "documents", "--pool", "solo"),
    ]


def _worker(name: str, queue: str, *arguments: str) -> Command:
    # Gossip and mingle talk to other workers, and these have nothing to say to each other.
    talk = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return _celery(
        "worker", "--queues", queue, "--hostname", f"{name}@%h", *arguments, *talk, name=name
    )


def beat() -> Command:
    # The runner's lock already keeps a second one away, so no pid file can be left behind.
    return _celery("beat", "--pidfile", "")


def migrate(owner_url: str, *, grants: bool, buckets: bool) -> Command:
    steps = ["migrate", *(["grant"] if grants else []), *(["buckets"] if buckets else [])]
    return _prepare(*steps, environment={"DATABASE_URL": owner_url})


def seed(logins: Path) -> Command:
    return _prepare("seed", str(logins))


def answers_ready(port: int) -> None:
    """Raises unless `/readyz` says that the site can serve."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status != 200:
            raise ConnectionError(f"/readyz answered {answer.status}")
    finally:
        connection.close()


def _celery(program: str, *arguments: str, name: str = "") -> Command:
    return Command(
        name or program,
        [sys.executable, "-m", "celery", "-A", "clinic", program, *arguments],
        mark="celery",
        options=HERE,
    )


def _prepare(*arguments: str, environment: dict[str, str] | None = None) -> Command:
    module = "deploy.local.prepare"
    return Command(
        arguments[0],
        [sys.executable, "-m", module, *arguments],
        mark=module,
        environment=environment or {},
        options=HERE,
    )
