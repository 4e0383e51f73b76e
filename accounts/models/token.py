from __future__ import annotations

import datetime as dt
import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def digest_of(token: str) -> str:
    """SHA-256 is enough for a random 256-bit token: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, *, now: dt.datetime) -> ApiTokenQuerySet:
        """Neither ended nor expired, nor older than a change of who its owner is."""
        alive = self.filter(revoked_at__isnull=True, expires_at__gt=now)
        return alive.filter(generation=models.F("user__session_generation"))


class ApiToken(models.Model):
    """A bearer token of the API. Only its digest is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    # Of its owner, when it was made: what ends the sessions of a person ends the tokens too.
    generation = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return str(self.id)
