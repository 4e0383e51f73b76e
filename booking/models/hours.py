from __future__ import annotations

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor


class SecondsOfDay(Func):
    """A wall time as seconds since midnight: PostgreSQL has no range type of times."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = models.DecimalField(max_digits=12, decimal_places=6)


class NumRange(Func):
    function = "NUMRANGE"


class TsTzRange(Func):
    """A half-open range of instants."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class WorkingHours(models.Model):
    """A stretch of a doctor's week in clinic wall time; several a day make a split day."""

    WEEKDAYS = [
        (0, _("Monday")),
        (1, _("Tuesday")),
        (2, _("Wednesday")),
        (3, _("Thursday")),
        (4, _("Friday")),
        (5, _("Saturday")),
        (6, _("Sunday")),
    ]

    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day, included.")
    )

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["doctor", "weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=0, weekday__lte=6), name="hours_weekday"
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="hours_order"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="hours_validity_order",
            ),
            ExclusionConstraint(
                name="hours_no_overlap",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    (
                        NumRange(SecondsOfDay("opens"), SecondsOfDay("closes")),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            "valid_from",
                            "valid_until",
                            models.Value("[]"),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("These hours overlap others of the same doctor."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def clean(self) -> None:
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise ValidationError({"closes": _("Closing must be later than opening.")})

    def holds_on(self, day: dt.date) -> bool:
        return (
            self.weekday == day.weekday()
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


class TimeOff(models.Model):
    """Time in which a doctor, or with no doctor the whole clinic, cannot be booked."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("leave")
        BLOCK = "block", _("block")
        HOLIDAY = "holiday", _("holiday")

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="time_off")
    doctor = models.ForeignKey(
        Doctor,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="time_off",
        help_text=_("Empty: the whole clinic."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.LEAVE)
    start = models.DateTimeField(_("from"))
    end = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["-start"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="time_off_order"),
        ]
        indexes = [models.Index(fields=["clinic", "end"], name="time_off_end")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.start.astimezone(self.clinic.zone):%Y-%m-%d %H:%M}"
