"""What is handed to browsers: a form to write one object, a link to read one version.

Both are signatures made here: the store is not asked, and neither can be taken back before its
time is over. That is why they live for seconds and minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.http import content_disposition_header

from documents.storage import client as store
from documents.storage.errors import translated


@dataclass(frozen=True)
class Form:
    """Where to post, and the fields that come before the one called "file"."""

    url: str
    fields: dict[str, str]


def upload_form(key: str, *, content_type: str, most_bytes: int, seconds: int) -> Form:
    """A form for exactly this key and type, one byte to `most_bytes`, encrypted as we say.

    A field of it that is changed or left out makes the store refuse it. One that is added does on
    AWS; SeaweedFS takes some (acl, Content-Disposition), and nothing here relies on them: nobody
    else may read the bucket, and a link says itself as what its version is served. It may be posted
    again within its time: that makes another version, so what was checked is named by its version.
    """
    exact = {"Content-Type": content_type, "success_action_status": "201", **_encryption_fields()}
    with translated():
        made = store.client().generate_presigned_post(
            Bucket=store.bucket(),
            Key=key,
            Fields=dict(exact),
            Conditions=[
                *({name: value} for name, value in exact.items()),
                ["content-length-range", 1, most_bytes],
            ],
            ExpiresIn=seconds,
        )
    return Form(made["url"], made["fields"])


def link(
    key: str,
    version: str,
    *,
    filename: str,
    content_type: str,
    seconds: int,
    inline: bool = False,
) -> str:
    """An address at which one version can be read for `seconds`, as a file to save.

    `filename` is part of the address, which stores write into their logs: give what says nothing
    of anybody ("referral.pdf"), never the name of the patient's own file. `inline`: shown rather
    than saved, for pictures of pages.
    """
    if not version:
        raise ValueError("a link names its version: the newest may not be what was checked")
    disposition = content_disposition_header(as_attachment=not inline, filename=filename)
    with translated():
        made: str = store.client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": store.bucket(),
                "Key": key,
                "VersionId": version,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition or "inline",
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=seconds,
        )
    return made


def _encryption_fields() -> dict[str, str]:
    fields = {"x-amz-server-side-encryption": store.encryption()["ServerSideEncryption"]}
    if settings.S3_KMS_KEY_ID:
        fields["x-amz-server-side-encryption-aws-kms-key-id"] = settings.S3_KMS_KEY_ID
    return fields
