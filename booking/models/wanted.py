from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import AGREED, Appointment
from documents.models import Document, DocumentStatus


class Sent(models.TextChoices):
    """What has become of a document that is asked for."""

    MISSING = "missing", _("missing")
    CHECKING = "checking", _("being checked")
    REFUSED = "refused", _("not accepted")
    HERE = "here", _("here")


class WantedDocumentQuerySet(models.QuerySet["WantedDocument"]):
    def asked(self, *, now: dt.datetime) -> WantedDocumentQuerySet:
        """Those that a patient can still send: not waived, of a visit to come."""
        return self.filter(
            waived_at__isnull=True, appointment__status__in=AGREED, appointment__end__gt=now
        )


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

    objects = WantedDocumentQuerySet.as_manager()

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

    @property
    def sent(self) -> Sent:
        """By the document that came for it; one that was deleted is missing again."""
        document = self.document
        if document is None or document.deleted_at is not None:
            return Sent.MISSING
        match document.status:
            case DocumentStatus.READY:
                return Sent.HERE
            case DocumentStatus.REFUSED:
                return Sent.REFUSED
            case DocumentStatus.CHECKING:
                return Sent.CHECKING
        return Sent.MISSING  # a form was given out, and nothing has come of it
