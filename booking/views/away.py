"""Time off and the visits that stand in it, for staff and for the doctor whose time it is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Doctor
from accounts.queries import current_clinic
from booking import affected, equivalents, operations
from booking.affected import Line, Sheet
from booking.forms import AffectedForm
from booking.looks import note_visits
from booking.models import AffectedVisit, TimeOff
from booking.operations import BookingError
from booking.operations.reassigning import Done
from booking.views.choosing import Choice
from booking.wording import when_text
from clinic.lib.actor import Actor


@dataclass(frozen=True)
class Row:
    """An open visit with what can be done about it; `refused` is said beside it."""

    line: Line
    choices: list[Choice]
    refused: str = ""


@never_cache
@require_safe
@login_required
def away_list(request: HttpRequest) -> HttpResponse:
    """The time off in which visits stand that nobody has dealt with."""
    if not affected.may_look(request.user):
        raise Http404
    found = affected.unsettled(user=request.user, now=timezone.now())
    clinic = current_clinic()
    context = {"rows": found, "zone": clinic.zone if clinic else None}
    return render(request, "away/list.html", context)


@never_cache
@require_safe
@login_required
def away(request: HttpRequest, pk: int) -> HttpResponse:
    """One time off: its visits, what became of each, and the best other times for the rest."""
    return _page(request, _time_off_or_404(request, pk))


@never_cache
@require_safe
@login_required
def calls(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is to be called, on paper."""
    time_off = _time_off_or_404(request, pk)
    sheet = affected.sheet_of(time_off, now=timezone.now())
    _note_viewed(request, time_off, sheet)
    context = {"time_off": time_off, "zone": time_off.clinic.zone, "sheet": sheet}
    return render(request, "away/calls.html", context)


@never_cache
@require_POST
@login_required
def reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Every open visit to a colleague who is free at its time."""
    time_off = _time_off_or_404(request, pk)
    done = operations.reassign_all(
        time_off=time_off, by=Actor.from_request(request), now=timezone.now()
    )
    return _report(request, time_off, done, _moved_text)


@never_cache
@require_POST
@login_required
def propose_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Other times to everybody who has not been asked yet."""
    time_off = _time_off_or_404(request, pk)
    done = operations.propose_all(
        time_off=time_off, by=Actor.from_request(request), now=timezone.now()
    )
    return _report(request, time_off, done, _proposed_text)


@never_cache
@require_POST
@login_required
def deal(request: HttpRequest, pk: int, affected_pk: int) -> HttpResponse:
    """Move, propose, keep or cancel one visit."""
    time_off = _time_off_or_404(request, pk)
    row = get_object_or_404(time_off.affected.select_related("appointment"), pk=affected_pk)
    form = AffectedForm(request.POST)
    if not form.is_valid():
        text = next(iter(form.errors.values()))[0]
        return _page(request, time_off, refused={row.pk: str(text)}, status=400)
    try:
        said = _deal(row, form.cleaned_data, by=Actor.from_request(request), now=timezone.now())
    except BookingError as error:
        return _page(request, time_off, refused={row.pk: str(error)}, status=409)
    messages.success(request, said)
    return redirect(reverse("away", args=[time_off.pk]))


def _deal(row: AffectedVisit, data: dict[str, Any], *, by: Actor, now: dt.datetime) -> str:
    """Do it; what is said of it."""
    name = row.appointment.patient.name if row.appointment.patient else ""
    if data["action"] == "keep":
        operations.keep(affected=row, reason=data["reason"], by=by, now=now)
        return _("%(name)s: kept.") % {"name": name}
    if data["action"] == "cancel":
        operations.cancel_affected(affected=row, reason=data["reason"], by=by, now=now)
        return _("%(name)s: cancelled. The patient is told.") % {"name": name}
    options = [
        (start, get_object_or_404(Doctor, pk=doctor_id)) for start, doctor_id in data["options"]
    ]
    if data["action"] == "propose":
        operations.propose(affected=row, options=options, by=by, now=now)
        return _("%(name)s: the times are on their way.") % {"name": name}
    ((start, doctor), *_more) = options
    moved = operations.move_affected(affected=row, start=start, doctor=doctor, by=by, now=now)
    when = when_text(moved.start, moved.visit_type.clinic.zone)
    return _("%(name)s: moved to %(when)s with %(doctor)s. The patient is told.") % {
        "name": name, "when": when, "doctor": doctor,
    }  # fmt: skip


def _time_off_or_404(request: HttpRequest, pk: int) -> TimeOff:
    found = affected.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _report(
    request: HttpRequest,
    time_off: TimeOff,
    done: Iterable[Done],
    text: Callable[[int], str],
) -> HttpResponse:
    """Say how many, and beside each of the others why not."""
    done = list(done)
    number = sum(one.refusal is None for one in done)
    refused = {one.visit.pk: str(one.refusal) for one in done if one.refusal is not None}
    if number or not refused:
        messages.success(request, text(number))
    if not refused:
        return redirect("away", pk=time_off.pk)
    messages.warning(
        request,
        ngettext(
            "%(number)d is still open: the reason stands beside it.",
            "%(number)d are still open: the reason stands beside each.",
            len(refused),
        )
        % {"number": len(refused)},
    )
    rows = time_off.affected.filter(appointment__in=refused)
    beside = {row.pk: refused[row.appointment_id] for row in rows}
    return _page(request, time_off, refused=beside, status=409)


def _moved_text(number: int) -> str:
    return ngettext(
        "%(number)d visit moved to a colleague. The patient is told.",
        "%(number)d visits moved to colleagues. The patients are told.",
        number,
    ) % {"number": number}


def _proposed_text(number: int) -> str:
    return ngettext(
        "%(number)d patient is asked to choose another time.",
        "%(number)d patients are asked to choose another time.",
        number,
    ) % {"number": number}


def _page(
    request: HttpRequest,
    time_off: TimeOff,
    *,
    refused: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    sheet = affected.sheet_of(time_off, now=now)
    _note_viewed(request, time_off, sheet)
    context = {
        "time_off": time_off,
        "zone": time_off.clinic.zone,
        "sheet": sheet,
        "rows": _rows(sheet, refused or {}, now=now),
        "to_ask": sum(line.proposal is None for line in sheet.open_lines),
    }
    return render(request, "away/away.html", context, status=status)


def _note_viewed(request: HttpRequest, time_off: TimeOff, sheet: Sheet) -> None:
    note_visits(request, "timeoff.viewed", [line.visit for line in sheet.lines], of=time_off)


def _rows(sheet: Sheet, refused: dict[int, str], *, now: dt.datetime) -> list[Row]:
    lines = sheet.open_lines
    found = equivalents.suggested([line.visit for line in lines], now=now)
    doctors: dict[uuid.UUID, Doctor] = Doctor.objects.in_bulk(
        {option.doctor_id for options in found.values() for option in options}
    )
    return [
        Row(
            line,
            [Choice(option, doctors[option.doctor_id]) for option in found[line.visit.pk]],
            refused.get(line.affected.pk, ""),
        )
        for line in lines
    ]
