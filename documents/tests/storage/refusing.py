"""The real store behind a client that refuses some calls before it does them, or only says so."""

from __future__ import annotations

from collections import Counter
from typing import Any

from botocore.exceptions import ClientError


class Refusing:
    """Stands for `client`. The first `times` calls of `call` end in `code`; `carried_out`: what was
    asked was done all the same, as after an answer that got lost."""

    def __init__(
        self,
        client: Any,
        call: str,
        *,
        code: str,
        status: int,
        times: float = float("inf"),
        carried_out: bool = False,
    ) -> None:
        self._client, self._call = client, call
        self._answer: Any = {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        self._times, self._carried_out = times, carried_out
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if not name.startswith(("get_", "put_", "head_", "create_", "delete_")):
            return real

        def call(**request: Any) -> Any:
            self.calls[name] += 1
            if name != self._call or self.calls[name] > self._times:
                return real(**request)
            if self._carried_out:
                real(**request)
            raise ClientError(self._answer, name)

        return call
