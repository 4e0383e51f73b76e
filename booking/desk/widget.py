"""A day in the words of the calendar widget: wall times of the clinic, whatever the browser's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from booking.desk.days import Column, DeskDay, Off, Visit
from booking.models import Appointment, Status
from booking.models.appointment import MOVABLE
from booking.wording import time_text

# A shape beside the word, so that nobody has to tell colours apart.
SHAPES = {
    Status.HELD: "…",
    Status.PENDING: "?",
    Status.BOOKED: "○",
    Status.CHECKED_IN: "●",
    Status.COMPLETED: "✓",
    Status.NO_SHOW: "✕",
}


WORDS = {
    Status.HELD: _("being booked"),
    Status.PENDING: _("request"),
    Status.BOOKED: _("booked"),
    Status.CHECKED_IN: _("arrived"),
    Status.COMPLETED: _("done"),
    Status.NO_SHOW: _("did not come"),
}
CONFIRMED = _("confirmed")


def status_word(visit: Appointment | Visit) -> str:
    """One or two words: a quarter of an hour is two lines high."""
    if visit.status == Status.BOOKED and visit.confirmed_at is not None:
        return str(CONFIRMED)
    status = Status(visit.status)
    return str(WORDS.get(status) or status.label)


class Said:
    """Times and states in words for one page, on which the same few come a thousand times."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._times: dict[dt.datetime, str] = {}
        self._words: dict[tuple[str, bool], str] = {}

    def time(self, visit: Appointment | Visit) -> str:
        if visit.start not in self._times:
            self._times[visit.start] = time_text(visit.start, self._zone)
        return self._times[visit.start]

    def status(self, visit: Appointment | Visit) -> str:
        state = (visit.status, visit.confirmed_at is not None)
        if state not in self._words:
            self._words[state] = status_word(visit)
        return self._words[state]


def calendar_of(desk: DeskDay, columns: list[Column], *, now: dt.datetime) -> dict[str, Any]:
    """What static/js/desk.js hands to the widget."""
    zone = desk.clinic.zone
    said = Said(zone)
    first, last = desk.clock()
    return {
        "date": desk.day.isoformat(),
        "first": f"{first:%H:%M}",
        "last": "24:00" if last.minute else f"{last:%H:%M}",
        "offset": _offset(now, zone),
        "doctors": [
            {"id": str(column.doctor.pk), "title": column.doctor.display_name, "late": column.late}
            for column in columns
        ],
        "cells": {
            str(column.doctor.pk): [_minutes(cell, zone) for cell in column.cells]
            for column in columns
        },
        "events": [event for column in columns for event in _events(column, zone, said, now=now)],
    }


def _events(
    column: Column, zone: ZoneInfo, said: Said, *, now: dt.datetime
) -> Iterator[dict[str, Any]]:
    who = [str(column.doctor.pk)]
    for span in column.hours:
        yield _background(who, span.start, span.end, zone, "desk-hours")
    for span in column.free:
        yield _background(who, span.start, span.end, zone, "desk-free", str(_("free")))
    for off in column.off:
        yield _off(who, off, zone)
    for visit in column.visits:
        yield event_of(visit, zone, said, now=now)


def _off(who: list[str], off: Off, zone: ZoneInfo) -> dict[str, Any]:
    return _background(who, off.span.start, off.span.end, zone, "desk-off", off.label)


def _background(
    who: list[str],
    start: dt.datetime,
    end: dt.datetime,
    zone: ZoneInfo,
    name: str,
    title: str = "",
) -> dict[str, Any]:
    return {
        "resourceIds": who,
        "start": wall(start, zone),
        "end": wall(start, zone, end - start),
        "display": "background",
        "classNames": [name],
        "title": title,
    }


def event_of(
    visit: Appointment | Visit, zone: ZoneInfo, said: Said, *, now: dt.datetime
) -> dict[str, Any]:
    status = Status(visit.status)
    is_held = status == Status.HELD
    is_movable = status in MOVABLE and visit.end > now
    start = visit.start.astimezone(zone).replace(tzinfo=None)
    return {
        "id": visit.id if isinstance(visit, Visit) else str(visit.pk),
        "resourceIds": [str(visit.doctor.pk)],
        "start": start.isoformat(timespec="minutes"),
        "end": (start + (visit.end - visit.start)).isoformat(timespec="minutes"),
        "title": "" if visit.patient is None else visit.patient.name,
        "startEditable": is_movable,
        "classNames": [f"desk-{status.value.replace('_', '-')}"],
        "extendedProps": {
            "version": visit.version,
            "status": said.status(visit),
            "shape": SHAPES.get(status, ""),
            "type": visit.visit_type.name,
            "room": rooms_of(visit),
            "time": said.time(visit),
            "note": bool(visit.internal_note),
            "wish": isinstance(visit, Visit) and visit.has_wish,
            "unreached": isinstance(visit, Visit) and visit.is_unreached,
            "held": is_held,
            "movable": is_movable,
        },
    }


def rooms_of(visit: Appointment | Visit) -> str:
    if isinstance(visit, Visit):
        return visit.room
    return ", ".join(use.resource.name for use in getattr(visit, "rooms", ()))


def wall(moment: dt.datetime, zone: ZoneInfo, later: dt.timedelta = dt.timedelta()) -> str:
    """The clinic's clock at `moment`, and so much further on the dial: a visit across a change of
    the clocks keeps its length on the page."""
    local = moment.astimezone(zone).replace(tzinfo=None) + later
    return local.isoformat(timespec="minutes")


def _minutes(moment: dt.datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute


def _offset(moment: dt.datetime, zone: ZoneInfo) -> str:
    """“-05:00”: what the widget's line of now needs to know of the clinic's clock."""
    text = f"{moment.astimezone(zone):%z}"
    return f"{text[:3]}:{text[3:5]}"
