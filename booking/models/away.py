"""What time off does to visits that stand in it: each ends moved, kept or cancelled."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import Appointment, _pair
from booking.models.hours import TimeOff


class AffectedVisit(models.Model):
    """That time off was laid over a visit. Written with the time off, so that none is forgotten.

    Whether the visit was moved or cancelled its own row says; only that it is kept is said here.
    """

    time_off = models.ForeignKey(TimeOff, models.CASCADE, related_name="affected")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="affected_by")
    noted_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 (a pair)
    kept_reason = models.CharField(_("why it is kept"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("affected visit")
        verbose_name_plural = _("affected visits")
        constraints = [
            models.UniqueConstraint(
                fields=["time_off", "appointment"], name="affected_once_by_time_off"
            ),
            models.CheckConstraint(condition=_pair("kept_by", "kept_at"), name="kept_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.time_off_id} {self.appointment_id}"


class Proposal(models.Model):
    """Other times for a visit, offered to its patient by a signed link. It holds none of them."""

    class Status(models.TextChoices):
        OPEN = "open", _("not answered yet")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        VOID = "void", _("no longer true")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty once the time off is taken back: who follows the link is told how things stand.
    affected = models.ForeignKey(
        AffectedVisit, models.SET_NULL, null=True, related_name="proposals"
    )
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="proposals")
    version = models.PositiveIntegerField()  # of the appointment, when they were proposed
    options = models.JSONField()  # [[start as ISO 8601 in UTC, doctor's id], ...], best first
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.OPEN
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("proposal of other times")
        verbose_name_plural = _("proposals of other times")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status="open"), name="one_open_proposal"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "accepted", "declined", "void"]),
                name="proposal_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_at__isnull=True)
                | (~Q(status="open") & Q(answered_at__isnull=False)),
                name="proposal_answered_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.status}"

    @property
    def offered(self) -> list[tuple[dt.datetime, uuid.UUID]]:
        return [
            (dt.datetime.fromisoformat(start), uuid.UUID(doctor)) for start, doctor in self.options
        ]
