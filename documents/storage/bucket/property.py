from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Property:
    """Something that a bucket must be like."""

    name: str
    wanted: Any
    read: Callable[[], Any]  # what is set now, in the form of `wanted`; raises UnknownHere
    write: Callable[[], Any]
    # What to do if it is not so.
    otherwise: str = "run `manage.py ensure_bucket`"
