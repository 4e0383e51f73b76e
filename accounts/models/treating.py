from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.doctor import Doctor
from accounts.models.patient import Patient


class TreatingQuerySet(models.QuerySet["TreatingRelationship"]):
    def active(self, *, now: dt.datetime) -> TreatingQuerySet:
        return self.filter(ends_at__gt=now)


class TreatingRelationship(models.Model):
    """That a doctor treats a patient, and until when the doctor may read the patient's record.

    Opened by a booking; ends a set time after the last visit (TREATING_DAYS_AFTER_VISIT).
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="treating")
    doctor = models.ForeignKey(Doctor, models.CASCADE, related_name="treating")
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = TreatingQuerySet.as_manager()

    class Meta:
        verbose_name = _("treating relationship")
        verbose_name_plural = _("treating relationships")
        constraints = [
            models.UniqueConstraint(fields=["doctor", "patient"], name="one_treating_per_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.doctor_id} → {self.patient_id}"
