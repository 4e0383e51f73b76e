"""How things stand, once a minute: what waits, and for how long.

Each part is asked by itself, and one that does not answer is left out: its metric then has no
value, which its alarm takes for trouble.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import structlog
from django.db import connection, connections

from clinic.lib import dead_letters, queue_lengths, queues, replica
from clinic.lib.metrics import Level, Metric, names
from documents.operations.checking import waiting as documents_waiting
from notifications import waiting

logger = structlog.get_logger(__name__)

CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
# Nothing to replay is no lag, however long ago the last change was.
REPLICA_LAG = """
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE greatest(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END
 WHERE pg_is_in_recovery()
"""


def read(*, now: dt.datetime) -> list[Level]:
    found: list[Level] = []
    for part in (_messages, _queues, _documents, _dead_letters, _database, _replica):
        found += _asked(part, now)
    return found


def _asked(part: Callable[[dt.datetime], Iterator[Level]], now: dt.datetime) -> list[Level]:
    try:
        return list(part(now))
    except Exception as error:  # a broker's, a store's, a database's
        logger.warning("level-unknown", part=part.__name__, error=type(error).__name__)
        return []


def _messages(now: dt.datetime) -> Iterator[Level]:
    found = waiting.read(now=now)
    yield Level(names.MESSAGES_DUE, found.due)
    yield Level(names.OLDEST_MESSAGE_SECONDS, found.oldest)
    yield Level(names.OLDEST_REMINDER_SECONDS, found.oldest_reminder)
    yield _of_queue(names.WORKER_BACKLOG, queues.MESSAGES, found.due)


def _queues(now: dt.datetime) -> Iterator[Level]:
    lengths = queue_lengths.read()
    for name, length in lengths.items():
        yield _of_queue(names.QUEUE_MESSAGES, name, length)
    yield _of_queue(names.WORKER_BACKLOG, queues.DEFAULT, lengths[queues.DEFAULT])


def _documents(now: dt.datetime) -> Iterator[Level]:
    number = documents_waiting(now=now).count()
    yield _of_queue(names.WORKER_BACKLOG, queues.DOCUMENTS, number)


def _dead_letters(now: dt.datetime) -> Iterator[Level]:
    yield Level(names.DEAD_LETTERS, dead_letters.count())


def _database(now: dt.datetime) -> Iterator[Level]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        yield Level(names.DATABASE_CONNECTIONS, cursor.fetchone()[0])


def _replica(now: dt.datetime) -> Iterator[Level]:
    """Nothing without a replica, nor of one that has become a primary."""
    if not replica.configured():
        return
    with connections[replica.ALIAS].cursor() as cursor:
        cursor.execute(REPLICA_LAG)
        for (seconds,) in cursor.fetchall():
            yield Level(names.REPLICA_LAG_SECONDS, float(seconds or 0))


def _of_queue(metric: Metric, queue: str, number: float) -> Level:
    return Level(metric, number, (("Queue", queue),))
