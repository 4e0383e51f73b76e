"""A task continues the trace of the request, or of the task, that asked for it.

By Celery's signals. What joins both travels in the message's headers: two numbers, and whether this
trace is one of those that are kept.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import structlog
from celery import signals
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from clinic.lib.tracing.beginning import tracer

HEADER = "traceparent"

_carrier = TraceContextTextMapPropagator()
_running: dict[str, ExitStack] = {}


def connect() -> None:
    signals.before_task_publish.connect(asked_for, dispatch_uid="tracing")
    signals.task_prerun.connect(begins, dispatch_uid="tracing")
    signals.task_failure.connect(failed, dispatch_uid="tracing")
    signals.task_postrun.connect(ended, dispatch_uid="tracing")


def disconnect() -> None:
    signals.before_task_publish.disconnect(dispatch_uid="tracing")
    signals.task_prerun.disconnect(dispatch_uid="tracing")
    signals.task_failure.disconnect(dispatch_uid="tracing")
    signals.task_postrun.disconnect(dispatch_uid="tracing")


def asked_for(*, headers: dict[str, Any], **kwargs: object) -> None:
    _carrier.inject(headers)


def begins(*, task_id: str, task: Any, **kwargs: object) -> None:
    parent = getattr(task.request, HEADER, None)
    context = _carrier.extract({HEADER: parent} if parent else {})
    name = {"celery.task_name": task.name}
    with ExitStack() as stack:
        span = stack.enter_context(
            tracer().start_as_current_span("task", context, SpanKind.CONSUMER, name)
        )
        structlog.contextvars.bind_contextvars(
            trace_id=trace.format_trace_id(span.get_span_context().trace_id)
        )
        _running[task_id] = stack.pop_all()


def failed(*, exception: BaseException, **kwargs: object) -> None:
    """What it says is taken out before it leaves (`scrubbing`)."""
    span = trace.get_current_span()
    span.record_exception(exception)
    span.set_status(Status(StatusCode.ERROR))


def ended(*, task_id: str, **kwargs: object) -> None:
    if stack := _running.pop(task_id, None):
        stack.close()
