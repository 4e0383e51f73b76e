from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.patient import Patient


class CareQuerySet(models.QuerySet["Care"]):
    def current(self) -> CareQuerySet:
        return self.filter(ended_at__isnull=True)


class Care(models.Model):
    """That somebody with a login looks after a patient: a parent, a guardian, a carer.

    It opens the patient's visits, and the documents to read and to add to. Over a document the
    carer decides (share, rename, delete) where the patient has no login, and else where the carer
    added it: `documents.queries.decides_over`. Rows are kept: `ended_at` ends them.
    """

    class Relation(models.TextChoices):
        PARENT = "parent", _("parent")
        GUARDIAN = "guardian", _("guardian")
        CARER = "carer", _("carer")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cares_for")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="cared_for_by")
    relation = models.CharField(
        _("relation"), max_length=10, choices=Relation.choices, default=Relation.PARENT
    )
    opened_at = models.DateTimeField(_("since"))
    opened_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = CareQuerySet.as_manager()

    class Meta:
        verbose_name = _("care")
        verbose_name_plural = _("care")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "patient"],
                condition=Q(ended_at__isnull=True),
                name="one_care_per_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.patient_id}"
