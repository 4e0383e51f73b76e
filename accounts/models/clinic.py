from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.times import validate_time_zone


class ClinicQuerySet(models.QuerySet["Clinic"]):
    def current(self) -> Clinic:
        """The clinic whose pages these are. Raises Clinic.DoesNotExist before `setup_clinic`."""
        return self.get(is_current=True)


class Clinic(models.Model):
    """The clinic, in the words that pages, messages and calendar files use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    address = models.TextField(_("address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("email"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_time_zone])
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default="en"
    )
    opening_text = models.TextField(
        _("opening text"), blank=True, help_text=_("Shown on the first page and in messages.")
    )
    is_current = models.BooleanField(
        _("current"),
        default=True,
        help_text=_("The clinic whose pages these are; others in the database are not shown."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinics")
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="one_current_clinic",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
