"""When: the ranges of days that the list of visits is asked for. None needs more than an index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.queries import current_clinic
from clinic.lib.times import day_bounds, local_day

# First and last day, counted from today; None is open.
RANGES: dict[str, tuple[int | None, int | None]] = {
    "today": (0, 0),
    "tomorrow": (1, 1),
    "week": (0, 6),
    "last-week": (-7, -1),
    "last-month": (-30, -1),
    "past": (None, -1),
    "all": (None, None),
}


class WhenFilter(admin.SimpleListFilter):
    """From today on, unless something else is chosen; a search looks at all days."""

    title = _("when")
    parameter_name = "when"
    # Read from the earliest on.
    AHEAD = (None, "", "today", "tomorrow", "week")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.is_search = bool(request.GET.get("q", "").strip())
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            ("week", _("Next 7 days")),
            ("last-week", _("Last 7 days")),
            ("last-month", _("Last 30 days")),
            ("past", _("Before today")),
            ("all", _("All days")),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("All days") if self.is_search else _("From today on")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        clinic = current_clinic()
        usual: tuple[int | None, int | None] = (None, None) if self.is_search else (0, None)
        first, last = RANGES.get(self.value() or "", usual)
        if clinic is None:
            return queryset
        today = local_day(timezone.now(), clinic.zone)
        if first is not None:
            start, _end = day_bounds(today + dt.timedelta(days=first), clinic.zone)
            queryset = queryset.filter(start__gte=start)
        if last is not None:
            _start, end = day_bounds(today + dt.timedelta(days=last), clinic.zone)
            queryset = queryset.filter(start__lt=end)
        return queryset
