from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import Appointment


class Override(models.Model):
    """That the clinic broke a rule of its own for a visit, which ones, and why. Never changed."""

    class Rule(models.TextChoices):
        NOTICE = "notice", _("notice")
        HORIZON = "horizon", _("horizon")
        HOURS = "hours", _("working hours")

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="overrides")
    version = models.PositiveIntegerField()  # of the appointment, when it was broken
    rules = ArrayField(
        models.CharField(max_length=10, choices=Rule.choices), verbose_name=_("rules")
    )
    reason = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("when"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(rules=[]), name="override_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {', '.join(self.rules)}"
