"""The record of who did what. INSERT only: a trigger refuses everything else (migration 0002).

No foreign keys, so that a patient can be erased while the record of access stands.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"))
    action = models.CharField(_("action"), max_length=60)  # "appointment.booked"
    actor = models.CharField(_("who"), max_length=60)  # "user", "guest" or "system:<part>"
    user_id = models.UUIDField(_("user"), null=True)
    subject_type = models.CharField(_("kind of record"), max_length=40)
    subject_id = models.CharField(_("record"), max_length=64)
    patient_id = models.UUIDField(_("patient"), null=True)
    address = models.CharField(_("from"), max_length=45, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    # Ids and codes, never free text. A list that was read is one row without a patient of its own:
    # `patients` holds the ids of all whose data it showed.
    data = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["patient_id", "-at"], name="audit_patient"),
            models.Index(fields=["user_id", "-at"], name="audit_user"),
            models.Index(fields=["subject_id", "-at"], name="audit_subject"),
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            # Rows that speak of several patients at once: lists, exports.
            GinIndex(
                OpClass(KeyTransform("patients", "data"), name="jsonb_path_ops"),
                condition=Q(data__has_key="patients"),
                name="audit_listed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type}:{self.subject_id}"


class AuditSeal(models.Model):
    """A link of the hash chain over the audit trail: any later change to a row breaks it."""

    id = models.BigAutoField(primary_key=True)
    sealed_at = models.DateTimeField()
    event_ids = models.JSONField()  # [[first, last], ...]: ids of the rows in this link, ascending
    # Their ends, for finding links by rows. Computed by the database, so that they stay true.
    first_id = models.GeneratedField(
        expression=Cast(models.F("event_ids__0__0"), models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    last_id = models.GeneratedField(
        expression=Cast(models.F("event_ids__-1__1"), models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    rows = models.PositiveIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        indexes = [models.Index(fields=["last_id"], name="audit_seal_last")]

    def __str__(self) -> str:
        return self.digest
