from __future__ import annotations

import copy
import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor

MOST_LINES = 10
LONGEST_LINE = 120


def default_reminder_hours() -> list[int]:
    """A week, a day and two hours before; real hours, whatever the clocks do meanwhile."""
    return [7 * 24, 24, 2]


def validate_short_lines(text: str) -> None:
    """A list that is read on a phone."""
    lines = _lines(text)
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise ValidationError(
            _("At most %(lines)d lines of at most %(letters)d letters."),
            params={"lines": MOST_LINES, "letters": LONGEST_LINE},
        )


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class VisitType(models.Model):
    """A kind of visit that can be booked, and its rules. All lengths are minutes of real time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="visit_types")
    slug = models.SlugField(_("short name"), help_text=_("In addresses and the API."))
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    what_to_bring = models.CharField(_("what to bring"), max_length=300, blank=True)
    documents_asked = models.TextField(
        _("documents asked for"),
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        validators=[validate_short_lines],
        help_text=_(
            "One a line. Patients are asked for them by a message of its own once a visit is"
            " booked, or accepted."
        ),
    )
    price = models.CharField(_("price"), max_length=60, blank=True, help_text=_("As shown: “$40”."))
    minutes = models.PositiveSmallIntegerField(
        _("length"), validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    buffer_before = models.PositiveSmallIntegerField(
        _("minutes kept free before"), default=0, validators=[MaxValueValidator(240)]
    )
    buffer_after = models.PositiveSmallIntegerField(
        _("minutes kept free after"), default=0, validators=[MaxValueValidator(240)]
    )
    notice_minutes = models.PositiveIntegerField(
        _("notice"), default=120, help_text=_("Minutes before the start when booking closes.")
    )
    change_notice_minutes = models.PositiveIntegerField(
        _("notice for changes"),
        default=24 * 60,
        help_text=_("Minutes before the start when patients can no longer cancel or move a visit."),
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("horizon"), default=60, help_text=_("How many days ahead a visit can be booked.")
    )
    needs_approval = models.BooleanField(
        _("needs approval"), default=False, help_text=_("Staff accept or decline each request.")
    )
    reminder_hours = ArrayField(
        models.PositiveSmallIntegerField(
            validators=[MinValueValidator(1), MaxValueValidator(28 * 24)]
        ),
        verbose_name=_("reminders"),
        default=default_reminder_hours,
        blank=True,
        size=5,
        help_text=_("Hours before the start, with commas between: 168, 24, 2. Empty: none."),
    )
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    doctors = models.ManyToManyField(
        Doctor, related_name="visit_types", verbose_name=_("doctors"), blank=True
    )

    class Meta:
        verbose_name = _("visit type")
        verbose_name_plural = _("visit types")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "slug"], name="visit_type_slug"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=480), name="visit_type_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(buffer_before__lte=240, buffer_after__lte=240),
                name="visit_type_buffers",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.documents_asked = "\n".join(_lines(self.documents_asked))

    @property
    def documents(self) -> list[str]:
        """What patients are asked to bring or to prepare."""
        return _lines(self.documents_asked)

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)

    def earliest(self, now: dt.datetime) -> dt.datetime:
        """The first instant that may still be booked; a start exactly then is offered."""
        return now + dt.timedelta(minutes=self.notice_minutes)

    def latest(self, now: dt.datetime) -> dt.datetime:
        """The last instant that may be booked already."""
        return now + dt.timedelta(days=self.horizon_days)

    def without_limits(self) -> VisitType:
        """The same for the clinic itself, when it has to find its patients another time: notice
        and horizon do not bind it. A copy that is not to be saved."""
        free = copy.copy(self)
        free.notice_minutes, free.horizon_days = 0, 3660
        return free

    def changes_close_at(self, start: dt.datetime) -> dt.datetime:
        """When the patient can no longer change a visit that starts at `start` (real hours)."""
        return start - dt.timedelta(minutes=self.change_notice_minutes)
