"""What the store tells of what it holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Stored:
    """One version of an object, there for good under this pair of key and version."""

    key: str
    version: str
    size: int  # bytes
    content_type: str


@dataclass(frozen=True)
class Version:
    """A line of the bucket's listing. A `marker` has no bytes: it says "deleted since"."""

    key: str
    version: str
    size: int  # bytes
    at: dt.datetime
    latest: bool
    marker: bool
