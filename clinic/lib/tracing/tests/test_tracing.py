"""One trace from a request by a task to its statements; and none where nobody asked for traces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import shared_task
from celery.contrib.testing.worker import start_worker
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from opentelemetry import trace

from clinic.celery import app
from clinic.lib.hints import Hint
from clinic.lib.tracing import beginning, statements
from clinic.lib.tracing.tests.receiver import Collector, attributes, collecting
from clinic.urls import urlpatterns as site

pytestmark = pytest.mark.django_db(transaction=True)

UNTRACED = """
import os
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = ""
import clinic.wsgi
from clinic.celery import app
from clinic.celery import trace
trace()
import sys
# Its programming interface alone is loaded by the client of Valkey where it is installed.
parts = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.instrumentation")
print([name for name in sys.modules if name.startswith(parts)])
"""
FORKS = """
import os
import django
from django.conf import settings
django.setup()
from clinic.lib.tracing import beginning
beginning.begin()
def work(name):
    with beginning.tracer().start_as_current_span("task", kind=beginning.SpanKind.CONSUMER) as span:
        span.set_attribute("celery.task_name", name)
    beginning.flush()
if os.fork() == 0:
    work("in.child")
    os._exit(0)
os.wait()
work("in.parent")
"""


@shared_task
def counts_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")


@shared_task
def breaks() -> None:
    raise ValueError("CanaryFault")


def asks(request: HttpRequest, name: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
    # As the application does: by the task's name, over a connection of its own.
    Hint("tests-hint", counts_sessions.name).publish()
    return HttpResponse("asked")


def fails(request: HttpRequest) -> HttpResponse:
    raise ValueError("CanaryFault")


urlpatterns = [path("asks/<str:name>/", asks), path("fails/", fails), *site]


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    settings.ROOT_URLCONF = __name__
    with collecting() as found:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = found.url
        settings.TRACES_SHARE = 1.0
        yield found
        beginning.end()


@pytest.fixture
def worked() -> Callable[[], None]:
    """Lets a worker, a thread of this process, do what lies in the queue."""

    def work() -> None:
        with start_worker(app, pool="solo", perform_ping_check=False) as worker:
            assert worker
            while app.connection_for_read().default_channel.client.llen("default"):
                pass
        beginning.flush()

    return work


def test_a_request_its_task_and_their_statements_are_one_trace(collector, worked) -> None:
    Client().get("/asks/CanaryName/?q=CanaryQuery")
    worked()
    (request,) = collector.named("GET /asks/<str:name>/")
    (task,) = collector.named(counts_sessions.name)
    (in_request,) = collector.named("SELECT django_migrations")
    (in_task,) = collector.named("SELECT django_session")
    assert {task.trace_id, in_request.trace_id, in_task.trace_id} == {request.trace_id}
    assert not request.parent_span_id
    assert in_request.parent_span_id == request.span_id
    assert in_task.parent_span_id == task.span_id
    assert attributes(in_task) == {
        "db.system": "postgresql",
        "db.operation.name": "SELECT",
        "db.collection.name": "django_session",
        "db.namespace": "default",
    }


def test_after_a_request_that_asked_for_a_task_nothing_of_its_trace_is_left(collector) -> None:
    """The next request of this thread would be taken for a part of it."""
    Client().get("/asks/one/")
    assert not trace.get_current_span().get_span_context().is_valid
    Client().get("/asks/two/")
    beginning.flush()
    first, second = collector.named("GET /asks/<str:name>/")
    assert first.trace_id != second.trace_id
    assert not second.parent_span_id


def test_a_stranger_neither_joins_a_trace_nor_has_one_kept(collector, settings) -> None:
    settings.TRACES_SHARE = 0.0
    theirs = "0af7651916cd43dd8448eb211c80319c"
    claims = {
        "traceparent": f"00-{theirs}-b7ad6b7169203331-01",
        "X-Amzn-Trace-Id": f"Root=1-{theirs[:8]}-{theirs[8:]};Parent=b7ad6b7169203331;Sampled=1",
    }
    Client().get("/asks/one/", headers=claims)
    beginning.flush()
    assert collector.bodies == []


def test_a_failed_request_says_of_which_type_and_nothing_more(collector) -> None:
    Client(raise_request_exception=False).get("/fails/")
    beginning.flush()
    (span,) = collector.named("GET /fails/")
    assert attributes(span)["error.type"] == "ValueError"
    assert attributes(span)["http.response.status_code"] == 500
    assert (span.status.code, span.status.message, len(span.events)) == (2, "", 0)
    assert "CanaryFault" not in collector.text


def test_a_failed_task_says_of_which_type_and_nothing_more(collector, worked) -> None:
    beginning.begin()
    breaks.delay()
    worked()
    (span,) = collector.named(breaks.name)
    assert (attributes(span)["error.type"], span.status.code) == ("ValueError", 2)
    assert "CanaryFault" not in collector.text


def test_health_checks_and_what_a_worker_asks_its_broker_begin_no_trace(collector, worked) -> None:
    Client().get("/livez")
    worked()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert collector.spans == []


def test_each_log_line_has_the_traces_id(collector, caplog) -> None:
    caplog.set_level("INFO")
    Client().get("/asks/one/")
    beginning.flush()
    (line,) = [record.msg for record in caplog.records if record.name == "clinic.request"]
    (span,) = collector.named("GET /asks/<str:name>/")
    assert line["trace_id"] == span.trace_id.hex()


def test_the_process_says_what_it_is_and_nothing_of_its_machine(collector, settings) -> None:
    settings.RELEASE, settings.SERVICE_NAME, settings.ENVIRONMENT_NAME = "1.2", "web", "test"
    Client().get("/asks/one/")
    beginning.flush()
    described = {
        pair.key: pair.value.string_value
        for resource in collector.resources
        for pair in resource.resource.attributes
    }
    assert described == {
        "service.namespace": "clinic",
        "service.name": "web",
        "service.version": "1.2",
        "deployment.environment.name": "test",
    }


def test_a_collector_that_is_away_stops_nothing(settings) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1"
    settings.TRACES_SHARE, settings.ROOT_URLCONF = 1.0, __name__
    try:
        assert Client().get("/asks/one/").status_code == 200
    finally:
        beginning.end()


def test_where_nobody_asks_for_traces_nothing_of_them_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", UNTRACED], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_forked_process_tells_its_own_spans(collector) -> None:
    """As a server's and a worker's processes do, which begin before they fork."""
    environment = os.environ | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "TRACES_SHARE": "1",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    subprocess.run([sys.executable, "-c", FORKS], env=environment, check=True)
    assert {span.name for span in collector.spans} == {"in.child", "in.parent"}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ('SELECT "a"."b" FROM "booking_slot" WHERE x = %s', ("SELECT", "booking_slot")),
        ('INSERT INTO "accounts_auditevent" VALUES (%s)', ("INSERT", "accounts_auditevent")),
        ("\nUPDATE notifications_message m\n   SET", ("UPDATE", "notifications_message")),
        ('SAVEPOINT "s140_x1"', ("SAVEPOINT", "")),
        ("SELECT 'CanaryName' FROM generate_series(1, 2)", ("SELECT", "generate_series")),
        ("", ("", "")),
    ],
)
def test_of_a_statement_its_first_word_and_its_first_table(sql, said) -> None:
    assert statements.described(sql) == said
