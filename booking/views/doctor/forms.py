"""The shapes of what doctors send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms import SensibleDateField

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
