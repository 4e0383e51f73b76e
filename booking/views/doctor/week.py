"""The doctor's week: a calendar, and the same as a plain list.

The calendar is given wall times of the clinic without an offset, which it shows as they are: the
reader's own clock has no part in it. The clinic's offset of this moment is for its line that says
now, and for nothing else.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from booking import schedule
from booking.availability import Span
from booking.models import Appointment, Status, TimeOff
from booking.views.doctor.access import note_viewed, own_doctor_or_404
from booking.views.doctor.rows import list_rows
from booking.wording import time_text, week_text
from clinic.lib.times import day_bounds, days_between, local_day

DAY = dt.timedelta(days=1)
# What a week shows at least, by the clinic's clock: hours.
OPENS, CLOSES = 8, 17


@never_cache
@require_safe
@login_required
def week(request: HttpRequest, day: dt.date | None = None) -> HttpResponse:
    """The week of `day`; `?view=day` shows the one day of it in the calendar."""
    doctor = own_doctor_or_404(request)
    now, zone = timezone.now(), doctor.clinic.zone
    today = local_day(now, zone)
    chosen = day or today
    first = chosen - dt.timedelta(days=chosen.weekday())
    found = schedule.days(doctor=doctor, first=first, last=first + 6 * DAY, now=now)
    one_day = request.GET.get("view") == "day"
    context = {
        "doctor": doctor,
        "zone": zone,
        "today": today,
        "chosen": chosen,
        "one_day": one_day,
        "title": week_text(found.first, found.last),
        "days": [_day(each, found, zone, now) for each in days_between(found.first, found.last)],
        "earlier": chosen - (DAY if one_day else 7 * DAY),
        "later": chosen + (DAY if one_day else 7 * DAY),
        "calendar": _calendar(found, chosen, one_day, zone, now),
    }
    note_viewed(request, doctor, found.visits, week=found.first.isoformat())
    return render(request, "booking/doctor/week.html", context)


def _day(date: dt.date, found: schedule.Days, zone: ZoneInfo, now: dt.datetime) -> dict[str, Any]:
    """One day of the list."""
    bounds = Span(*day_bounds(date, zone))
    part = schedule.Days(
        date,
        date,
        bounds,
        visits=[visit for visit in found.visits if bounds.start <= visit.start < bounds.end],
        away=[some for some in found.away if some.start < bounds.end and some.end > bounds.start],
    )
    rows = [row for row in list_rows(part, zone=zone, now=now) if row.kind != "now"]
    return {"date": date, "rows": rows, "count": len(part.visits)}


def _calendar(
    found: schedule.Days, chosen: dt.date, one_day: bool, zone: ZoneInfo, now: dt.datetime
) -> dict[str, Any]:
    """What the script needs, as JSON."""
    events = [_visit(visit, zone, now) for visit in found.visits]
    events += [_free(span, zone) for span in found.free]
    events += [_away(some, found.span, zone) for some in found.away]
    hours = [_hour(moment, zone) for visit in found.visits for moment in (visit.start, visit.end)]
    hours += [_hour(moment, zone) for span in found.free for moment in span]
    return {
        "date": chosen.isoformat(),
        "view": "timeGridDay" if one_day else "timeGridWeek",
        "offset": _offset(now, zone),
        "opens": f"{int(min([OPENS, *hours])):02}:00:00",
        "closes": f"{min(24, int(-(-max([CLOSES, *hours]) // 1))):02}:00:00",
        "events": events,
    }


def _visit(visit: Appointment, zone: ZoneInfo, now: dt.datetime) -> dict[str, Any]:
    who = visit.patient.name if visit.patient else ""
    state = _state(visit, now)
    day = local_day(visit.start, zone)
    return {
        "start": _wall(visit.start, zone),
        "end": _wall(visit.end, zone),
        "title": who,
        "time": time_text(visit.start, zone),
        "state": state,
        "kind": visit.visit_type.name,
        "status": visit.status,
        "url": reverse("day", args=[day]) + f"#visit-{visit.pk}",
    }


def _state(visit: Appointment, now: dt.datetime) -> str:
    if visit.status == Status.BOOKED and visit.end <= now:
        return _("not closed")
    return str(Status(visit.status).label)


def _free(span: Span, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": _wall(span.start, zone),
        "end": _wall(span.end, zone),
        "display": "background",
        "status": "free",
    }


def _away(some: TimeOff, shown: Span, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": _wall(max(some.start, shown.start), zone),
        "end": _wall(min(some.end, shown.end), zone),
        "display": "background",
        "status": "away",
        "title": some.note or str(some.get_kind_display()),
    }


def _wall(moment: dt.datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def _hour(moment: dt.datetime, zone: ZoneInfo) -> float:
    local = moment.astimezone(zone)
    return local.hour + local.minute / 60


def _offset(now: dt.datetime, zone: ZoneInfo) -> str:
    """“-06:00”."""
    text = now.astimezone(zone).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
