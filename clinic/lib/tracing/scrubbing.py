"""What of a span may leave: a short list. Whatever else somebody, or a library, hangs to one stays.

Not what is known to be private is taken out, but all that is not known to be harmless: messages of
exceptions, which quote rows; texts of statements; addresses, paths, names of hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

WORDS = re.compile(r"[A-Z]{2,20}( [A-Z]{2,20}){0,9}")
# Each attribute with what its value must be, whole.
ALLOWED: dict[str, re.Pattern[str]] = {
    "http.request.method": re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"),
    "http.route": re.compile(r"[\w/<>:.^$?()|\\\[\]+*-]{0,200}"),  # as in urls.py
    "http.response.status_code": re.compile(r"\d{3}"),
    "db.system": re.compile(r"postgresql|redis"),
    "db.operation.name": WORDS,
    "db.collection.name": re.compile(r"[a-z_]{1,63}"),
    "db.namespace": re.compile(r"default|replica"),
    "celery.task_name": re.compile(r"[a-z_.]{1,100}"),
    "error.type": re.compile(r"[A-Za-z_.]{1,100}"),
}


class Scrubbing(SpanExporter):
    """Before an exporter: gives it spans that have only what is allowed."""

    def __init__(self, exporter: SpanExporter, resource: Resource) -> None:
        self._exporter, self._resource = exporter, resource

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([scrubbed(span, self._resource) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def scrubbed(span: ReadableSpan, resource: Resource) -> ReadableSpan:
    attributes = _allowed(span.attributes or {})
    if error := _error_type(span):
        attributes["error.type"] = error
    return ReadableSpan(
        name=_name(span, attributes),
        context=_bare(span.context),
        parent=_bare(span.parent),
        resource=resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _allowed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in attributes.items()
        if (form := ALLOWED.get(key)) and form.fullmatch(str(value))
    }


def _error_type(span: ReadableSpan) -> str:
    """Of the exception that was noted last; nothing of what it says."""
    for event in reversed(span.events):
        name = str((event.attributes or {}).get("exception.type", ""))
        if ALLOWED["error.type"].fullmatch(name):
            return name
    return ""


def _name(span: ReadableSpan, attributes: Mapping[str, Any]) -> str:
    """Made of what is allowed; a command of the cache is its own name."""
    if "http.request.method" in attributes:
        return f"{attributes['http.request.method']} /{attributes.get('http.route', '')}"
    if "celery.task_name" in attributes:
        return str(attributes["celery.task_name"])
    if "db.operation.name" in attributes:
        words = (attributes["db.operation.name"], attributes.get("db.collection.name", ""))
        return " ".join(word for word in words if word)
    if attributes.get("db.system") == "redis" and WORDS.fullmatch(span.name):
        return span.name
    return "other"


def _bare(context: SpanContext | None) -> SpanContext | None:
    """Without the state that a trace may carry along: free text of whoever it passed."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
