from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models.doctor import Doctor
from accounts.models.patient import Patient
from accounts.models.user import Role


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    def active(self, *, now: dt.datetime) -> EmergencyAccessQuerySet:
        """Those that open a record at this moment: none of a doctor who is no longer one here, nor
        of a login that has become another's."""
        return self.filter(
            opened_at__lte=now,
            ends_at__gt=now,
            doctor__active=True,
            doctor__user=F("user_id"),
            doctor__user__is_active=True,
            doctor__user__groups__name=Role.DOCTOR,
        )


class EmergencyAccess(models.Model):
    """Breaking the glass: a doctor who does not treat a patient reads the record all the same, for
    a reason and for an hour, and the operators are told.

    Rows are kept, also when the patient is erased: that it happened stands, and whose record it
    was is known by an id alone. The reason is for the operators, not for logs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, models.DO_NOTHING, db_constraint=False, related_name="emergency_accesses"
    )
    doctor = models.ForeignKey(Doctor, models.PROTECT, related_name="emergency_accesses")
    user_id = models.UUIDField()
    reason = models.CharField(_("reason"), max_length=300)
    opened_at = models.DateTimeField(_("since"))
    ends_at = models.DateTimeField(_("until"))
    # When an operator looked into it, and who.
    reviewed_at = models.DateTimeField(_("looked into"), null=True, blank=True)
    reviewed_by = models.UUIDField(null=True, blank=True)

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("opened_at")), name="emergency_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_for_a_reason"),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="emergency_reviewed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["doctor", "patient", "-ends_at"], name="emergency_of_doctor"),
            models.Index(fields=["-opened_at"], name="emergency_newest"),
        ]

    def __str__(self) -> str:
        """Who and when; never whose record it was."""
        opened = timezone.localtime(self.opened_at)
        return f"{self.doctor}, {date_format(opened, 'SHORT_DATETIME_FORMAT')}"
