"""Work that no worker could do: kept, shown, given back or dropped.

Celery throws away what it cannot read, tasks that it does not know, and the failed. Here they end
in the dead-letter queue of SQS or, with a Redis broker, in a hash beside its queues.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Iterator
from contextlib import closing
from typing import Any, Protocol

import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from kombu import Producer

from clinic.lib.dead_letters.letter import DeadLetter
from clinic.lib.dead_letters.on_redis import OnRedis
from clinic.lib.dead_letters.on_sqs import OnSqs
from clinic.lib.queues import DEFAULT, IMPATIENT, is_sqs

__all__ = ["DeadLetter", "all_newest_first", "count", "drop", "keep", "keep_failed", "replay"]

logger = structlog.get_logger(__name__)

# A sweep that fails fails every few seconds: once an hour says as much.
SAME_AGAIN = 3600


class Store(Protocol):
    def keep(self, letter: DeadLetter) -> None: ...
    def all(self) -> list[DeadLetter]: ...
    def count(self) -> int: ...
    def remove(self, letter: DeadLetter) -> None: ...
    def close(self) -> None: ...


def store() -> Store:
    if is_sqs(settings.CELERY_BROKER_URL):
        return OnSqs(settings.SQS_DEAD_LETTERS_URL, region=settings.AWS_REGION)
    return OnRedis(settings.CELERY_BROKER_URL)


def keep(
    *,
    queue: str,
    task: str,
    reason: str,
    now: dt.datetime,
    body: str,
    headers: dict[str, Any],
    content_type: str = "",
    content_encoding: str = "",
) -> None:
    """Keep a message as the broker gave it. Raises what the broker's client raises."""
    letter = DeadLetter(
        id=str(uuid.uuid4()),
        queue=queue or DEFAULT,
        task=task,
        reason=reason,
        at=now,
        body=body,
        headers=headers,
        content_type=content_type,
        content_encoding=content_encoding,
    )
    with closing(store()) as shelf:
        shelf.keep(letter)
    logger.error("dead-letter", task=task, queue=letter.queue, reason=reason)


def keep_failed(
    *, task: str, task_id: str, reason: str, args: Any, kwargs: Any, now: dt.datetime
) -> None:
    """Keep a task that a worker began and that failed; the same failure once an hour."""
    body = json.dumps([list(args or ()), dict(kwargs or {}), {}], default=str)
    mark = hashlib.sha256(f"{task} {body} {reason}".encode()).hexdigest()
    if not cache.add(f"dead-letter:{mark}", 1, SAME_AGAIN):
        return
    keep(
        queue=current_app.amqp.router.route({}, task)["queue"].name,
        task=task,
        reason=reason,
        now=now,
        body=body,
        headers={"task": task, "id": task_id},
        content_type="application/json",
        content_encoding="utf-8",
    )


def all_newest_first() -> list[DeadLetter]:
    with closing(store()) as shelf:
        return sorted(shelf.all(), key=lambda letter: letter.at, reverse=True)


def count() -> int:
    with closing(store()) as shelf:
        return shelf.count()


def replay(*, ids: Collection[str] | None) -> Iterator[DeadLetter]:
    """Give these (None: all) back to their queues and forget them; yields each when it is done.

    In this order: one that is given back twice is done twice, which every task of ours bears.
    """
    with closing(store()) as shelf:
        for letter in _chosen(shelf, ids):
            _publish(letter)
            shelf.remove(letter)
            logger.info("dead-letter-replayed", task=letter.task, queue=letter.queue)
            yield letter


def drop(*, ids: Collection[str] | None) -> Iterator[DeadLetter]:
    """Forget these (None: all) for good; yields each when it is gone."""
    with closing(store()) as shelf:
        for letter in _chosen(shelf, ids):
            shelf.remove(letter)
            logger.info("dead-letter-dropped", task=letter.task, queue=letter.queue)
            yield letter


def _chosen(shelf: Store, ids: Collection[str] | None) -> list[DeadLetter]:
    return [letter for letter in shelf.all() if ids is None or letter.id in ids]


def _publish(letter: DeadLetter) -> None:
    # It was useless after some seconds when it was sent; somebody wants it now.
    headers = {key: value for key, value in letter.headers.items() if key != "expires"}
    with current_app.connection_for_write(transport_options=IMPATIENT) as connection:
        Producer(connection).publish(
            letter.body,
            routing_key=letter.queue,
            exchange="",
            headers=headers,
            content_type=letter.content_type or "text/plain",
            content_encoding=letter.content_encoding or "utf-8",
        )
