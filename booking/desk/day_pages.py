"""The day of the whole clinic: as columns, as a list, on paper."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Clinic, Doctor
from accounts.portal import page, show
from booking import schedule
from booking.desk.common import MAY, clinic_or_404
from booking.desk.days import (
    MOST_COLUMNS,
    DeskDay,
    counts_of,
    everybody,
    read_day,
    who_is_in,
)
from booking.desk.lists import rows_on_page, rows_on_paper
from booking.desk.widget import calendar_of
from booking.looks import note_visits
from booking.wording import day_text
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
    group = _group(request, clinic, day)
    desk = read_day(clinic, day, doctors=group.shown, now=now)
    _record(request, desk, now=now)
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
        group=group,
        calendar=calendar_of(desk, desk.columns, now=now),
        state=_state(desk),
        rows=rows_on_page(desk.visits, clinic.zone, back=request.path, with_check_in=day <= today),
        is_closed=group.nobody,
        next_day=None if desk.visits else schedule.next_day_with_visits(clinic=clinic, after=day),
        counts=counts_of(clinic, day),
        now=now,
    )


@page("desk/<day:day>/state/", name="desk_state", permission=MAY)
@require_safe
def state(request: HttpRequest, day: dt.date) -> HttpResponse:
    """Whether the day is still what the page shows. Says nothing of anybody."""
    clinic = clinic_or_404()
    desk = read_day(
        clinic, day, doctors=_group(request, clinic, day).shown, now=timezone.now(),
        with_hours=False, with_cells=False,
    )  # fmt: skip
    return JsonResponse({"state": _state(desk)})


@page("desk/<day:day>/print/", name="desk_print", permission=MAY)
@require_safe
def print_list(request: HttpRequest, day: dt.date) -> HttpResponse:
    """The day on paper, a list for each doctor of the group; with `?doctor=` for one of them."""
    clinic, now = clinic_or_404(), timezone.now()
    group = _group(request, clinic, day)
    only = request.GET.get("doctor", "")
    doctors = [one for some in group.groups for one in some if str(one.pk) == only]
    desk = read_day(clinic, day, doctors=doctors or group.shown, now=now, with_cells=False)
    _record(request, desk, now=now)
    shown = [] if group.nobody else desk.columns
    lists = [(column, rows_on_paper(column.listed, clinic.zone)) for column in shown]
    return show(
        request, "admin/desk/print.html", title=day_text(day, year=True), lists=lists, desk=desk,
        group=group, printed=now, zone=clinic.zone,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Which doctors are shown: those who are in or all, and of many so many at a time."""

    groups: list[list[Doctor]]
    number: int  # of the one that is shown, from 1
    is_all: bool
    hidden: int  # how many are not in
    nobody: bool  # is in

    @property
    def shown(self) -> list[Doctor]:
        return self.groups[self.number - 1]

    @property
    def query(self) -> str:
        """Asks for the same again."""
        return urlencode({"group": self.number} | ({"all": ""} if self.is_all else {}))

    @property
    def links(self) -> list[tuple[int, str, Doctor, Doctor]]:
        """Each group's number and address, and its first and last doctor."""
        more = "&all" if self.is_all else ""
        return [
            (number, f"?group={number}{more}", doctors[0], doctors[-1])
            for number, doctors in enumerate(self.groups, 1)
        ]


def _group(request: HttpRequest, clinic: Clinic, day: dt.date) -> Group:
    every, at_work = everybody(clinic, day), who_is_in(clinic, day)
    is_all = "all" in request.GET or not at_work
    chosen = every if is_all else at_work
    asked = request.GET.get("group", "")
    groups = [chosen[at : at + MOST_COLUMNS] for at in range(0, len(chosen), MOST_COLUMNS)] or [[]]
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 5
    return Group(
        groups=groups,
        number=max(1, min(int(asked), len(groups))) if is_number else 1,
        is_all=is_all,
        hidden=len(every) - len(chosen),
        nobody=not at_work,
    )


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
    day = desk.day.isoformat()
    note_visits(request, "desk.day_viewed", desk.visits, of=desk.clinic, now=now, day=day)
