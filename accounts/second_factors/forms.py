"""allauth's forms, with our limits on guessing and our words."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.second_factors.codes import TooManyWrongCodes, WrongCode, counter_of, use_code
from clinic.lib.actor import Actor

# Remembered until the app is stored: the code that proved it is used up.
FIRST_COUNTER = "mfa.totp.first_counter"


def code_field(help_text: Any = "") -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric"}
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label=_("Code"), max_length=20, widget=widget, help_text=help_text)


class CheckedCode(forms.Form):
    """A code of the app or a recovery code; five wrong ones, and none is tried for a while."""

    user: Any

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        by = Actor.guest(getattr(context.request, "client_address", ""))
        try:
            self.authenticator = use_code(user=self.user, code=code, by=by, now=timezone.now())
        except TooManyWrongCodes as error:
            raise get_adapter().validation_error("wrong_codes") from error
        except WrongCode as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return code


class AuthenticateForm(CheckedCode, base.AuthenticateForm):
    code = code_field()


class ReauthenticateForm(CheckedCode, base.ReauthenticateForm):
    code = code_field()


class ActivateTOTPForm(totp.ActivateTOTPForm):
    code = code_field(_("The six digits that the app shows now."))

    def clean_code(self) -> str:
        code = str(super().clean_code())
        context.request.session[FIRST_COUNTER] = counter_of(self.secret, code)
        return code


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        required=False,
        help_text=_("So that you know it again: “My phone”, “Blue key”."),
    )
    passwordless = forms.BooleanField(
        label=_("Also sign in with it alone, without the password"),
        required=False,
        help_text=_("It then asks for your fingerprint, your face or a PIN each time."),
    )
