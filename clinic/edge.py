"""Who may come to us by which way: load balancers with their questions, all others by the CDN."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.crypto import constant_time_compare

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Asked by a load balancer, which calls us by the number of our machine: the host that a person's
# request must name is not looked at, and neither is any secret. They tell nothing of anybody.
HEALTH = ("/livez", "/readyz")


class OriginMiddleware:
    """Refuses what did not come through the CDN: it alone adds the secret header.

    Whoever reached the load balancer directly would pass by the CDN's firewall, and could claim
    any address as his own, since one proxy fewer has added to X-Forwarded-For.
    """

    HEADER = "X-Origin-Verify"

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.ORIGIN_SECRET:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        said = request.META.pop("HTTP_X_ORIGIN_VERIFY", "")  # nothing further on shall see it
        request.__dict__.pop("headers", None)  # a copy, if somebody before has read one
        if request.path_info in HEALTH or self._is_ours(said):
            return self.get_response(request)
        return HttpResponse("Forbidden\n", status=403, content_type="text/plain")

    def _is_ours(self, said: str) -> bool:
        """By any of the secrets: two while one is exchanged. All are compared, in equal time."""
        found = [constant_time_compare(said, secret) for secret in settings.ORIGIN_SECRET if secret]
        return any(found)


class HealthMiddleware:
    """Answers the load balancer before anybody asks which host it called.

    To be named before CommonMiddleware, which refuses hosts that are not ours; ALLOWED_HOSTS needs
    no address of a machine for it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in HEALTH:
            return self.get_response(request)
        match = resolve(request.path_info)
        request.resolver_match = match  # for the log
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
