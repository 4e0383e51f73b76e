from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from booking.models.appointment import Appointment
from booking.models.hours import TsTzRange
from booking.models.visit_type import VisitType


class Resource(models.Model):
    """A room or a piece of equipment: what two visits can never use at once."""

    class Kind(models.TextChoices):
        ROOM = "room", _("room")
        EQUIPMENT = "equipment", _("equipment")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="resources")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ROOM)
    name = models.CharField(_("name"), max_length=80)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("room or equipment")
        verbose_name_plural = _("rooms and equipment")
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="resource_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Need(models.Model):
    """One thing that each visit of a type needs: any one of `resources`."""

    visit_type = models.ForeignKey(VisitType, models.CASCADE, related_name="needs")
    name = models.CharField(_("what for"), max_length=80, help_text=_("“Treatment room”."))
    resources = models.ManyToManyField(
        Resource, related_name="needs", verbose_name=_("any one of"), blank=True
    )
    # Visits that were agreed before have no room by it.
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("need of a visit type")
        verbose_name_plural = _("needs of visit types")
        constraints = [
            models.UniqueConstraint(fields=["visit_type", "name"], name="need_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ResourceUse(models.Model):
    """That a visit has, or had, a room or a device, buffers included. Rows are kept."""

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="uses")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="uses")
    start = models.DateTimeField()
    end = models.DateTimeField()
    claimed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("use of a room or equipment")
        verbose_name_plural = _("uses of rooms and equipment")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="resource_use_order"),
            ExclusionConstraint(
                name="resource_used_once",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    (TsTzRange("start", "end"), RangeOperators.OVERLAPS),
                ],
                condition=Q(released_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["resource", "start"],
                condition=Q(released_at__isnull=True),
                name="resource_use_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.start:%Y-%m-%d %H:%M}"
