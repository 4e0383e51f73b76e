"""Asking SNS itself: a certificate, or the confirmation of a subscription."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import deque

import structlog

logger = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 64 * 1024
# Whoever knows a topic's name can make us ask; not without end.
MOST_A_MINUTE = 20

_asked: deque[float] = deque(maxlen=MOST_A_MINUTE)  # monotonic clock
_lock = threading.Lock()


class Unavailable(Exception):
    """SNS did not answer as it should; what depends on it can be posted again later."""


def fetch(host: str, path: str) -> bytes:
    """The body that `https://<host><path>` answers with. Follows no redirect. Raises Unavailable.

    Called outside of any transaction: it waits for a network.
    """
    _count()
    line = http.client.HTTPSConnection(
        host, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
    )
    try:
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(type(error).__name__) from error
    finally:
        line.close()
    if answer.status != http.client.OK or len(body) > MOST_BYTES:
        logger.warning("sns-answer", status=answer.status, bytes=len(body))
        raise Unavailable(f"status {answer.status}")
    return body


def _count() -> None:
    """Raises Unavailable when as many were asked for in the last minute as may be."""
    now = time.monotonic()
    with _lock:
        if len(_asked) == MOST_A_MINUTE and now - _asked[0] < 60:
            raise Unavailable("too many")
        _asked.append(now)


def forget() -> None:
    """For tests: as if nothing had been asked."""
    _asked.clear()
