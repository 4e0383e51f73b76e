from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Message


class Outcome(models.TextChoices):
    REFUSED = "refused", _("refused for good")
    TROUBLE = "trouble", _("failed, to be tried again")
    AWAY = "away", _("the provider was away")
    # The worker died in between: the provider may have taken it, and the next try be a second one.
    LOST = "lost", _("no answer recorded")


class Attempt(models.Model):
    """A try at sending a message that did not end with the provider taking it.

    The one that did is the message's own row: `begun_at`, `sent_at`, `provider_id`.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="tries")
    begun_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    provider = models.CharField(_("provider"), max_length=16, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values), name="attempt_outcome_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"
