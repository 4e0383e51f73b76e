"""Who somebody is: asked at sign-up, and on the profile page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates_of_birth import DateOfBirthField
from accounts.models import Care, ContactBy, Patient, User
from accounts.operations import (
    add_dependant,
    choose_channel,
    complete_profile,
    resume_reminders,
    stop_reminders,
)
from clinic.lib.actor import Actor
from clinic.lib.languages import current_language
from clinic.lib.phones import to_e164
from clinic.lib.times import validate_time_zone

OLDEST_YEARS = 125


class PersonForm(forms.Form):
    """The fields that every patient has."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    date_of_birth = DateOfBirthField(
        label=_("Date of birth"), help_text=_("For example, 27 3 1985")
    )
    phone = forms.CharField(
        label=_("Phone (optional)"),
        required=False,
        max_length=40,
        help_text=_("So that we can reach you if something changes."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    # Filled in by the page's script; empty means the clinic's own zone.
    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_date_of_birth(self) -> dt.date:
        born: dt.date = self.cleaned_data["date_of_birth"]
        today = timezone.now().date()
        if born > today:
            raise ValidationError(_("The date of birth is in the future."))
        if born.year < today.year - OLDEST_YEARS:
            raise ValidationError(_("Check the year of the date of birth."))
        return born

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        return to_e164(phone, region=settings.PHONE_REGION) if phone else ""

    def clean_time_zone(self) -> str:
        """Nobody typed it: what a browser calls by an unknown name is dropped, not refused."""
        name = self.cleaned_data["time_zone"]
        try:
            validate_time_zone(name)
        except ValidationError:
            return ""
        return str(name)


class DependantForm(forms.Form):
    """Somebody for whom one books."""

    name = forms.CharField(label=_("Full name"), max_length=150)
    date_of_birth = DateOfBirthField(
        label=_("Date of birth"), help_text=_("For example, 27 3 2018")
    )
    relation = forms.ChoiceField(label=_("You are the"), choices=Care.Relation.choices)

    clean_name = PersonForm.clean_name
    clean_date_of_birth = PersonForm.clean_date_of_birth

    def save(self, *, user: User, by: Actor, now: dt.datetime) -> Patient:
        return add_dependant(user=user, by=by, now=now, **self.cleaned_data)


class SignupDetailsForm(PersonForm):
    """What sign-up asks besides the email address and the password."""

    field_order = ["name", "date_of_birth", "phone", "email", "password1", "time_zone"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the login exists."""
        address = getattr(request, "client_address", "")
        complete_profile(
            user=user,
            name=self.cleaned_data["name"],
            date_of_birth=self.cleaned_data["date_of_birth"],
            phone=self.cleaned_data["phone"],
            language=current_language(),
            time_zone=self.cleaned_data["time_zone"],
            by=Actor(kind="user", user_id=str(user.pk), address=address),
            now=timezone.now(),
        )


class WritingForm(forms.Form):
    """By which channel the clinic writes to somebody, and of whose visits it reminds."""

    def __init__(
        self, *args: Any, own: Patient | None, people: Sequence[Patient], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.own, self.people = own, {f"reminders-{each.pk}": each for each in people}
        if own is not None:
            self.fields["contact_by"] = forms.ChoiceField(
                label=_("Messages come by"),
                choices=[
                    (ContactBy.EMAIL, _("Email")),
                    (ContactBy.SMS, _("Text message; I agree to get texts from the clinic")),
                ],
                initial=own.contact_by if own.texts_agreed_at else ContactBy.EMAIL,
                widget=forms.RadioSelect,
                help_text=self._number(own),
            )
        for name, each in self.people.items():
            label = gettext("Remind me of my visits")
            if own is None or each.pk != own.pk:
                label = gettext("Remind me of the visits of %(name)s") % {"name": each.name}
            self.fields[name] = forms.BooleanField(
                label=label, required=False, initial=each.reminders_stopped_at is None
            )

    @staticmethod
    def _number(own: Patient) -> str:
        if not own.phone:
            return gettext("For text messages, add your phone number to your details first.")
        return gettext("Text messages go to %(phone)s.") % {"phone": own.phone}

    def clean_contact_by(self) -> str:
        channel: str = self.cleaned_data["contact_by"]
        if channel == ContactBy.SMS and self.own is not None and not self.own.phone:
            raise ValidationError(_("Add your phone number to your details first."))
        return channel

    def save(self, *, by: Actor, now: dt.datetime) -> None:
        if self.own is not None:
            channel = ContactBy(self.cleaned_data["contact_by"])
            choose_channel(patient=self.own, channel=channel, by=by, now=now)
        for name, each in self.people.items():
            change = resume_reminders if self.cleaned_data[name] else stop_reminders
            change(patient_id=each.pk, by=by, now=now, via="page")


class ProfileForm(PersonForm):
    """The profile page: the same, and the language of pages and messages."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    field_order = ["name", "date_of_birth", "phone", "language", "time_zone"]

    def __init__(self, *args: Any, patient: Patient | None, name: str = "", **kwargs: Any) -> None:
        kwargs["initial"] = {"name": name, "language": current_language()}
        if patient is not None:
            kwargs["initial"] = {field: getattr(patient, field) for field in self.field_order}
        super().__init__(*args, **kwargs)

    def save(self, *, user: User, by: Actor, now: dt.datetime) -> Patient:
        return complete_profile(user=user, by=by, now=now, **self.cleaned_data)
