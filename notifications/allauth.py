"""Sign-in mails go through the outbox like every other: allauth finds this class by its setting."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from accounts.operations import confirm_address, tokens
from accounts.queries import current_clinic
from clinic.lib.actor import Actor
from clinic.lib.languages import current_language
from notifications import outbox
from notifications.notices import NOTICES

CODE = "account/email/email_confirmation"
NEW_CODE = "account/email/email_confirmation_signup"
RESET_CODE = "account/email/password_reset_code"
EXISTS = "account/email/account_already_exists"
UNKNOWN = "account/email/unknown_account"
# Who has found the way for so long needs no directions.
WELCOME_FOR = dt.timedelta(days=2)


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """What our own outermost proxy saw: the address that sign-in limits count by."""
        return getattr(request, "client_address", "") or super().get_client_ip(request)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """With the address proven, a record kept from before the login may be recognised; whoever
        has proven none before is welcomed."""
        now = timezone.now()
        with transaction.atomic():
            known = EmailAddress.objects.filter(user=email_address.user, verified=True).exists()
            if not super().confirm_email(request, email_address):
                return False
            user = email_address.user
            by = Actor.of_user(user, getattr(request, "client_address", ""))
            user.refresh_from_db(fields=["email"])
            confirm_address(user=user, by=by, now=now)
            if not known:
                _welcome(user, now=now)
        return True

    def set_password(self, user: User, password: str) -> None:
        """Whoever had the old password has no tokens any more either."""
        super().set_password(user, password)
        tokens.revoke_all(user=user, by=Actor.of_user(user), now=timezone.now())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        now = timezone.now()
        template, words, expires_after = _words(template_prefix, context, now=now)
        outbox.enqueue(
            template=template,
            recipient=email,
            dedupe_key=f"account:{uuid.uuid4()}",
            context={**_clinic(), **words},
            language=current_language(),
            expires_at=now + expires_after if expires_after else None,
            now=now,
        )


def _welcome(user: User, *, now: dt.datetime) -> None:
    """Patients to be; the clinic's own people are shown around by their colleagues."""
    if user.role_names - {Role.PATIENT.value}:
        return
    outbox.enqueue(
        template="welcome",
        recipient=user.email,
        dedupe_key=f"user:{user.pk}:welcome",
        context={**_clinic(), "patient_name": user.name, "url": _url("home")},
        language=current_language(),
        expires_at=now + WELCOME_FOR,
        now=now,
    )


def _words(
    prefix: str, context: dict[str, Any], *, now: dt.datetime
) -> tuple[str, dict[str, Any], dt.timedelta | None]:
    """Which of our messages says what allauth asks for, with what, and how long it is of use."""
    if prefix in (CODE, NEW_CODE):
        seconds = app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
        words = {"code": context["code"], "is_new": prefix == NEW_CODE}
        return "code", {**words, "minutes": str(seconds // 60)}, dt.timedelta(seconds=seconds)
    if prefix == RESET_CODE:
        seconds = app_settings.PASSWORD_RESET_BY_CODE_TIMEOUT
        words = {"code": context["code"], "minutes": str(seconds // 60)}
        return "password_reset", words, dt.timedelta(seconds=seconds)
    if prefix == EXISTS:
        return "account_exists", {"url": _url("account_login")}, None
    if prefix == UNKNOWN:
        return "unknown_account", {"url": _url("account_signup")}, None
    what = NOTICES.get(prefix.rsplit("/", 1)[-1], NOTICES[""])
    words = {
        "what": str(what),
        "at": f"{now:%Y-%m-%d %H:%M} UTC",
        "url": _url("account_reset_password"),
    }
    return "security_notice", words, None


def _url(name: str) -> str:
    return settings.SITE_URL + reverse(name)


def _clinic() -> dict[str, str]:
    clinic = current_clinic()
    if clinic is None:
        return {"clinic_name": "", "clinic_phone": "", "clinic_address": ""}
    return {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
    }
