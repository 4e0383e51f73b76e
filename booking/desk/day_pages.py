"""The day of the whole clinic: as columns, as a list, on paper."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.operations import record_audit
from accounts.portal import page, show
from booking import schedule
from booking.desk.common import MAY, clinic_or_404
from booking.desk.days import DeskDay, read_day
from booking.desk.lists import rows_on_page, rows_on_paper
from booking.desk.widget import calendar_of
from booking.models import Status
from booking.wording import day_text
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

DAY = dt.timedelta(days=1)


@page("desk/", name="desk", permission=MAY)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    return _day(request, local_day(timezone.now(), clinic_or_404().zone))


@page("desk/<day:day>/", name="desk_day", permission=MAY)
@require_safe
def day(request: HttpRequest, day: dt.date) -> HttpResponse:
    return _day(request, day)


def _day(request: HttpRequest, day: dt.date) -> HttpResponse:
    clinic, now = clinic_or_404(), timezone.now()
    desk = read_day(clinic, day, now=now)
    _record(request, desk, now=now)
    is_all = "all" in request.GET
    at_work = desk.at_work()
    columns = desk.columns if is_all or not at_work else at_work
    today = local_day(now, clinic.zone)
    return show(
        request,
        "admin/desk/day.html",
        title=day_text(day, year=True),
        desk=desk,
        today=today,
        is_today=day == today,
        previous=day - DAY,
        next=day + DAY,
        is_all=is_all,
        hidden=len(desk.columns) - len(columns),
        calendar=calendar_of(desk, columns, now=now),
        state=_state(desk),
        rows=rows_on_page(desk.visits, clinic.zone, back=request.path, with_check_in=day <= today),
        is_closed=not at_work,
        next_day=None if desk.visits else schedule.next_day_with_visits(clinic=clinic, after=day),
        counts=_counts(desk),
        now=now,
    )


@page("desk/<day:day>/state/", name="desk_state", permission=MAY)
@require_safe
def state(request: HttpRequest, day: dt.date) -> HttpResponse:
    """Whether the day is still what the page shows. Says nothing of anybody."""
    desk = read_day(clinic_or_404(), day, now=timezone.now(), with_hours=False)
    return JsonResponse({"state": _state(desk)})


@page("desk/<day:day>/print/", name="desk_print", permission=MAY)
@require_safe
def print_list(request: HttpRequest, day: dt.date) -> HttpResponse:
    """The day on paper, a list for each doctor; with `?doctor=` for one of them."""
    clinic, now = clinic_or_404(), timezone.now()
    desk = read_day(clinic, day, now=now)
    _record(request, desk, now=now)
    only = request.GET.get("doctor", "")
    lists = [
        (column, rows_on_paper(column.listed, clinic.zone))
        for column in desk.at_work()
        if only in ("", str(column.doctor.pk))
    ]
    return show(
        request, "admin/desk/print.html", title=day_text(day, year=True), lists=lists, desk=desk,
        printed=now, zone=clinic.zone,
    )  # fmt: skip


def _counts(desk: DeskDay) -> dict[str, int]:
    visits = desk.visits
    by_status = [visit.status for visit in visits]
    return {
        "visits": len(visits) - by_status.count(Status.NO_SHOW),
        "arrived": by_status.count(Status.CHECKED_IN),
        "done": by_status.count(Status.COMPLETED),
        "requests": by_status.count(Status.PENDING),
    }


def _state(desk: DeskDay) -> str:
    """A digest of what can change under the eyes of whoever looks at the page."""
    parts = [
        f"{v.id} {v.version} {v.status} {v.start:%H%M} {len(v.internal_note)}"
        for column in desk.columns
        for v in column.visits
    ]
    parts += [f"{column.doctor.pk} {column.late} {column.off}" for column in desk.columns]
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def _record(request: HttpRequest, desk: DeskDay, *, now: dt.datetime) -> None:
    """Whose visits were looked at: one row for the whole list."""
    record_audit(
        action="desk.day_viewed",
        subject=desk.clinic,
        by=Actor.from_request(request),
        now=now,
        data={
            "day": desk.day.isoformat(),
            "appointments": [visit.id for visit in desk.visits],
        },
    )
