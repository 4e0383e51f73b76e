"""Health for load balancers, and the pages for errors."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic.lib import problems, stopping

logger = structlog.get_logger(__name__)

STORE_SECONDS = 2.0
_store_asker = ThreadPoolExecutor(1, thread_name_prefix="storage")
_asked_store: Future[str] | None = None
_migrated = False  # migrations are never taken back under a running process


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. It asks nothing else: a database's restart must not kill it."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served: database and migrations. Valkey and storage only degrade.

    503 as well once we were asked to stop: whoever sends requests here shall send them elsewhere.
    """
    if stopping.asked():
        return JsonResponse({"status": "stopping", "checks": {}}, status=503)
    checks = {
        "database": _database(),
        "migrations": _migrations(),
        "cache": _cache(),
        "storage": _storage(),
    }
    ready = checks["database"] == "ok" and checks["migrations"] == "ok"
    degraded = ready and set(checks.values()) != {"ok"}
    status = "degraded" if degraded else "ready" if ready else "not ready"
    return JsonResponse({"status": status, "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return "unknown"
    return "ok" if _migrated else "pending"


def _cache() -> str:
    cache.set("readyz", "ok", 10)
    return "ok" if cache.get("readyz") == "ok" else "unreachable"


def _storage() -> str:
    """Whoever asks for our health waits for seconds; a store that is silent must not make all of
    us unwell at once. A question that still waits is answered by that."""
    global _asked_store
    if _asked_store is None or _asked_store.done():
        _asked_store = _store_asker.submit(_ask_storage)
    try:
        return _asked_store.result(timeout=STORE_SECONDS)
    except TimeoutError:
        return "unreachable"


def _ask_storage() -> str:
    try:
        default_storage.connection.meta.client.head_bucket(Bucket=default_storage.bucket_name)  # type: ignore[attr-defined]
    except Exception as error:  # boto3 raises many kinds; each means the same here
        logger.warning("storage", error=type(error).__name__)
        return "unreachable"
    return "ok"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(request, 400, "errors/400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(request, 403, "errors/403.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refusal(request, 403, "errors/csrf.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(request, 404, "errors/404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs nothing that may be broken: no database, no session, no context processor."""
    document = problems.instead_of_page(request.path, 500)
    return document or HttpResponse(render_to_string("errors/500.html"), status=500)


def _refusal(request: HttpRequest, status: int, template: str) -> HttpResponse:
    """A page for people, a problem document for programs."""
    document = problems.instead_of_page(request.path, status)
    return document or render(request, template, status=status)
