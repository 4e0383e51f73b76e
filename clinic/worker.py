"""The worker's ear for the broker: what it cannot understand is kept, not thrown away.

Celery's own consumer acknowledges and forgets what it cannot decode and tasks it does not know,
and dies of some shapes of garbage.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.message import Message
from kombu.transport import redis as redis_transport
from kombu.utils.json import loads as kombu_loads

from clinic.lib import alive, dead_letters

logger = structlog.get_logger(__name__)


class Consumer(CeleryConsumer):
    """Named by the setting `worker_consumer`."""

    def on_unknown_message(self, body: Any, message: Message) -> None:
        self._bury(message, "UnknownMessage")

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._bury(message, "UnknownTask")

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._bury(message, "InvalidTask")

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        self._bury(message, "DecodeError")

    def ensure_connected(self, conn: Any) -> Any:
        """Whoever waits for the broker has no loop that turns, and lives all the same."""
        connect = conn.ensure_connection

        def connect_alive(*args: Any, callback: Callable[[], None], **kwargs: Any) -> Any:
            def wait() -> None:
                alive.show()
                callback()

            return connect(*args, callback=wait, **kwargs)

        conn.ensure_connection = connect_alive
        return super().ensure_connected(conn)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:
        handle = super().create_task_handler(*args, **kwargs)

        def guarded(message: Message) -> None:
            try:
                handle(message)
            except (*self.connection_errors, *self.channel_errors):
                raise  # the broker's, not the message's: the worker connects again
            except Exception as error:
                self._bury(message, type(error).__name__)

        return guarded

    def _bury(self, message: Message, reason: str) -> None:
        """Keep it, then acknowledge it: should the first fail, the broker gives it out again."""
        headers = message.headers if isinstance(message.headers, dict) else {}
        info = message.delivery_info or {}
        try:
            dead_letters.keep(
                queue=str(info.get("routing_key") or ""),
                task=str(headers.get("task", ""))[:200],
                reason=reason,
                now=dt.datetime.now(dt.UTC),
                body=_text(message.body),
                headers=headers,
                content_type=str(message.content_type or ""),
                content_encoding=str(message.content_encoding or ""),
            )
        except Exception as error:
            logger.error("dead-letter-not-kept", error=type(error).__name__, reason=reason)
            return
        # On SQS it is deleted by the queue it came from, whatever queue it says it is for.
        info.pop("routing_key", None)
        message.ack_log_error(logger, self.connection_errors)


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else json.dumps(body, default=str)


def loads(text: str, *args: Any, **kwargs: Any) -> Any:
    """What came by Redis, as a message; garbage as one that no task is named in.

    Kombu's Redis transport raises on it, with the item gone from the queue and the worker after it
    (its SQS transport wraps garbage just so).
    """
    try:
        data = kombu_loads(text, *args, **kwargs)
        properties = data["properties"]
        properties["delivery_tag"], properties["delivery_info"]["routing_key"]
    except (ValueError, TypeError, KeyError):
        info = {"exchange": "", "routing_key": ""}
        properties = {"delivery_tag": str(uuid.uuid4()), "delivery_info": info}
        return {"body": text, "headers": None, "properties": properties}
    return data


redis_transport.loads = loads  # type: ignore[assignment]
