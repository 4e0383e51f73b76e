"""What every request passes: its id, its address, its log line, its security headers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from clinic.lib import problems
from clinic.lib.logs import without_words
from clinic.lib.metrics import requests

logger = structlog.get_logger("clinic.request")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def client_address(request: HttpRequest) -> str:
    """The caller's network address: what our own outermost proxy saw, never what a caller claims.

    With TRUSTED_PROXIES = n, the n-th entry from the right of X-Forwarded-For.
    """
    proxies = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(forwarded) >= proxies and forwarded[-proxies]:
        return forwarded[-proxies][:45]
    return request.META.get("REMOTE_ADDR", "")


class RequestContextMiddleware:
    """Gives the request an id, binds it to every log line, and logs one line at the end.

    The line holds the route, never the path or the query: those carry identifiers and searches.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.client_address = client_address(request)  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        self._log(request, response.status_code, time.perf_counter() - started)
        return response

    @staticmethod
    def _log(request: HttpRequest, status: int, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match else None
        milliseconds = round(seconds * 1000, 1)
        requests.note(request, route=route, status=status, milliseconds=milliseconds)
        if route in ("livez", "readyz") and status == 200:
            return
        log = logger.error if status >= 500 else logger.info
        log(
            "request",
            method=request.method if request.method in KNOWN_METHODS else "other",
            route=route or "",
            status=status,
            milliseconds=milliseconds,
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A traceback without values: a message or a local variable may name a person."""
        if isinstance(exception, EXPECTED):
            return
        logger.error("unhandled", **without_words(exception))


# Django turns these into pages of their own.
EXPECTED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest)
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


EXPOSED_HEADERS = "Idempotency-Replayed, Location, Retry-After"


class CrossOriginMiddleware:
    """CORS for the two plain endpoints that a static site may call, and nothing else.

    They use neither cookies nor tokens, so no credentials are ever allowed across origins.
    """

    PATHS = ("/appointment-slot", "/book-appointment")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(self.PATHS):
            return self.get_response(request)
        asks_first = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        preflight = request.method == "OPTIONS" and asks_first
        response = HttpResponse(status=204) if preflight else self.get_response(request)
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin", "")
        if origin in settings.CORS_ALLOWED_ORIGINS:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            if preflight:
                response["Access-Control-Allow-Methods"] = "GET, POST"
                response["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
                response["Access-Control-Max-Age"] = "600"
        return response


class BodyLimitMiddleware:
    """Refuses a body larger than anything the site asks for, before a byte of it is read.

    A program is answered at once. A person gets a page, in their language and with their menu: so
    it is drawn when the session is known, and still before the check of the form's token, which is
    the first that reads (a view's middlewares are asked in the order of the settings).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        document = self._too_large(request) and problems.instead_of_page(request.path, 413)
        return document or self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        if not self._too_large(request):
            return None
        context = {"most_mb": self._largest_file(request) // (1024 * 1024)}
        return render(request, "errors/413.html", context, status=413)

    def _too_large(self, request: HttpRequest) -> bool:
        """The fields around a file have the limit of a form without one."""
        most = self._largest_file(request) + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return self._announced(request) > most

    @staticmethod
    def _largest_file(request: HttpRequest) -> int:
        """In bytes; 0 where no files are sent."""
        paths: dict[str, int] = settings.UPLOAD_PATHS
        return next((most for path, most in paths.items() if request.path.startswith(path)), 0)

    @staticmethod
    def _announced(request: HttpRequest) -> int:
        try:
            return int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return 0


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere; under /admin/ the wider one that its theme needs."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase):  # type: ignore[no-untyped-def]
        if request.path.startswith("/admin/"):
            response._csp_update = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)
