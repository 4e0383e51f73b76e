"""Reading JSON bodies of strangers: bounded, strictly UTF-8, never deeper than a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from clinic.lib.problems import Problem


class StrictJSONParser(BaseParser):
    """orjson refuses what the standard library lets through: lone surrogates, NaN, any depth."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise too_large()
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is not valid JSON in UTF-8.")) from error


def too_large() -> Problem:
    return Problem(413, "too-large", _("The request is too large."))


def read_body(request: Any) -> None:
    """Read the body, but refuse a large one by its announced size, and read a chunked one no
    further than the limit.

    WSGI has no length for a chunked body, and Django would take it for empty. `request` is
    Django's. Raises Problem (413).
    """
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    meta: Mapping[str, Any] = request.META
    if _length(meta) > limit:
        raise too_large()
    if "chunked" in meta.get("HTTP_TRANSFER_ENCODING", "").lower() and meta.get(
        "wsgi.input_terminated"
    ):
        body = meta["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            raise too_large()
        request._body, request._read_started = body, True
        request.META["CONTENT_LENGTH"] = str(len(body))
    request.body  # noqa: B018 (Django keeps it: parsers and fingerprints read it again)


def _length(meta: Mapping[str, Any]) -> int:
    try:
        return int(meta.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
