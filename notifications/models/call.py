from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient


class Call(models.Model):
    """Somebody was told by phone what no message could tell; covers what was written before."""

    # As in Message: "appointment:<id>".
    about = models.CharField(max_length=80)
    patient = models.ForeignKey(
        Patient, models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=60)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [models.Index(fields=["about"], name="call_about")]

    def __str__(self) -> str:
        return self.about
