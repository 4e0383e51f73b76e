"""What allauth asks of the site: how secrets are stored, and what things are called."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.queries import current_clinic


class Adapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This code is not right, or was used before. Wait for the next one and enter that."
        ),
        "wrong_codes": gettext_lazy("Too many wrong codes. Try again in 15 minutes."),
    }

    def encrypt(self, text: str) -> str:
        """So that a copy of the database alone gives nobody a code."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        clinic = current_clinic()
        return clinic.name if clinic else str(super()._get_site_name())

    def generate_authenticator_name(self, user: User, type: str) -> str:
        known = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": known + 1}


def _fernet() -> MultiFernet:
    """Of SECRET_KEY; what was written with one of SECRET_KEY_FALLBACKS can still be read."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    digest = hashlib.sha256(b"accounts.second_factors:" + key.encode()).digest()
    return base64.urlsafe_b64encode(digest)
