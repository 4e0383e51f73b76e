"""How the store is addressed, and what each write says of its encryption."""

from __future__ import annotations

from urllib.parse import urlsplit


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
