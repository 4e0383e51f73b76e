from __future__ import annotations

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor
from booking.models.hours import TimeOff, TsTzRange

LONGEST_CELL = dt.timedelta(minutes=30)


class SlotStatus(models.TextChoices):
    FREE = "free", _("free")
    HELD = "held", _("held")
    BOOKED = "booked", _("booked")
    BLOCKED = "blocked", _("blocked")
    HOLIDAY = "holiday", _("holiday")


class SlotQuerySet(models.QuerySet["Slot"]):
    def open(self, *, now: dt.datetime) -> SlotQuerySet:
        """Free, or held by a hold that has run out (holds expire by time, not by a job)."""
        return self.filter(
            Q(status=SlotStatus.FREE) | Q(status=SlotStatus.HELD, held_until__lte=now)
        )

    def taken(self) -> SlotQuerySet:
        return self.filter(status__in=[SlotStatus.HELD, SlotStatus.BOOKED])

    def between(self, start: dt.datetime, end: dt.datetime) -> SlotQuerySet:
        """Those that start within [start, end)."""
        return self.filter(start__gte=start, start__lt=end)

    def touching(self, start: dt.datetime, end: dt.datetime) -> SlotQuerySet:
        """Those that overlap [start, end), also by a part only."""
        # The first condition says nothing new: it lets the index on (doctor, start) be used.
        return self.filter(start__gt=start - LONGEST_CELL, start__lt=end, end__gt=start)

    def settle(self) -> int:
        """Make them what cells are that nobody has taken: free, or closed by time off."""
        off = TimeOff.objects.filter(
            Q(doctor=OuterRef("doctor")) | Q(doctor=None, clinic__doctors=OuterRef("doctor")),
            start__lt=OuterRef("end"),
            end__gt=OuterRef("start"),
        )
        status = Case(
            When(Exists(off.filter(kind=TimeOff.Kind.HOLIDAY)), Value(SlotStatus.HOLIDAY)),
            When(Exists(off), Value(SlotStatus.BLOCKED)),
            default=Value(SlotStatus.FREE),
        )
        return self.update(status=status, held_until=None)


class Slot(models.Model):
    """One cell of one doctor's grid. Cells of a doctor never overlap."""

    id = models.BigAutoField(primary_key=True)
    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="slots")
    start = models.DateTimeField()
    end = models.DateTimeField()
    status = models.CharField(max_length=8, choices=SlotStatus.choices, default=SlotStatus.FREE)
    held_until = models.DateTimeField(null=True, blank=True)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="slot_order"),
            models.CheckConstraint(
                condition=Q(status__in=SlotStatus.values), name="slot_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=SlotStatus.HELD, held_until__isnull=False)
                | (~Q(status=SlotStatus.HELD) & Q(held_until__isnull=True)),
                name="slot_held_until_when_held",
            ),
            ExclusionConstraint(
                name="slot_no_overlap",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (TsTzRange("start", "end"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            # Free times are read from these alone (index-only).
            models.Index(
                fields=["start", "doctor"],
                include=["end", "status", "held_until"],
                condition=Q(status__in=["free", "held"]),
                name="slot_open",
            ),
            models.Index(fields=["doctor", "start"], name="slot_doctor_start"),
        ]

    def is_stale(self, *, now: dt.datetime) -> bool:
        """Still marked as held, though the hold's time is over."""
        return (
            self.status == SlotStatus.HELD
            and self.held_until is not None
            and self.held_until <= now
        )

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.status}"
