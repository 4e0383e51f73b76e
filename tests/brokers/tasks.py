"""A task for the worker of these tests: it fails while the file that it is told of exists."""

import os
from pathlib import Path

from celery import shared_task


@shared_task(name="tests.fails_while_broken")
def fails_while_broken() -> None:
    if Path(os.environ["BROKEN"]).exists():
        raise RuntimeError("words that may name somebody")
    Path(os.environ["REPAIRED"]).touch()
