"""Asking the store for a setting: it may be set, not set, or nothing that this store knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from documents.storage.errors import translated

UNKNOWN = {"NotImplemented", "MethodNotAllowed", "XNotImplemented"}


class UnknownHere(Exception):
    """The store does not implement this call."""


def ask(call: Callable[..., Any], **request: Any) -> Any:
    """The answer; None if nothing is set. Raises UnknownHere or a StorageError."""
    try:
        with translated():
            return _known(call, request)
    except _NotSet:
        return None


class _NotSet(Exception):
    pass


def _known(call: Callable[..., Any], request: dict[str, Any]) -> Any:
    try:
        return call(**request)
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code in UNKNOWN or error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
            raise UnknownHere(code) from error
        # Each setting has its own code for "none": NoSuchCORSConfiguration, ...NotFoundError.
        if code != "NoSuchBucket" and (code.startswith("NoSuch") or code.endswith("NotFoundError")):
            raise _NotSet from error
        raise
