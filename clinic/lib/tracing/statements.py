"""Each statement to the database, within a request or a task that is traced."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from clinic.lib.tracing.beginning import tracer

TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?([a-z_]+)"?')


def connect() -> None:
    connection_created.connect(_watch, dispatch_uid="tracing")
    for connection in connections.all(initialized_only=True):
        _watch(connection=connection)


def disconnect() -> None:
    connection_created.disconnect(dispatch_uid="tracing")
    for connection in connections.all(initialized_only=True):
        if traced in connection.execute_wrappers:
            connection.execute_wrappers.remove(traced)


def _watch(*, connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """A connection that is made again keeps what was hung to it."""
    if traced not in connection.execute_wrappers:
        connection.execute_wrappers.append(traced)


def traced(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Which kind of statement, and of which table; neither its text nor its parameters."""
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    operation, table = described(str(sql))
    attributes = {
        "db.system": "postgresql",
        "db.operation.name": operation,
        "db.collection.name": table,
        "db.namespace": context["connection"].alias,
    }
    with tracer().start_as_current_span("statement", kind=SpanKind.CLIENT, attributes=attributes):
        return execute(sql, params, many, context)


def described(sql: str) -> tuple[str, str]:
    """Its first word, and the first table that it names."""
    words = sql.split(maxsplit=1)
    table = TABLE.search(sql)
    return (words[0].upper() if words else ""), (table.group(1) if table else "")
