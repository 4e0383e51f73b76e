from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor
from documents.models.document import Document


class ShareQuerySet(models.QuerySet["Share"]):
    def current(self) -> ShareQuerySet:
        return self.filter(ended_at__isnull=True)


class Share(models.Model):
    """That a patient lets one doctor who does not treat them read one document.

    Rows are kept: `ended_at` withdraws it.
    """

    document = models.ForeignKey(Document, models.CASCADE, related_name="shares")
    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(_("since"))
    opened_by = models.UUIDField()
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    ended_by = models.UUIDField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "doctor"],
                condition=Q(ended_at__isnull=True),
                name="one_share_per_doctor",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_by__isnull=False),
                name="share_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} → {self.doctor_id}"
