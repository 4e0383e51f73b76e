"""What a doctor's day knows besides its visits."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor


class Delay(models.Model):
    """How late a doctor runs on a day, in minutes. Booked times stay as they are."""

    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="delays")
    day = models.DateField(_("day"))
    minutes = models.PositiveSmallIntegerField(_("minutes late"))
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("delay")
        verbose_name_plural = _("delays")
        constraints = [
            models.UniqueConstraint(fields=["doctor", "day"], name="one_delay_a_day"),
            models.CheckConstraint(condition=Q(minutes__lte=480), name="delay_minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.doctor_id} {self.day} {self.minutes}"


class CalendarFeed(models.Model):
    """A doctor's private calendar address. Who has it sees the schedule: its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="calendar_feeds")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the address's secret, hex
    show_names = models.BooleanField(_("show patients' names"), default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [
            models.UniqueConstraint(
                fields=["doctor"], condition=Q(revoked_at__isnull=True), name="one_feed_per_doctor"
            ),
        ]

    def __str__(self) -> str:
        return str(self.doctor_id)
