"""Static files of a release in a bucket, from where the CDN serves them.

A release's files carry a digest of their content in their name, so one that lies there is the same
file: it is not sent again, nothing is replaced, and the pages of the release before keep theirs.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PREFIX = "static/"
# The name changes with the content, so what is kept need never be asked for again.
CACHE_CONTROL = "public, max-age=31536000, immutable"
AT_ONCE = 8
TEXT = ("text/", "application/json", "image/svg+xml")
# What the machine's own table may not know, or knows otherwise.
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2"}
TYPES |= {".map": "application/json", ".svg": "image/svg+xml", ".webmanifest": "application/json"}


def names(root: Path) -> list[str]:
    """The files with a digest that the manifest of `root` names. Raises OSError, ValueError."""
    manifest = json.loads((root / "staticfiles.json").read_text(encoding="utf-8"))
    return sorted(set(manifest["paths"].values()))


def content_type(name: str) -> str:
    found = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    found = found or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith(TEXT) else found


def publish(client: Any, *, bucket: str, root: Path) -> Iterator[tuple[str, bool]]:
    """Send what is not there. Yields each name, and whether it was sent. Raises botocore's errors.

    Not compressed: the CDN does that for what comes without an encoding.
    """
    there = set(_listed(client, bucket))

    def send(name: str) -> tuple[str, bool]:
        if PREFIX + name in there:
            return name, False
        client.put_object(
            Bucket=bucket,
            Key=PREFIX + name,
            Body=(root / name).read_bytes(),
            ContentType=content_type(name),
            CacheControl=CACHE_CONTROL,
        )
        return name, True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(send, names(root))


def _listed(client: Any, bucket: str) -> Iterator[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    for page in pages:
        yield from (row["Key"] for row in page.get("Contents", ()))
