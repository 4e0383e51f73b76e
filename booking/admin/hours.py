"""A doctor's week in the staff portal. What a change would orphan is dealt with before it holds."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Doctor
from accounts.models.doctor import SLOT_MINUTES
from accounts.portal import page, show
from accounts.queries import current_clinic
from booking import equivalents, operations, orphans
from booking.availability import Span
from booking.desk.common import staff_sentence
from booking.equivalents import Option
from booking.forms import OptionField
from booking.models import Appointment, WorkingHours
from booking.operations import BookingError, Decision, VisitsLeft
from booking.views.choosing import Choice
from clinic.lib.actor import Actor

MAY = "booking.change_workinghours"
SPARE_ROWS = 3


class StretchForm(forms.Form):
    """One stretch of the week; an empty one is left out."""

    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day"), choices=[("", ""), *WorkingHours.WEEKDAYS], coerce=int,
        required=False, empty_value=None,
    )  # fmt: skip
    opens = forms.TimeField(
        label=gettext_lazy("From"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    closes = forms.TimeField(
        label=gettext_lazy("Until"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = [data.get(name) is not None for name in ("weekday", "opens", "closes")]
        if any(given) and not all(given) and not self.errors:
            raise forms.ValidationError(_("Please give the day, from when and until when."))
        if all(given) and data["closes"] <= data["opens"]:
            self.add_error("closes", _("Closing must be later than opening."))
        since, until = data.get("valid_from"), data.get("valid_until")
        if since and until and until < since:
            self.add_error("valid_until", _("The last day must not be before the first."))
        return data

    def row(self) -> WorkingHours | None:
        data = self.cleaned_data
        if data.get("weekday") is None or data.get("DELETE"):
            return None
        names = ("weekday", "opens", "closes", "valid_from", "valid_until")
        return WorkingHours(**{name: data.get(name) for name in names})


class _Week(forms.BaseFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        rows = rows_of(self)
        for index, one in enumerate(rows):
            for other in rows[index + 1 :]:
                if _overlap(one, other):
                    raise forms.ValidationError(
                        _("These hours overlap: %(one)s and %(other)s.")
                        % {"one": one, "other": other}
                    )


def rows_of(formset: Any) -> list[WorkingHours]:
    return [row for form in formset.forms if (row := form.row()) is not None]


WeekFormSet = forms.formset_factory(
    StretchForm, formset=_Week, extra=SPARE_ROWS, can_delete=True, max_num=60, absolute_max=80
)


class GridForm(forms.Form):
    slot_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Minutes of one cell"), choices=SLOT_MINUTES, coerce=int
    )


def _overlap(one: WorkingHours, other: WorkingHours) -> bool:
    first = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    last = min(one.valid_until or dt.date.max, other.valid_until or dt.date.max)
    return (
        one.weekday == other.weekday
        and one.opens < other.closes
        and other.opens < one.closes
        and first <= last
    )


@dataclass(frozen=True)
class Orphan:
    """A visit that the new hours would not hold, with what was decided about it so far."""

    visit: Appointment
    choices: list[Choice]
    action: str
    reason: str
    option: str
    refused: str


@page("booking/hours/", name="booking_hours", permission=MAY)
@require_safe
def doctors(request: HttpRequest) -> HttpResponse:
    """Everybody's week at a glance."""
    clinic = current_clinic()
    found = clinic.doctors.filter(active=True).prefetch_related("working_hours") if clinic else []
    return show(
        request, "admin/booking/hours.html", title=_("Working hours"), doctors=found,
        weekdays=WorkingHours.WEEKDAYS,
    )  # fmt: skip


