from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.clinic import Clinic

SLOT_MINUTES = [(5, "5"), (10, "10"), (15, "15"), (20, "20"), (30, "30")]


class Doctor(models.Model):
    """Somebody whose time can be booked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="doctors")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="doctor"
    )
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=60, blank=True, help_text=_("Dr, Prof, …"))
    languages = ArrayField(
        models.CharField(max_length=8), verbose_name=_("languages"), default=list, blank=True
    )
    about = models.CharField(_("about"), max_length=300, blank=True)
    photo = models.ImageField(_("photo"), upload_to="doctors/", blank=True)
    slot_minutes = models.PositiveSmallIntegerField(
        _("minutes of one cell"), choices=SLOT_MINUTES, default=15
    )
    active = models.BooleanField(_("active"), default=True)
    agenda_by_mail = models.BooleanField(
        _("agenda by email"),
        default=True,
        db_default=True,
        help_text=_("In the evening, which of the next day’s times are taken. No names."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("doctor")
        verbose_name_plural = _("doctors")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slot_minutes__in=[5, 10, 15, 20, 30]),
                name="doctor_slot_minutes",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return f"{self.title} {self.name}".strip()

    @property
    def initials(self) -> str:
        parts = self.name.split()
        return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()
