"""Traces: which request asked for which task, and where the time of either went.

Only with the setting OTEL_EXPORTER_OTLP_ENDPOINT; without it nothing of OpenTelemetry is imported.
What leaves is on a short list, and names nobody (`scrubbing`).
"""

from __future__ import annotations

from django.conf import settings


def on() -> bool:
    return bool(settings.OTEL_EXPORTER_OTLP_ENDPOINT)


def begin() -> None:
    """For a process that does no requests: those begin with the first middleware."""
    if on():
        from clinic.lib.tracing import beginning

        beginning.begin()


def flush() -> None:
    """Let what waits leave now: before the process ends."""
    if on():
        from clinic.lib.tracing import beginning

        beginning.flush()
