"""What every view of the API shares, whichever app it is in."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.lib.parsers import StrictJSONParser, read_body


class AlwaysJSON(DefaultContentNegotiation):
    """An odd Accept header is no reason to refuse: there is one representation."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class JsonView(APIView):
    """JSON in and out, bounded bodies, answers that nobody keeps."""

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJSON
    metadata_class = None  # OPTIONS tells nothing that the schema does not

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        read_body(request._request)
        super().initial(request, *args, **kwargs)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.setdefault("Cache-Control", "no-store")
        return finished
