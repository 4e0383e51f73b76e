"""A dead letter: work that no worker could do, as it was asked for."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """`body` and `headers` are the broker's message itself, so that it can be given back.

    Nothing personal is in there: our tasks take no names, addresses or texts.
    """

    id: str
    queue: str
    task: str  # "" where not even that can be read
    reason: str  # a class's name or a code, never an error's text
    at: dt.datetime
    body: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    content_type: str = ""
    content_encoding: str = ""

    def as_json(self) -> str:
        return json.dumps({"dead_letter": 1, **self.facts(), "headers": self.headers}, default=str)

    def facts(self) -> dict[str, Any]:
        """What operators are shown. Of the headers only the id: the rest is Celery's own."""
        return {
            **asdict(self),
            "at": self.at.isoformat(),
            "headers": {"id": self.headers.get("id")},
        }


def from_json(text: str) -> DeadLetter | None:
    """None: this was not written by `as_json`."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.pop("dead_letter", None) != 1:
        return None
    try:
        return DeadLetter(**{**data, "at": dt.datetime.fromisoformat(data["at"])})
    except (KeyError, TypeError, ValueError):  # by another version of us: the others are read
        return None
