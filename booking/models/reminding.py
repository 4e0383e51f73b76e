from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic


class ReminderClock(models.Model):
    """How far reminding has come: what was due by then is in the outbox."""

    clinic = models.OneToOneField(Clinic, models.CASCADE, related_name="reminder_clock")
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("reminder clock")
        verbose_name_plural = _("reminder clocks")

    def __str__(self) -> str:
        return f"{self.clinic_id} {self.until:%Y-%m-%d %H:%M}"
