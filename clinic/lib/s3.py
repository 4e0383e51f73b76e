"""The store of objects: its client, how it is addressed, what each write says of its encryption."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config


def addressing(endpoint: str | None) -> dict[str, str]:
    """botocore's `s3` options. AWS's signed links need bucket and region in the host's name."""
    if endpoint:
        return {"addressing_style": "path"}
    return {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}


def origin(endpoint: str | None, *, region: str, bucket: str) -> str:
    """Scheme, host and port of the bucket's addresses, as browsers are told to trust them."""
    if endpoint:
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{parts.netloc}"
    if "." in bucket:  # no certificate covers it as a part of the host's name
        return f"https://s3.{region}.amazonaws.com"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def encryption(kms_key: str) -> dict[str, str]:
    """boto3's parameters of a write: the named key (SSE-KMS), or the store's own (SSE-S3)."""
    if kms_key:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
    return {"ServerSideEncryption": "AES256"}


def client(options: dict[str, Any], config: Config) -> Any:
    """boto3's client by the options of a storage (`STORAGES`): one a process and `config`, made
    when it is first needed. Threads may share it."""
    return _made(
        os.getpid(),  # a child of a fork must not speak over its parent's sockets
        options["endpoint_url"],
        options["region_name"],
        options["access_key"],
        options["secret_key"],
        config,
    )


@lru_cache(maxsize=8)
def _made(
    pid: int,
    endpoint: str | None,
    region: str,
    access_key: str | None,
    secret_key: str | None,
    config: Config,
) -> Any:
    import boto3  # takes a third of a second, which most commands need not pay

    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config.merge(Config(s3=addressing(endpoint))),
    )
