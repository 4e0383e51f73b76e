"""Buckets: encrypted, versioned, nobody's but ours."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.promise import broken_by, promise

BLOCKED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@promise()
def no_bucket_is_public(cloud: Cloud) -> Iterator[str]:
    for bucket in cloud.all("AWS::S3::Bucket"):
        block = bucket.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(name) is True for name in BLOCKED):
            yield f"{bucket} does not block public access"


@broken_by(no_bucket_is_public)
def _one_may_be(cloud: Cloud) -> None:
    bucket = next(cloud.all("AWS::S3::Bucket"))
    bucket.properties["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False
