"""What somebody wishes for who waits: who, with whom, on which days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor, Patient
from booking.forms import PARTS, SensibleDateField
from booking.models import VisitType, WaitlistEntry
from booking.models.hours import WorkingHours
from booking.operations import Wishes
from booking.queries import doctors_of
from clinic.lib.times import local_day


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"})


class WaitingForm(forms.Form):
    """Nothing chosen in a list means any."""

    doctors = forms.ModelMultipleChoiceField(
        label=_("Doctors"),
        queryset=Doctor.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=WorkingHours.WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    parts = forms.MultipleChoiceField(
        label=_("Parts of the day"),
        choices=PARTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    earliest = SensibleDateField(label=_("Not before"), widget=_date_input())
    latest = SensibleDateField(label=_("Not after"), widget=_date_input())

    def __init__(
        self,
        *args: Any,
        visit_type: VisitType,
        now: dt.datetime,
        entry: WaitlistEntry | None = None,
        **kwargs: Any,
    ) -> None:
        self.today = local_day(now, visit_type.clinic.zone)
        kwargs.setdefault("initial", self._initial(visit_type, entry, now=now))
        super().__init__(*args, **kwargs)
        self.fields["doctors"].queryset = doctors_of(visit_type)  # type: ignore[attr-defined]

    def _initial(
        self, visit_type: VisitType, entry: WaitlistEntry | None, *, now: dt.datetime
    ) -> dict[str, Any]:
        if entry is None:
            horizon = local_day(visit_type.latest(now), visit_type.clinic.zone)
            return {"earliest": self.today, "latest": horizon}
        return {
            "doctors": list(entry.doctors.all()),
            "weekdays": entry.weekdays,
            "parts": entry.parts,
            "earliest": entry.earliest,
            "latest": entry.latest,
        }

    def clean_latest(self) -> dt.date:
        latest: dt.date = self.cleaned_data["latest"]
        if latest < self.today:
            raise ValidationError(_("This day is over."))
        return latest

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        earliest, latest = data.get("earliest"), data.get("latest")
        if earliest and latest and earliest > latest:
            self.add_error("latest", _("This is before the first day."))
        return data

    @property
    def wishes(self) -> Wishes:
        data = self.cleaned_data
        return Wishes(
            earliest=data["earliest"],
            latest=data["latest"],
            doctors=list(data["doctors"]),
            weekdays=data["weekdays"],
            parts=data["parts"],
        )


class JoinForm(WaitingForm):
    """Also who waits, when somebody looks after others."""

    def __init__(self, *args: Any, patients: list[Patient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patients = patients
        if len(patients) > 1:
            self.fields["patient"] = forms.ModelChoiceField(
                label=_("Who is it for?"),
                queryset=Patient.objects.filter(pk__in=[some.pk for some in patients]),
                initial=patients[0],
                empty_label=None,
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    @property
    def who_waits(self) -> Patient:
        return self.cleaned_data.get("patient") or self.patients[0]
