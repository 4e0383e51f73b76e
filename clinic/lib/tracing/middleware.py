"""A request as the beginning of a trace."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clinic.lib import tracing


class TracingMiddleware:
    """To be named right after what gives the request its id: the log line has the trace's too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not tracing.on():
            raise MiddlewareNotUsed
        from clinic.lib.tracing import beginning, requests

        beginning.begin()
        self.get_response = get_response
        self._of = requests.span_of

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with self._of(request) as answered:
            return answered(self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        from clinic.lib.tracing import requests

        requests.note(exception)
