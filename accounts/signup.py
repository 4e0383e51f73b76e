"""Signing up, when somebody with that address is there already, or comes at the same moment."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm as BaseSignupForm
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest


class SignupForm(BaseSignupForm):
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> Any:
        """Whoever asks is answered alike, and after the same time, whether or not he is known."""
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    return super().try_save(request)
            except IntegrityError:  # the second of two clicks: the first has made the account
                self.account_already_exists = True
        make_password(self.cleaned_data["password1"])  # costs what a new account's does
        return super().try_save(request)
