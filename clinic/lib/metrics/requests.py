"""A request's numbers: by the group of its route, never by its path."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from clinic.lib import metrics, problems
from clinic.lib.metrics import names

# What machines ask all day would hide what people wait for.
UNCOUNTED = ("livez", "readyz", "metrics")
_BY_BEGINNING = (("admin/", "portal"), ("documents/", "documents"), ("hooks/", "hooks"))


def group_of(path: str, route: str | None) -> str | None:
    """One of `names.GROUPS`; None: it is not counted. `route` is None where the path has none."""
    if route in UNCOUNTED or path.startswith(urlsplit(settings.STATIC_URL).path):
        return None
    if problems.is_for_programs(path):
        return "api"
    if route is None:
        return "unknown"
    found = (group for beginning, group in _BY_BEGINNING if route.startswith(beginning))
    return next(found, "pages")


def note(request: HttpRequest, *, route: str | None, status: int, milliseconds: float) -> None:
    if not metrics.on() or (group := group_of(request.path, route)) is None:
        return
    metrics.count(names.REQUESTS, Group=group, StatusClass=f"{status // 100}xx")
    metrics.count(names.SERVER_ERRORS, int(status >= 500))
    metrics.timing(names.REQUEST_MILLISECONDS, milliseconds, Group=group)
