"""The span of a request. Its parent is never who asks: a stranger could have us trace everything,
or join traces that are none of his business."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode

from clinic.lib.tracing.beginning import tracer

# What machines ask all day.
UNTRACED = {"/livez", "/readyz", "/metrics"}

Answered = Callable[[HttpResponseBase], HttpResponseBase]


@contextmanager
def span_of(request: HttpRequest) -> Iterator[Answered]:
    """While the request is answered; yields what is to be told of the answer, and gives it back."""
    if request.path_info in UNTRACED:
        yield lambda response: response
        return
    with tracer().start_as_current_span("request", Context(), SpanKind.SERVER) as span:
        structlog.contextvars.bind_contextvars(
            trace_id=trace.format_trace_id(span.get_span_context().trace_id)
        )

        def answered(response: HttpResponseBase) -> HttpResponseBase:
            if span.is_recording():
                match = request.resolver_match
                span.set_attribute("http.request.method", request.method or "")
                span.set_attribute("http.route", match.route if match else "")
                span.set_attribute("http.response.status_code", response.status_code)
                if response.status_code >= 500:
                    span.set_status(Status(StatusCode.ERROR))
            return response

        yield answered


def note(exception: Exception) -> None:
    """Something rose in a view. What it says is taken out before it leaves (`scrubbing`)."""
    trace.get_current_span().record_exception(exception)
