"""The waiting list: who wishes for a time, what became free, and what was offered to whom."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor, Patient
from booking.models.appointment import Appointment
from booking.models.hours import WorkingHours
from booking.models.visit_type import VisitType

WAITLIST_HOLDER = "waitlist:"


class PartOfDay(models.TextChoices):
    MORNING = "morning", _("morning")  # starts before 12:00 in the clinic
    AFTERNOON = "afternoon", _("afternoon")  # from 12:00
    EVENING = "evening", _("evening")  # from 17:00


class WaitlistEntry(models.Model):
    """A patient's wish. Empty `doctors`, `weekdays` or `parts` mean any."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        OFFERED = "offered", _("has an offer")
        BOOKED = "booked", _("has a visit")
        LEFT = "left", _("left the list")
        ENDED = "ended", _("its dates are over")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="waitlist")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="waitlist")
    visit_type = models.ForeignKey(VisitType, models.PROTECT, related_name="waitlist")
    doctors = models.ManyToManyField(
        Doctor, related_name="+", blank=True, verbose_name=_("doctors")
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=WorkingHours.WEEKDAYS),
        verbose_name=_("days"), default=list, blank=True,
    )  # fmt: skip
    parts = ArrayField(
        models.CharField(max_length=10, choices=PartOfDay.choices),
        verbose_name=_("parts of the day"), default=list, blank=True,
    )  # fmt: skip
    earliest = models.DateField(_("not before"))
    latest = models.DateField(_("not after"))
    urgent = models.BooleanField(_("urgent"), default=False, help_text=_("Set by the clinic."))
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.WAITING
    )
    created_at = models.DateTimeField(_("waiting since"))
    created_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("entry of the waiting list")
        verbose_name_plural = _("waiting list")
        ordering = ["-urgent", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latest__gte=F("earliest")), name="waitlist_dates_order"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "offered", "booked", "left", "ended"]),
                name="waitlist_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "offered"], ended_at__isnull=True)
                | (~Q(status__in=["waiting", "offered"]) & Q(ended_at__isnull=False)),
                name="waitlist_ended_when_over",
            ),
            models.UniqueConstraint(
                fields=["patient", "visit_type"],
                condition=Q(status__in=["waiting", "offered"]),
                name="one_wish_per_visit_type",
            ),
        ]
        indexes = [
            models.Index(
                fields=["visit_type", "-urgent", "created_at"],
                condition=Q(status="waiting"),
                name="waitlist_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.visit_type_id} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.OFFERED)


class FreedTime(models.Model):
    """That time of a doctor became free, written in the transaction that freed it.

    What a crash interrupts is found by `done_at`: no freed time is forgotten.
    """

    class Cause(models.TextChoices):
        CANCELLED = "cancelled", _("cancelled")
        MOVED = "moved", _("moved")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("hold ran out")
        LAPSED = "lapsed", _("request lapsed")
        NO_SHOW = "no_show", _("did not come")
        NEW = "new", _("new time")

    id = models.BigAutoField(primary_key=True)
    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="freed")
    start = models.DateTimeField()
    end = models.DateTimeField()
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    freed_at = models.DateTimeField()
    # Not before: at night the time stays public until quiet hours end.
    look_after = models.DateTimeField()
    offers_made = models.PositiveSmallIntegerField(_("offers made"), default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("freed time")
        verbose_name_plural = _("freed times")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="freed_time_order"),
        ]
        indexes = [
            models.Index(
                fields=["look_after"], condition=Q(done_at__isnull=True), name="freed_time_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doctor_id} {self.start:%Y-%m-%d %H:%M}"


class Offer(models.Model):
    """A freed time, held for one patient of the waiting list until `expires_at`."""

    class Status(models.TextChoices):
        OPEN = "open", _("not answered yet")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("not answered in time")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(WaitlistEntry, models.CASCADE, related_name="offers")
    freed = models.ForeignKey(FreedTime, models.CASCADE, related_name="offers")
    hold = models.OneToOneField(Appointment, models.PROTECT, related_name="offer")
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.OPEN
    )
    made_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("kept until"))
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status="open"), name="one_open_offer_per_entry"
            ),
            models.UniqueConstraint(
                fields=["freed"], condition=Q(status="open"), name="one_open_offer_per_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "accepted", "declined", "expired"]),
                name="offer_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_at__isnull=True)
                | (~Q(status="open") & Q(answered_at__isnull=False)),
                name="offer_answered_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="open"), name="offer_open"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.status}"

    @property
    def holder(self) -> str:
        """Whose the hold is: no browser's value looks like it."""
        return f"{WAITLIST_HOLDER}{self.pk}"

    def is_open(self, *, now: dt.datetime) -> bool:
        return self.status == self.Status.OPEN and now < self.expires_at
