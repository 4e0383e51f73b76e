"""The OpenAPI document and its page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from booking.api.base import ApiView


@lru_cache(maxsize=1)
def _document() -> bytes:
    """Made once in a process: it takes long, and does not depend on who asks."""
    with translation.override("en"):
        document = SchemaGenerator(api_version="1").get_schema(request=None, public=True)
    return orjson.dumps(document, default=str)


class SchemaView(ApiView):
    authentication_classes: Any = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            _document(),
            content_type="application/vnd.oai.openapi+json",
            headers={"Cache-Control": "public, max-age=300"},
        )


@method_decorator(cache_control(no_cache=True), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """Its script comes from an address of its own, and its template has no inline style."""

    permission_classes = [AllowAny]
    authentication_classes: Any = []
    throttle_classes: Any = []
    template_name = "booking/api_docs.html"
    url_name = "api-schema"

    def _get_schema_url(self, request: Request) -> str:
        return reverse(self.url_name)

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        self.url_self = request.path
        return super().get(request, *args, **kwargs)
