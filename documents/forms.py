"""The shapes of what is sent about a document. What is allowed is decided by the operations."""

from __future__ import annotations

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from documents.files import LONGEST_NAME
from documents.models import Kind


def kinds() -> list[tuple[str, str]]:
    return [("", ""), *((kind.value, capfirst(str(kind.label))) for kind in Kind)]


class KindForm(forms.Form):
    kind = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=kinds,
        coerce=Kind,
        error_messages={"required": _("Please choose what it is.")},
    )


class DescribeForm(KindForm):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    field_order = ("name", "kind")


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Why must it be kept?"),
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        error_messages={"required": _("Say why this document is on hold.")},
    )
