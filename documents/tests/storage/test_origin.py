"""Pages trust the very host that forms and links lead to, and no other."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from clinic.lib import s3
from documents import storage
from documents.storage import client as store
from documents.tests.storage import browser


@pytest.mark.parametrize(
    ("endpoint", "region", "bucket"),
    [
        (None, "us-east-1", "clinic"),
        (None, "eu-central-1", "clinic"),
        (None, "eu-central-1", "clinic.example.org"),
        ("http://127.0.0.1:8333", "us-east-1", "clinic"),
        ("https://s3.example.org/", "eu-west-3", "clinic"),
    ],
)
def test_the_trusted_origin_is_that_of_the_addresses(
    endpoint: str | None, region: str, bucket: str
) -> None:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=store.CONFIG.merge(Config(s3=s3.addressing(endpoint))),
    )
    link = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "files/a"})
    form = client.generate_presigned_post(bucket, "uploads/a")["url"]

    trusted = s3.origin(endpoint, region=region, bucket=bucket) + "/"

    assert link.startswith(trusted)
    assert form.startswith(trusted)


@pytest.mark.django_db
def test_pages_may_upload_to_the_store_and_show_its_pictures(client: Client) -> None:
    form = storage.upload_form("uploads/a", content_type="image/png", most_bytes=1, seconds=1)
    assert form.url.startswith(settings.S3_ORIGIN + "/")

    policy = client.get("/accounts/login/").headers["Content-Security-Policy"].split("; ")

    assert f"connect-src 'self' {settings.S3_ORIGIN}" in policy
    assert f"img-src 'self' data: {settings.S3_ORIGIN}" in policy
    assert "default-src 'self'" in policy


def test_photos_of_doctors_are_encrypted_like_documents_and_read_again() -> None:
    name = default_storage.save("doctors/test.jpg", ContentFile(b"a photo"))

    head = store.client().head_object(Bucket=store.bucket(), Key=name)

    assert head["ServerSideEncryption"] == "AES256"
    with default_storage.open(name) as file:
        assert file.read() == b"a photo"
    assert browser.get(f"{settings.S3_ORIGIN}/{store.bucket()}/{name}").status == 403
