"""The outbox: a message is a row, written with the change that caused it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient


class Channel(models.TextChoices):
    EMAIL = "email", _("email")
    SMS = "sms", _("text message")


class Priority(models.IntegerChoices):
    """Lower leaves first."""

    URGENT = 0, _("urgent")  # a code somebody waits for, a change of today's visit, an offer
    NORMAL = 10, _("normal")
    BULK = 20, _("bulk")  # reminders, agendas: many at once, none in a hurry


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")  # the provider took it, no sooner
    DELIVERED = "delivered", _("delivered")  # the provider says that it arrived
    BOUNCED = "bounced", _("not delivered")
    COMPLAINED = "complained", _("called unwanted")
    FAILED = "failed", _("failed")
    VOID = "void", _("no longer true")


# The provider has it, whatever came of it there.
LEFT = [
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.BOUNCED,
    MessageStatus.COMPLAINED,
]
# Nothing more will be sent.
OVER = [*LEFT, MessageStatus.FAILED, MessageStatus.VOID]


class MessageQuerySet(models.QuerySet["Message"]):
    def overtaken_on_the_way(self) -> MessageQuerySet:
        """Taken back while the provider was being called: they left though no longer true."""
        return self.filter(status__in=LEFT, overtaken_at__lte=F("sent_at"))


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Names the cause and its version: "appointment:<id>:v2:moved". The same cause is told once.
    dedupe_key = models.CharField(max_length=200)
    template = models.CharField(_("message"), max_length=60)
    channel = models.CharField(
        _("by"), max_length=8, choices=Channel.choices, default=Channel.EMAIL
    )
    # An email address, or a phone number as E.164.
    recipient = models.CharField(_("to"), max_length=254)
    language = models.CharField(max_length=8, default="en")
    context = models.JSONField(default=dict)
    # What it speaks of ("appointment:<id>"): a change of that voids what has not left.
    about = models.CharField(max_length=80, blank=True)
    # Whose visit it speaks of; the reader may be a carer. Without a constraint: to check one for
    # each of fifty thousand reminders takes longer than to write down what they say.
    # `check_invariants` finds what points at nobody.
    patient = models.ForeignKey(
        Patient,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        db_constraint=False,
    )
    # The message that did not arrive and that this one is sent instead of, by another channel.
    stands_in_for = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="stand_ins",
        db_index=False,  # few messages do: see the indexes below
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    status = models.CharField(
        _("status"), max_length=10, choices=MessageStatus.choices, default=MessageStatus.QUEUED
    )
    created_at = models.DateTimeField(_("created"))
    send_after = models.DateTimeField(_("send after"))
    expires_at = models.DateTimeField(_("useless after"), null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    # The last look before the provider was called: from here on it may have left.
    begun_at = models.DateTimeField(null=True, blank=True)
    # Taken back when it had begun to leave: the call was not stopped, what follows corrects it.
    # After `sent_at`: it had left and was true then.
    overtaken_at = models.DateTimeField(_("overtaken"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # How many workers died over it: one that kills each of them must stop somewhere.
    losses = models.PositiveSmallIntegerField(_("lost with a worker"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # When the provider said what became of it.
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    provider = models.CharField(_("provider"), max_length=16, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=128, blank=True)
    # What a text message was made of, and what its parts cost by the settings' price.
    segments = models.PositiveSmallIntegerField(_("parts"), null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=9, decimal_places=5, null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            # One index for both: the key itself, and how keys begin (`outbox.fates`).
            models.UniqueConstraint(
                fields=["dedupe_key"], opclasses=["varchar_pattern_ops"], name="message_told_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=MessageStatus.values), name="message_status_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="message_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(status="sending", lease__isnull=False, leased_until__isnull=False)
                | (~Q(status="sending") & Q(lease__isnull=True, leased_until__isnull=True)),
                name="message_lease_when_sending",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LEFT, sent_at__isnull=False)
                | (~Q(status__in=LEFT) & Q(sent_at__isnull=True)),
                name="message_sent_at_when_left",
            ),
        ]
        # Each state of each message is written into all of these: no more than are asked for.
        indexes = [
            models.Index(
                fields=["channel", "priority", "send_after"],
                condition=Q(status="queued"),
                name="message_queued",
            ),
            # Those that a worker was lost with: few, and asked for before all others.
            models.Index(
                fields=["channel", "send_after"],
                condition=Q(status="queued", losses__gt=0),
                name="message_suspect",
            ),
            models.Index(
                fields=["leased_until"], condition=Q(status="sending"), name="message_sending"
            ),
            models.Index(fields=["about"], condition=~Q(about=""), name="message_about"),
            models.Index(
                fields=["stands_in_for"],
                condition=Q(stands_in_for__isnull=False),
                name="message_stands_in",
            ),
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="message_provider_id"
            ),
            models.Index(fields=["-created_at"], name="message_newest"),
            # How many texts a number got lately.
            models.Index(
                fields=["recipient", "created_at"],
                condition=Q(channel="sms"),
                name="message_texts_to",
            ),
            models.Index(
                fields=["-created_at"],
                condition=Q(status__in=["failed", "bounced", "complained"]),
                name="message_not_reached",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.status}"
