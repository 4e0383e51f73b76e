"""The shapes of what patients send. What is allowed is decided by `booking.operations`."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor, Patient
from booking.lookups import is_sensible
from booking.models import ChangeRequest, VisitType
from booking.operations import TooLong
from booking.queries import doctors_of
from booking.together import Course

MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
PARTS = [(MORNING, _("Morning")), (AFTERNOON, _("Afternoon")), (EVENING, _("Evening"))]
ANY_DOCTOR = "any"


def plain_text(written: str, *, most: int) -> str:
    """What somebody wrote, as it can be kept: never cut silently. Raises TooLong."""
    text = written.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise TooLong
    return text


class SensibleDateField(forms.DateField):
    def to_python(self, value: Any) -> dt.date | None:
        date = super().to_python(value)
        if date is not None and not is_sensible(date):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return date


OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})\s*$")


class InstantField(forms.DateTimeField):
    """A moment with its offset, as the buttons send it: 2026-12-01T14:00:00Z."""

    def to_python(self, value: Any) -> dt.datetime | None:
        moment = super().to_python(value)
        # Without an offset it would be taken for UTC, and mean another time than was meant.
        named = not isinstance(value, str) or OFFSET.search(value)
        if moment is not None and not (named and is_sensible(moment)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class DoctorField(forms.ModelChoiceField):
    """One of the doctors who can be booked for a visit type; empty means any."""

    def __init__(self, visit_type: VisitType) -> None:
        super().__init__(queryset=doctors_of(visit_type), required=False)

    def to_python(self, value: Any) -> Any:
        return None if value == ANY_DOCTOR else super().to_python(value)


class TimesForm(forms.Form):
    """Which times to show: all of it optional, from the address."""

    week = SensibleDateField(required=False)
    day = SensibleDateField(required=False)
    part = forms.ChoiceField(choices=[("", ""), *PARTS], required=False)

    def __init__(self, *args: Any, visit_type: VisitType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"] = DoctorField(visit_type)


class StartForm(forms.Form):
    """A chosen time."""

    start = InstantField()

    def __init__(self, *args: Any, visit_type: VisitType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"] = DoctorField(visit_type)

    @property
    def doctor(self) -> Doctor | None:
        return self.cleaned_data["doctor"]


class OptionField(forms.Field):
    """A time with a doctor, as one button sends them: 2026-12-01T14:00:00Z/<the doctor's id>."""

    def to_python(self, value: Any) -> tuple[dt.datetime, uuid.UUID] | None:
        if value in self.empty_values:
            return None
        start, _slash, doctor = str(value).partition("/")
        moment = InstantField().clean(start)
        try:
            return moment, uuid.UUID(doctor)
        except ValueError as error:
            raise ValidationError(_("This is no time of a doctor."), code="invalid") from error


class OptionForm(forms.Form):
    option = OptionField()


class OptionsField(forms.Field):
    """Several of them, from fields of one name."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[Any]:
        return [OptionField().clean(one) for one in value or []]


class AffectedForm(forms.Form):
    """What is to become of a visit that stands in time off."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("move", "propose", "keep", "cancel")]
    )
    option = OptionsField(required=False)
    reason = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        action = data.get("action")
        if action in ("keep", "cancel") and not data.get("reason"):
            self.add_error("reason", _("Please give a reason."))
        if action in ("move", "propose") and not data.get("option"):
            self.add_error("option", _("There is no other time to offer. Please call the patient."))
        data["options"] = data.get("option") or []
        return data


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason for the visit (optional)"),
        help_text=_("A few words help the doctor to prepare. Only the clinic reads them."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class CourseForm(StartForm):
    """Every so many weeks, so many times, from a chosen start on."""

    weeks = forms.IntegerField(label=_("Every … weeks"), min_value=1, max_value=12, initial=2)
    count = forms.IntegerField(label=_("How many visits"), min_value=2, max_value=12, initial=4)
    reason = forms.CharField(max_length=2000, required=False)

    def __init__(self, data: Any, *, visit_type: VisitType, people: Sequence[Patient]) -> None:
        usual = {"weeks": "2", "count": "4", "patient": str(people[0].pk) if people else ""}
        super().__init__({**usual, **data.dict()}, visit_type=visit_type)
        self.visit_type = visit_type
        self.people = {str(person.pk): person for person in people}
        names = [(pk, person.name) for pk, person in self.people.items()]
        self.fields["patient"] = forms.ChoiceField(label=_("For whom"), choices=names)

    @property
    def course(self) -> Course:
        asked = self.cleaned_data
        return Course(
            visit_type=self.visit_type,
            patient=self.people[asked["patient"]],
            first=asked["start"],
            weeks=asked["weeks"],
            count=asked["count"],
            doctor=self.doctor,
        )


class ConfirmForm(ReasonForm):
    """Whose visit it is, where there is more than one person, and what for."""

    def __init__(self, *args: Any, people: Sequence[Patient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        if len(people) > 1:
            self.fields["patient"] = forms.ChoiceField(
                label=_("Who is this visit for?"),
                choices=[(pk, person.name) for pk, person in self.people.items()],
                initial=str(people[0].pk),
                required=False,
                widget=forms.RadioSelect,
            )

    @property
    def whose(self) -> Patient:
        """Unless somebody else is named, the first."""
        chosen = self.cleaned_data.get("patient") or next(iter(self.people))
        return self.people[chosen]


class AskForm(forms.Form):
    """A wish that the clinic is asked to fulfil."""

    kind = forms.ChoiceField(
        label=_("What would you like?"),
        choices=[
            (ChangeRequest.Kind.CANCEL, _("Cancel the visit")),
            (ChangeRequest.Kind.MOVE, _("Another time")),
        ],
        widget=forms.RadioSelect,
    )
    message = forms.CharField(
        label=_("Your message (optional)"),
        help_text=_("For example, when you could come instead. Only the clinic reads it."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Would you tell us why? (optional)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )


class LinkedForm(forms.Form):
    """What is pressed on the page behind a mailed link, and what version of the visit it showed."""

    answer = forms.ChoiceField(
        choices=[(each, each) for each in ("coming", "cancel", "ask-cancel", "ask-move")]
    )
    version = forms.IntegerField(min_value=1)
    message = forms.CharField(max_length=500, required=False)
