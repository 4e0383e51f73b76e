"""What the desk's booking form takes: shapes only; rules are the operations'."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor, Patient
from booking import queries
from booking.desk.common import wall_to_instant
from booking.models import VisitType
from booking.operations import NewPatient
from clinic.lib.phones import to_e164

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class BookForm(forms.Form):
    """In the order of the keyboard. Either `patient` is somebody known, or a name is given."""

    patient = forms.ModelChoiceField(
        Patient.objects.present().filter(is_guest=False), required=False, widget=forms.HiddenInput
    )
    name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    date_of_birth = forms.DateField(
        label=_("Date of birth"), required=False, widget=DATE, input_formats=["%Y-%m-%d"]
    )
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("Email"), required=False)
    is_new = forms.BooleanField(label=_("None of these: a new patient"), required=False)

    visit_type = forms.ModelChoiceField(
        VisitType.objects.none(), label=_("Visit"), empty_label=None
    )
    doctor = forms.ModelChoiceField(
        Doctor.objects.none(), label=_("Doctor"), required=False, empty_label=_("Any doctor")
    )
    start = forms.CharField(
        label=_("Day and time"),
        max_length=30,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    reason = forms.CharField(label=_("Reason for the visit"), max_length=2000, required=False)
    note = forms.CharField(label=_("Internal note"), max_length=2000, required=False)
    override = forms.CharField(
        label=_("Book anyway, because …"),
        max_length=500,
        required=False,
        help_text=_(
            "Notice, horizon and working hours can be broken for a reason. It is recorded."
        ),
        widget=forms.TextInput(attrs={"list": "desk-reasons"}),
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        types: Any = self.fields["visit_type"]
        types.queryset = queries.visit_types(clinic=clinic).order_by("position", "name")
        doctors: Any = self.fields["doctor"]
        doctors.queryset = Doctor.objects.filter(clinic=clinic, active=True)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        return to_e164(phone, region=settings.PHONE_REGION) if phone else ""

    def clean_start(self) -> dt.datetime:
        try:
            return wall_to_instant(self.cleaned_data["start"], self.clinic.zone)
        except (ValueError, OverflowError) as error:
            raise ValidationError(_("Enter day and time.")) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("patient") is None and "patient" not in self.errors and not data.get("name"):
            self.add_error("name", _("Find the patient above, or enter the name of a new one."))
        return data

    def who(self) -> Patient | NewPatient:
        data = self.cleaned_data
        known: Patient | None = data["patient"]
        if known is not None:
            return known
        return NewPatient(data["name"], data["date_of_birth"], data["phone"], data["email"])


class WaiveForm(forms.Form):
    """Which of the documents that a visit asks for is not needed."""

    wanted = forms.UUIDField()
