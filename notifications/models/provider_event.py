from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Message


class ProviderEvent(models.Model):
    """What a provider told us of a message; once, however often it says so and in what order."""

    # The provider's own id of the telling: a second one of the same changes nothing.
    event_id = models.CharField(max_length=128, unique=True)
    provider = models.CharField(_("provider"), max_length=16)
    kind = models.CharField(_("kind"), max_length=20)
    # Empty for what speaks of no message: a person's answer.
    provider_id = models.CharField(_("provider's id"), max_length=128, blank=True)
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="events"
    )
    at = models.DateTimeField(_("at"))  # by the provider's clock
    received_at = models.DateTimeField(_("received"))
    # Codes and types ("Permanent General 5.1.1"), never an address or a text.
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("provider's event")
        verbose_name_plural = _("providers' events")
        indexes = [
            models.Index(fields=["provider_id"], name="provider_event_of"),
            # Told before our own record of the message, or of none of ours.
            models.Index(
                fields=["received_at"],
                condition=models.Q(message__isnull=True),
                name="provider_event_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"
