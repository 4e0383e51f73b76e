from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import Appointment
from documents.models import Document


class WantedDocument(models.Model):
    """A document that the patient is asked to send before a visit.

    Written when the visit is booked, for each that its kind of visit asks for, and when the clinic
    asks for another. What is asked for is the clinic's wording; what came is a document of the
    same patient.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="wanted_documents")
    what = models.CharField(_("what is asked for"), max_length=500)
    asked_at = models.DateTimeField(_("asked"))
    document = models.ForeignKey(
        Document, models.SET_NULL, null=True, blank=True, related_name="wanted_by"
    )
    # Brought on paper, or not needed after all: the clinic says so.
    waived_at = models.DateTimeField(_("no longer asked for"), null=True, blank=True)
    waived_by = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("wanted document")
        verbose_name_plural = _("wanted documents")
        constraints = [
            models.UniqueConstraint(fields=["appointment", "what"], name="wanted_once_a_visit"),
            models.CheckConstraint(
                condition=Q(waived_at__isnull=True, waived_by__isnull=True)
                | Q(waived_at__isnull=False, waived_by__isnull=False),
                name="wanted_waived_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id}"
