"""The connection to the bucket: one a process, made when it is first needed."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from botocore.config import Config
from django.conf import settings

from clinic.lib import s3

# Many threads share it. A store that says nothing costs ten seconds at the most.
CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=20,
)


def client() -> Any:
    """boto3's client of the store that STORAGES names."""
    stores: Any = settings.STORAGES
    options = stores["default"]["OPTIONS"]
    return _made(
        os.getpid(),  # a child of a fork must not speak over its parent's sockets
        options["endpoint_url"],
        options["region_name"],
        options["access_key"],
        options["secret_key"],
    )


def bucket() -> str:
    return str(settings.S3_BUCKET)


def over_tls() -> bool:
    return bool(settings.S3_ORIGIN.startswith("https:"))


def encryption() -> dict[str, str]:
    """What each write says of its encryption, as boto3 names it."""
    return s3.encryption(settings.S3_KMS_KEY_ID)


@lru_cache(maxsize=4)
def _made(
    pid: int, endpoint: str | None, region: str, access_key: str | None, secret_key: str | None
) -> Any:
    import boto3  # takes a third of a second, which most commands need not pay

    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=CONFIG.merge(Config(s3=s3.addressing(endpoint))),
    )
