from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import Appointment, _pair


class ChangeRequest(models.Model):
    """A patient's wish to cancel or move a visit when it is too late to do so alone.

    The visit stays as it is until the clinic answers.
    """

    class Kind(models.TextChoices):
        CANCEL = "cancel", _("cancel")
        MOVE = "move", _("another time")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        VOID = "void", _("no longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="change_requests")
    kind = models.CharField(_("wish"), max_length=6, choices=Kind.choices)
    message = models.CharField(_("message"), max_length=500, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.OPEN
    )
    asked_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 (a pair)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("wish for a change")
        verbose_name_plural = _("wishes for changes")
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "done", "refused", "void"]),
                name="change_request_status_known",
            ),
            models.CheckConstraint(
                condition=_pair("answered_by", "answered_at"), name="change_request_answered_pair"
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_at__isnull=True)
                | (~Q(status="open") & Q(answered_at__isnull=False)),
                name="change_request_answered_when_over",
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(status="open"),
                name="one_open_change_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.kind} {self.status}"
