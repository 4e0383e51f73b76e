"""The database's password as Secrets Manager has it now; nothing of it is ever logged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

logger = structlog.get_logger(__name__)

# While a secret is being exchanged, the database may already know the one that is pending.
STAGES = ("AWSCURRENT", "AWSPENDING")
# However many connections are refused, Secrets Manager is asked no more often.
REST_SECONDS = 2.0
IMPATIENT = Config(
    connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"}
)

_known: dict[str, str] = {}  # by role: a replica may be read by one of its own
_found: list[str] = []
_asked_at = float("-inf")  # monotonic clock
_lock = threading.Lock()


def known(role: str) -> str:
    """The password that worked last; empty in a process that has read none."""
    return _known.get(role, "")


def passwords(first: str) -> Iterator[str]:
    """`first` if there is one; then, when that was refused, what Secrets Manager has."""
    if first:
        yield first
    for password in _read():
        if password != first:
            yield password


def worked(role: str, password: str) -> None:
    _known[role] = password


def forget() -> None:
    """As in a process that has just begun: for tests."""
    global _asked_at
    _asked_at = float("-inf")
    _known.clear()
    _found.clear()


def _read() -> list[str]:
    """One thread asks; those that wait for it use what it found."""
    global _asked_at
    with _lock:
        if time.monotonic() - _asked_at >= REST_SECONDS:
            client = boto3.client(
                "secretsmanager", region_name=settings.AWS_REGION, config=IMPATIENT
            )
            _found[:] = [found for stage in STAGES if (found := _password(client, stage))]
            _asked_at = time.monotonic()
            logger.info("database password read again", found=len(_found))
        return list(_found)


def _password(client: object, stage: str) -> str:
    """Empty when there is none of this stage, or it cannot be read."""
    try:
        answer = client.get_secret_value(  # type: ignore[attr-defined]
            SecretId=settings.DATABASE_SECRET_ARN, VersionStage=stage
        )
    except (BotoCoreError, ClientError) as error:
        if stage == STAGES[0]:
            logger.warning("database password not read", error=type(error).__name__)
        return ""
    try:
        return str(json.loads(answer["SecretString"])["password"])
    except (ValueError, KeyError, TypeError):
        logger.warning("database password not read", error="shape")
        return ""
