"""Where spans go, which traces are kept, and what is watched. Once a process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import NoOpTracer, SpanKind, Tracer

from clinic.lib.tracing.scrubbing import Scrubbing

# A collector stands beside us; one that is silent holds up no end of a process.
PATIENCE_SECONDS = 3

_provider: TracerProvider | None = None
_tracer: Tracer = NoOpTracer()
_beginning = threading.Lock()


class Beginnings(Sampler):
    """Traces begin with requests and tasks: a worker asks its broker all day, for itself."""

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None, *more: Any, **kw: Any
    ) -> SamplingResult:
        if kind not in (SpanKind.SERVER, SpanKind.CONSUMER):
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(parent_context, trace_id, name, kind, *more, **kw)

    def get_description(self) -> str:
        return f"Beginnings({self._share.get_description()})"


def tracer() -> Tracer:
    return _tracer


def begin() -> None:
    """Watch requests, statements, tasks and the cache, from now on."""
    global _provider, _tracer
    from clinic.lib.tracing import statements, tasks

    with _beginning:
        if _provider is not None:
            return
        resource = Resource(described())
        _provider = TracerProvider(
            sampler=ParentBased(Beginnings(settings.TRACES_SHARE)),
            resource=resource,
            id_generator=AwsXRayIdGenerator(),
        )
        _provider.add_span_processor(BatchSpanProcessor(Scrubbing(exporter(), resource)))
        _tracer = _provider.get_tracer("clinic")
        statements.connect()
        tasks.connect()
        RedisInstrumentor().instrument(tracer_provider=_provider)


def end() -> None:
    """Stop, and forget; what waits leaves. For tests: a process of ours traces until its end."""
    global _provider, _tracer
    from clinic.lib.tracing import statements, tasks

    with _beginning:
        if _provider is None:
            return
        RedisInstrumentor().uninstrument()
        tasks.disconnect()
        statements.disconnect()
        _provider.shutdown()
        _provider, _tracer = None, NoOpTracer()


def flush() -> None:
    if _provider is not None:
        _provider.force_flush(PATIENCE_SECONDS * 1000)


def exporter() -> SpanExporter:
    return OTLPSpanExporter(
        endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces",
        timeout=PATIENCE_SECONDS,
    )


def described() -> dict[str, str | Sequence[str]]:
    """What this process is; nothing of the machine it runs on."""
    return {
        "service.namespace": "clinic",
        "service.name": settings.SERVICE_NAME,
        "service.version": settings.RELEASE,
        "deployment.environment.name": settings.ENVIRONMENT_NAME,
    }
