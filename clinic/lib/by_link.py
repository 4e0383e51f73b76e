"""Pages whose address is a secret: who has the link needs no sign-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponse]


def by_link(view: View) -> View:
    """Nobody keeps the page, and no search engine lists it, should its address come to lie open."""

    @wraps(view)
    def unlisted(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return never_cache(unlisted)
