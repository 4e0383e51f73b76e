"""How many tasks lie in the queues that no worker has taken."""

from __future__ import annotations

from contextlib import closing

import boto3
import redis
from botocore.config import Config
from django.conf import settings

from clinic.lib.queues import NAMES, is_sqs

VISIBLE = "ApproximateNumberOfMessages"


def read() -> dict[str, int]:
    """By the queue's name. Raises what the broker's client raises."""
    return _on_sqs() if is_sqs(settings.CELERY_BROKER_URL) else _on_redis()


def _on_redis() -> dict[str, int]:
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=2
    )
    with closing(client):
        return {name: int(client.llen(name)) for name in NAMES}


def _on_sqs() -> dict[str, int]:
    """About: SQS knows no more."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    client = boto3.client("sqs", region_name=settings.AWS_REGION, config=config)
    with closing(client):
        return {name: _length(client, settings.SQS_QUEUE_URLS[name]) for name in NAMES}


def _length(client, url: str) -> int:  # type: ignore[no-untyped-def]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=[VISIBLE])
    return int(found["Attributes"].get(VISIBLE, 0))
