"""What a container of the image runs; the first argument says which.

    web                    the site, on PORT (8000)
    worker [QUEUE ...]     background work; without names all queues
    beat                   the clock, exactly one
    roles                  once, on a new database: the two roles and their passwords
    release                before a new version serves: migrations, roles' permissions
    manage COMMAND ...     any command of manage.py

This process becomes the program (exec), so that the signal to stop reaches it and nobody else: no
shell, no supervisor. Nothing is written but below /tmp.
"""

from __future__ import annotations

import os
import sys

QUEUES = ("default", "messages", "documents")
ALIVE = "/tmp/alive"


class EntryError(Exception):
    """Its text is the sentence that the log ends with."""


def main(arguments: list[str]) -> None:
    try:
        command = command_for(arguments)
    except EntryError as error:
        sys.exit(f"{error}\n\n{__doc__}")
    if arguments[0] in ("worker", "beat"):
        os.environ.setdefault("ALIVE_FILE", ALIVE)
    # Another program in this process, of which every word is ours or the operator's.
    os.execv(sys.executable, [sys.executable, *command])


def command_for(arguments: list[str]) -> list[str]:
    """Python's arguments. Raises EntryError for what the image cannot run."""
    name, rest = (arguments or [""])[0], arguments[1:]
    if name == "manage":
        return ["manage.py", *rest]
    if name == "worker":
        return _worker(rest or list(QUEUES))
    if rest:
        raise EntryError(f"`{name}` takes nothing more, and got: {' '.join(rest)}.")
    if name == "web":
        address = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
        return ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", address]
    if name == "beat":
        return ["-m", "celery", "-A", "clinic", "beat", "--pidfile", "", "--loglevel", "INFO"]
    if name == "roles":
        return ["-m", "deploy.image.database_roles"]
    if name == "release":
        return ["-m", "deploy.image.release"]
    raise EntryError(f"There is nothing called `{name}` to run.")


def _worker(queues: list[str]) -> list[str]:
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown:
        raise EntryError(f"No queue is called {', '.join(unknown)}; there are {', '.join(QUEUES)}.")
    # A process of its own for what is done: only so can what takes too long be ended.
    concurrency = os.environ.get("WORKER_CONCURRENCY", "1")
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    listen = ["--queues", ",".join(queues), "--concurrency", concurrency]
    return ["-m", "celery", "-A", "clinic", "worker", *listen, *quiet, "--loglevel", "INFO"]


if __name__ == "__main__":
    main(sys.argv[1:])
