"""The page of figures, and the same numbers as a file."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import Clinic, Doctor
from accounts.operations import record_audit
from accounts.portal import page, show
from accounts.queries import current_clinic
from booking.figures import Figures, Scope, charts, collect
from booking.figures.charts import Cell, Chart
from booking.figures.scope import LONGEST_DAYS
from booking.models import VisitType
from clinic.lib.actor import Actor
from clinic.lib.csv_files import download
from clinic.lib.times import local_day

PERMISSION = "booking.view_appointment"
# What is asked for with one tap: so many days, up to yesterday.
RANGES = ((28, _("4 weeks")), (84, _("12 weeks")), (364, _("a year")))
USUAL_DAYS = 84


class DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, dt.date) else super().format_value(value)


class FiguresForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=DateInput)
    last = forms.DateField(label=_("To"), widget=DateInput)
    doctor = forms.ModelChoiceField(
        Doctor.objects.none(),
        label=_("Doctor"),
        required=False,
        empty_label=_("All doctors"),
        widget=UnfoldAdminSelectWidget,
    )
    visit_type = forms.ModelChoiceField(
        VisitType.objects.none(),
        label=_("Visit type"),
        required=False,
        empty_label=_("All visit types"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, clinic: Clinic, data: Any) -> None:
        super().__init__(data, auto_id="figures-%s")
        self.clinic = clinic
        self.fields["doctor"].queryset = clinic.doctors.all()  # type: ignore[attr-defined]
        self.fields["visit_type"].queryset = clinic.visit_types.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("This is before the first day."))
        elif first and last and (last - first).days >= LONGEST_DAYS:
            self.add_error(
                "last", _("Please choose at most %(days)d days.") % {"days": LONGEST_DAYS}
            )
        elif first and not 1900 < first.year < 9000:
            self.add_error("first", _("Please choose a day of this century."))
        return data

    def scope(self) -> Scope:
        doctor, visit_type = self.cleaned_data["doctor"], self.cleaned_data["visit_type"]
        return Scope(
            clinic=self.clinic,
            first=self.cleaned_data["first"],
            last=self.cleaned_data["last"],
            doctor_id=doctor.pk if doctor else None,
            visit_type_id=visit_type.pk if visit_type else None,
        )


@page("booking/figures/", name="booking_figures", permission=PERMISSION)
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Charts and tables of the days that are asked for; twelve weeks if none are."""
    clinic = _clinic(request)
    if clinic is None:
        return show(request, "admin/booking/figures.html", title=_("Figures"), no_clinic=True)
    form = FiguresForm(clinic, _wish(request, clinic))
    context: dict[str, Any] = {
        "title": _("Figures"),
        "form": form,
        "clinic": clinic,
        "clinics": Clinic.objects.order_by("-is_current", "name"),
        "ranges": [(str(name), *_days(clinic, days)) for days, name in RANGES],
    }
    if not form.is_valid():
        return show(request, "admin/booking/figures.html", status=400, **context)
    found = collect(form.scope())
    context |= {
        "figures": found,
        "charts": charts.charts(found, _names(found)),
        "compared": found.comparison,
        "reminders": charts.comparison(found),
        "least": charts.LEAST,
        "query": request.GET.urlencode(),
    }
    return show(request, "admin/booking/figures.html", **context)


@page("booking/figures/export/", name="booking_figures_export", permission=PERMISSION)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Every table of the page in one file, one below the other."""
    clinic = _clinic(request)
    form = FiguresForm(clinic, _wish(request, clinic)) if clinic else None
    if form is None or not form.is_valid():
        return redirect("admin:booking_figures")
    scope = form.scope()
    found = collect(scope)
    tables = [*charts.charts(found, _names(found)), charts.comparison(found)]
    record_audit(
        action="figures.exported",
        subject=scope.clinic,
        by=Actor.from_request(request),
        now=timezone.now(),
        data={**scope.codes(), "rows": sum(len(table.rows) for table in tables)},
    )
    return download(_rows(tables), name=f"figures-{scope.first}-{scope.last}.csv")


def _rows(tables: list[Chart]) -> Iterator[list[Cell]]:
    for table in tables:
        yield [table.title]
        yield list(table.columns)
        yield from map(list, table.rows)
        yield []


def _clinic(request: HttpRequest) -> Clinic | None:
    """The current one, or another of this database: a replay's."""
    try:
        wanted = uuid.UUID(request.GET.get("clinic", ""))
    except ValueError:
        return current_clinic()
    return Clinic.objects.filter(pk=wanted).first() or current_clinic()


def _wish(request: HttpRequest, clinic: Clinic | None) -> dict[str, Any]:
    first, last = _days(clinic, USUAL_DAYS) if clinic else (None, None)
    return {"first": first, "last": last} | request.GET.dict()


def _days(clinic: Clinic, days: int) -> tuple[dt.date, dt.date]:
    yesterday = local_day(timezone.now(), clinic.zone) - dt.timedelta(days=1)
    return yesterday - dt.timedelta(days=days - 1), yesterday


def _names(found: Figures) -> dict[uuid.UUID, str]:
    doctors = Doctor.objects.filter(pk__in=found.use_by_doctor)
    return {doctor.pk: doctor.display_name for doctor in doctors}
