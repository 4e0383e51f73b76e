"""The outbox: a message is a row, written with the change that caused it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")  # the provider took it, no sooner
    FAILED = "failed", _("failed")
    VOID = "void", _("no longer true")


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, *, now: dt.datetime) -> MessageQuerySet:
        """Queued and due, or taken by a worker whose lease has run out."""
        return self.filter(
            Q(status=MessageStatus.QUEUED, send_after__lte=now)
            | Q(status=MessageStatus.SENDING, leased_until__lte=now)
        )


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Names the cause and its version: "appointment:<id>:v2:moved". The same cause is told once.
    dedupe_key = models.CharField(max_length=200, unique=True)
    template = models.CharField(_("message"), max_length=60)
    recipient = models.EmailField(_("to"))
    language = models.CharField(max_length=8, default="en")
    context = models.JSONField(default=dict)
    # What it speaks of ("appointment:<id>"): a change of that voids what has not left.
    about = models.CharField(max_length=80, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=MessageStatus.choices, default=MessageStatus.QUEUED
    )
    created_at = models.DateTimeField(_("created"))
    send_after = models.DateTimeField(_("send after"))
    expires_at = models.DateTimeField(_("useless after"), null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=MessageStatus.values), name="message_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="sending", lease__isnull=False, leased_until__isnull=False)
                | (~Q(status="sending") & Q(lease__isnull=True, leased_until__isnull=True)),
                name="message_lease_when_sending",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="message_sent_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after"], condition=Q(status="queued"), name="message_queued"
            ),
            models.Index(
                fields=["leased_until"], condition=Q(status="sending"), name="message_sending"
            ),
            models.Index(
                fields=["about"],
                condition=Q(status__in=["queued", "sending"]),
                name="message_about",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.status}"
