"""The connection to the bucket: one a process, made when it is first needed."""

from __future__ import annotations

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
    return s3.client(stores["default"]["OPTIONS"], CONFIG)


def bucket() -> str:
    return str(settings.S3_BUCKET)


def over_tls() -> bool:
    return bool(settings.S3_ORIGIN.startswith("https:"))


def encryption() -> dict[str, str]:
    """What each write says of its encryption, as boto3 names it."""
    return s3.encryption(settings.S3_KMS_KEY_ID)
