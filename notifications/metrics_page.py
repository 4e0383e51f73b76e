"""/metrics: for the machine that watches this one."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications import metrics


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """With `Authorization: Bearer METRICS_TOKEN`; without such a setting it does not exist."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.METRICS_TOKEN
    if not wanted or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise Http404
    text = metrics.prometheus(metrics.read(now=timezone.now()))
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")
