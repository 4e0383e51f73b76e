"""Free times past the rest of the middleware, most of which is there for pages and sessions.

To be named in MIDDLEWARE right after SecurityMiddleware, whose redirects and headers it needs. It
answers what `availability` has understood a moment ago, and passes on everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

from booking.api.availability import answer, believed

PATH = "/api/v1/availability"


class FastLane:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.match = resolve(PATH)  # for the log line

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != PATH or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        asked = believed(request)
        if asked is None:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        request.resolver_match = self.match
        response = answer(request, asked)
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        # As CommonMiddleware would; without it the answer goes out in chunks.
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
