"""Errors of the API as RFC 9457 problem documents (application/problem+json).

Every document has `type`, `title`, `status`, `detail` and `code`; a program decides by `code`.
Bad fields are listed in `errors`, each with `field`, `detail` and `code`.
"""

from __future__ import annotations

import http
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

CONTENT_TYPE = "application/problem+json"
# Where codes are explained.
EXPLAINED_AT = "/api/v1/docs/#"
# Codes that add nothing to the HTTP status: their type is "about:blank", as the RFC asks.
GENERIC = {
    "authentication-failed",
    "bad-request",
    "forbidden",
    "internal-error",
    "invalid",
    "method-not-allowed",
    "not-acceptable",
    "not-authenticated",
    "not-found",
    "parse-error",
    "permission-denied",
    "throttled",
    "too-large",
    "unavailable",
    "unsupported-media-type",
}
BUSY = _("The clinic's system is busy. Try again shortly.")

logger = structlog.get_logger(__name__)


class Problem(exceptions.APIException):
    """A refusal with a status and a code of its own; `members` are added to the document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: Any,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail=detail, code=code)
        self.status_code = status
        self.code = code
        self.headers = headers or {}
        self.members = members


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """What REST framework calls for whatever a view raises; None lets it rise to Django."""
    problem = _as_problem(exc)
    return None if problem is None else response_to(problem)


def response_to(problem: Problem) -> HttpResponse:
    generic = problem.code in GENERIC
    document = {
        "type": "about:blank" if generic else f"{settings.SITE_URL}{EXPLAINED_AT}{problem.code}",
        "title": http.HTTPStatus(problem.status_code).phrase if generic else str(problem.detail),
        "status": problem.status_code,
        "detail": str(problem.detail),
        "code": problem.code,
        **problem.members,
    }
    return HttpResponse(
        orjson.dumps(document),
        status=problem.status_code,
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )


def _as_problem(exc: Exception) -> Problem | None:
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_errors(exc.get_full_details()))
        return Problem(400, "invalid", _("The request is not valid."), errors=errors)
    if isinstance(exc, exceptions.APIException):
        return _of_api_exception(exc)
    if isinstance(exc, (OperationalError, InterfaceError)):
        # Somebody else's locks, or a database that restarts: asking again helps.
        logger.error("database", exception=type(exc).__name__)
        return Problem(503, "unavailable", BUSY, headers={"Retry-After": "5"})
    for kind, status, code, detail in _DJANGO:
        if isinstance(exc, kind):
            return Problem(status, code, detail)
    return None


# More special kinds first.
_DJANGO: list[tuple[type[Exception], int, str, Any]] = [
    (Http404, 404, "not-found", _("There is nothing here, or it is not yours.")),
    (PermissionDenied, 403, "forbidden", _("You are not allowed to do this.")),
    (RequestDataTooBig, 413, "too-large", _("The request is too large.")),
    (UnreadablePostError, 400, "bad-request", _("The request ended before it was complete.")),
    (SuspiciousOperation, 400, "bad-request", _("The request cannot be understood.")),
    (BadRequest, 400, "bad-request", _("The request cannot be understood.")),
    (DjangoValidationError, 400, "invalid", _("The request is not valid.")),
    # What PostgreSQL cannot store, like a NUL in a cookie; fields are checked long before.
    (DataError, 400, "invalid", _("The request is not valid.")),
]


def _of_api_exception(exc: exceptions.APIException) -> Problem:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    code = exc.get_codes()
    code = code.replace("_", "-") if isinstance(code, str) else "refused"
    detail = exc.detail if isinstance(exc.detail, str) else exc.default_detail
    return Problem(exc.status_code, code, detail, headers=headers)


def _errors(details: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten what a serializer found: `{"field", "detail", "code"}` for each."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {"field": field, "detail": str(details["message"]), "code": str(details["code"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            whole = name == "non_field_errors"
            yield from _errors(inner, field if whole else f"{field}.{name}".strip("."))
    elif isinstance(details, list):
        for inner in details:
            yield from _errors(inner, field)


# Addresses of programs; everything else is read by people.
PROGRAMS = ("/api/", "/appointment-slot", "/book-appointment")
_OF_STATUS = {
    400: ("bad-request", _("The request cannot be understood.")),
    403: ("forbidden", _("You are not allowed to do this.")),
    404: ("not-found", _("There is nothing here, or it is not yours.")),
    413: ("too-large", _("The request is too large.")),
    500: ("internal-error", _("Something went wrong on our side.")),
}


def is_for_programs(path: str) -> bool:
    return path.startswith(PROGRAMS)


def instead_of_page(path: str, status: int) -> HttpResponse | None:
    """For the site's error handlers: the problem document where a program asked, or None."""
    if not is_for_programs(path):
        return None
    code, detail = _OF_STATUS[status]
    return response_to(Problem(status, code, detail))
