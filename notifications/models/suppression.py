from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Channel, Message


class Suppression(models.Model):
    """An address nothing is sent to any more: it does not exist, or its owner said no.

    Rows are kept; `lifted_at` ends them.
    """

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("the address does not exist")
        COMPLAINT = "complaint", _("called unwanted by its owner")
        OPT_OUT = "opt_out", _("its owner opted out")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(_("by"), max_length=8, choices=Channel.choices)
    # In lower case, as it is looked for.
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    since = models.DateTimeField(_("since"))
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.CharField(_("lifted by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address"],
                condition=Q(lifted_at__isnull=True),
                name="suppressed_once",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by="")),
                name="suppression_lifted_by",
            ),
        ]
        indexes = [models.Index(fields=["-since"], name="suppression_newest")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"
