"""What the bucket refuses, whoever asks: writes that are not encrypted as we say, plain HTTP."""

from __future__ import annotations

from typing import Any

VERSION = "2012-10-17"
Statement = dict[str, Any]


def statements(
    bucket: str, *, encryption: dict[str, str] | None, over_tls: bool
) -> dict[str, Statement]:
    """Our statements by their Sid. `encryption`: the parameters that each write must carry.

    A condition that says "is not" also holds for what is not said at all. Without TLS to the store
    (this machine's own) plain HTTP cannot be refused: nobody could speak to it any more.
    """
    found: dict[str, Statement] = {}
    if encryption is not None:
        header = "s3:x-amz-server-side-encryption"
        algorithm = encryption["ServerSideEncryption"]
        found["ClinicEncrypted"] = _deny(bucket, {header: algorithm})
        if key := encryption.get("SSEKMSKeyId"):
            found["ClinicNamedKey"] = _deny(bucket, {f"{header}-aws-kms-key-id": key})
    if over_tls:
        found["ClinicOverTls"] = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    return {sid: {"Sid": sid, **statement} for sid, statement in found.items()}


def _deny(bucket: str, unless: dict[str, str]) -> Statement:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringNotEquals": unless},
    }
