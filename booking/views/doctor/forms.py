"""The shapes of what doctors send."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.operations.emergency import LONGEST, SHORTEST
from booking.availability import Span
from booking.forms import SensibleDateField
from booking.models import TimeOff
from clinic.lib.times import day_bounds, instant

DELAYS = [10, 15, 20, 30, 45, 60, 90, 120]


class DayForm(forms.Form):
    on = SensibleDateField(required=False)


class DelayForm(forms.Form):
    minutes = forms.TypedChoiceField(coerce=int, choices=[(n, n) for n in [0, *DELAYS]])


class WhyForm(forms.Form):
    """A reason that the patient reads."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The patient reads it."),
        max_length=500,
        error_messages={"required": _("Please say why, so that the patient knows.")},
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Internal note"),
        help_text=_("For the clinic's people alone. The patient never sees it."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
    )


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"})


def _time_input() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control"})


class TimeOffForm(forms.Form):
    """From when until when, by the clinic's clock."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (TimeOff.Kind.BLOCK, _("Blocked, as for a meeting")),
            (TimeOff.Kind.LEAVE, _("Leave, as for illness")),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    whole_days = forms.BooleanField(
        label=_("Whole days"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    first = SensibleDateField(label=_("From"), widget=_date_input())
    opens = forms.TimeField(label=_("Time"), required=False, widget=_time_input())
    last = SensibleDateField(label=_("Until"), widget=_date_input())
    closes = forms.TimeField(label=_("Time"), required=False, widget=_time_input())
    note = forms.CharField(
        label=_("Note (optional)"),
        help_text=_("For you and the clinic. Patients never see it."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    # Which visits were shown before it was sent again; see `time_off.digest_of`.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: ZoneInfo, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = zone, now

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("first") or not data.get("last"):
            return data
        if not data.get("whole_days"):
            for name in ("opens", "closes"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Please give a time, or choose whole days."))
        if self.errors:
            return data
        span = data["span"] = self._span(data)
        if span.end <= span.start:
            self.add_error("last", _("The end must be later than the beginning."))
        elif span.end <= self.now:
            self.add_error("last", _("This time is over already."))
        return data

    def _span(self, data: dict[str, Any]) -> Span:
        if data["whole_days"]:
            return Span(
                day_bounds(data["first"], self.zone)[0], day_bounds(data["last"], self.zone)[1]
            )
        return Span(
            instant(data["first"], data["opens"], self.zone),
            instant(data["last"], data["closes"], self.zone),
        )


class FeedForm(forms.Form):
    show_names = forms.BooleanField(
        label=_("Show patients' names"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )


class EmergencyReasonForm(forms.Form):
    """Why a record is opened that is closed to the doctor."""

    reason = forms.CharField(
        label=_("Why do you need the record now?"),
        help_text=_("The operators and the patient read it."),
        min_length=SHORTEST,
        max_length=LONGEST,
        error_messages={
            "required": _("Please say in a few words why you need the record."),
            "min_length": _("Please say in a few words why you need the record."),
        },
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )
    understood = forms.BooleanField(
        label=_("I need it for the care of this patient, now"),
        error_messages={"required": _("Please confirm that it is for the care of the patient.")},
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )


class EmergencyForm(EmergencyReasonForm):
    """And of whom it is, exactly."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        error_messages={"required": _("Please enter the full name.")},
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        error_messages={"required": _("Please enter the date of birth.")},
        widget=_date_input(),
    )
    field_order = ("name", "date_of_birth", "reason", "understood")
