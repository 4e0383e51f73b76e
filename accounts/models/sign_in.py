from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SignInQuerySet(models.QuerySet["SignIn"]):
    def open(self) -> SignInQuerySet:
        return self.filter(ended_at=None)


class SignIn(models.Model):
    """One browser in which a person is, or was, signed in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    # Which row of Django's sessions; it changes when somebody sets a new password.
    session_key = models.CharField(max_length=40)
    # Of the person, when signing in: a higher one has ended this session.
    generation = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last seen"))
    address = models.CharField(_("from"), max_length=45, blank=True)
    browser = models.CharField(_("browser"), max_length=40, blank=True)  # "Firefox"
    system = models.CharField(_("device"), max_length=40, blank=True)  # "Android"
    ended_at = models.DateTimeField(null=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        indexes = [models.Index(fields=["user", "-seen_at"], name="sign_in_user")]

    def __str__(self) -> str:
        return str(self.id)
