"""Telling a worker that something waits. Only a hint: the sweep finds it without one."""

from __future__ import annotations

import time
from functools import cache as cache_of_process

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import connection, transaction
from kombu.pools import ProducerPool, producers

from clinic.lib.queues import IMPATIENT

logger = structlog.get_logger(__name__)

# A worker that dies between taking the hint and starting costs no more than this.
HINT_SECONDS = 10
SLOW_SECONDS = 0.4
# A broker that was slow is spared for moments (a process's first hint may itself be the slow one,
# on a busy machine), one that is away for longer.
SPARED_SECONDS = 3.0
SILENT_SECONDS = 30.0

_silent_until = 0.0  # monotonic clock; one broker, so one silence


class Hint:
    """Asks for one task, at most once until a worker has begun it."""

    def __init__(self, key: str, task: str) -> None:
        self.key, self.task = key, task

    def on_commit(self) -> None:
        """Give it once the present transaction has committed; once per transaction."""
        if any(call[1] == self.give for call in connection.run_on_commit):
            return
        transaction.on_commit(self.give, robust=True)

    def give(self) -> None:
        """Start the task unless it is asked for already. Never raises, never waits for long.

        When the broker is slow or away, this process leaves it alone for a while.
        """
        global _silent_until
        started = time.monotonic()
        if started < _silent_until:
            return
        try:
            if cache.add(self.key, 1, HINT_SECONDS):
                self.publish()
            slow = time.monotonic() - started > SLOW_SECONDS
            silence = SPARED_SECONDS if slow else 0.0
        except Exception as error:  # whatever the broker's client raises
            silence = SILENT_SECONDS
            logger.warning(self.key, error=type(error).__name__)
        if silence:
            _silent_until = time.monotonic() + silence

    def heard(self) -> None:
        """The task begins: whatever is written from now on needs a new hint."""
        cache.delete(self.key)

    def publish(self) -> None:
        with _producers().acquire(block=True, timeout=1) as producer:
            current_app.send_task(self.task, producer=producer, retry=False, expires=60)


@cache_of_process
def _producers() -> ProducerPool:
    """Connections of our own: a worker's may wait for long, a request's may not."""
    connection = current_app.connection_for_write(connect_timeout=1, transport_options=IMPATIENT)
    return producers[connection]


def forget() -> None:
    """For tests: whatever the broker did before, ask it again."""
    global _silent_until
    _silent_until = 0.0
    _producers.cache_clear()