@page("booking/hours/<uuid:doctor_id>/", name="booking_hours_of", permission=MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def week(request: HttpRequest, doctor_id: uuid.UUID) -> HttpResponse:
    """The whole week on one page. POST applies it, or first asks about the visits in its way."""
    doctor = get_object_or_404(Doctor.objects.select_related("clinic"), pk=doctor_id)
    if request.method != "POST":
        return _week_page(request, doctor, WeekFormSet(initial=_initial(doctor), prefix="week"))
    formset, grid = WeekFormSet(request.POST, prefix="week"), GridForm(request.POST)
    if not formset.is_valid() or not grid.is_valid():
        return _week_page(request, doctor, formset, status=400)
    rows, now = rows_of(formset), timezone.now()
    try:
        report = operations.change_hours(
            doctor=doctor,
            hours=rows,
            slot_minutes=grid.cleaned_data["slot_minutes"],
            decisions=_decisions(request.POST),
            by=Actor.from_request(request),
            now=now,
        )
    except VisitsLeft as left:
        return _ask(request, doctor, rows, left, now=now)
    except BookingError as error:
        messages.error(request, staff_sentence(error))
        return _week_page(request, doctor, formset, status=409)
    messages.success(
        request,
        _("Saved. Free times: %(new)d new, %(gone)d gone.")
        % {"new": report.created, "gone": report.removed},
    )
    return redirect("admin:booking_hours_of", doctor.pk)


def _initial(doctor: Doctor) -> list[Any]:
    rows = WorkingHours.objects.filter(doctor=doctor).order_by("valid_from", "weekday", "opens")
    return list(rows.values("weekday", "opens", "closes", "valid_from", "valid_until"))


def _week_page(
    request: HttpRequest, doctor: Doctor, formset: Any, *, status: int = 200
) -> HttpResponse:
    grid = GridForm(request.POST or None, initial={"slot_minutes": doctor.slot_minutes})
    return show(
        request, "admin/booking/week.html", status=status, title=doctor.display_name,
        doctor=doctor, formset=formset, grid=grid,
    )  # fmt: skip


def _decisions(data: QueryDict) -> dict[uuid.UUID, Decision]:
    """What was chosen for each visit: fields named by its id. What makes no sense is left out."""
    found = {}
    for name in data:
        if not name.startswith("do-"):
            continue
        try:
            pk = uuid.UUID(name.removeprefix("do-"))
            option = OptionField(required=False).clean(data.get(f"to-{pk}", ""))
        except (ValueError, forms.ValidationError):
            continue
        start, doctor_id = option or (None, None)
        action, reason = str(data[name]), str(data.get(f"why-{pk}", "")).replace("\0", "")
        found[pk] = Decision(action, reason, start, doctor_id)
    return found


def _ask(
    request: HttpRequest,
    doctor: Doctor,
    rows: Sequence[WorkingHours],
    left: VisitsLeft,
    *,
    now: dt.datetime,
) -> HttpResponse:
    """Nothing was applied: show what is in the way, with the hours kept in the form."""
    zone = doctor.clinic.zone

    def allowed(option: Option, length: dt.timedelta) -> bool:
        span = Span(option.start, option.start + length)
        return option.doctor_id != doctor.pk or orphans.covered(span, rows, zone)

    found = equivalents.suggested(list(left.visits), allowed=allowed, now=now)
    known = Doctor.objects.in_bulk({one.doctor_id for some in found.values() for one in some})
    asked = [
        _orphan(
            visit,
            [Choice(option, known[option.doctor_id]) for option in found[visit.pk]],
            left.refusals,
            request.POST,
        )
        for visit in left.visits
    ]
    hidden = [
        (name, value)
        for name, values in request.POST.lists()
        if name.startswith("week-") or name == "slot_minutes"
        for value in values
    ]
    text = ngettext(
        "%(number)d visit would stand outside of the new hours.",
        "%(number)d visits would stand outside of the new hours.",
        len(asked),
    ) % {"number": len(asked)}
    return show(
        request, "admin/booking/orphans.html", status=409, title=doctor.display_name,
        doctor=doctor, orphans=asked, hidden=hidden, zone=zone, text=text,
    )  # fmt: skip


def _orphan(
    visit: Appointment,
    choices: list[Choice],
    refusals: Mapping[uuid.UUID, BookingError],
    data: QueryDict,
) -> Orphan:
    refusal = refusals.get(visit.pk)
    return Orphan(
        visit=visit,
        choices=choices,
        action=data.get(f"do-{visit.pk}", ""),
        reason=data.get(f"why-{visit.pk}", ""),
        option=data.get(f"to-{visit.pk}", ""),
        refused=staff_sentence(refusal) if refusal else "",
    )
