from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from clinic.lib.phones import validate_e164
from clinic.lib.times import validate_time_zone


class PatientQuerySet(models.QuerySet["Patient"]):
    def of_user(self, user_id: object) -> PatientQuerySet:
        """None, who is nobody signed in, is not everybody without a login."""
        return self.filter(user_id=user_id) if user_id is not None else self.none()

    def present(self) -> PatientQuerySet:
        """All but those who were erased: nothing is booked for them and nobody looks for them."""
        return self.filter(erased_at__isnull=True)

    def looked_after_by(self, user_id: Any) -> PatientQuerySet:
        """The patient who this user is, and those whose visits the user looks after."""
        if user_id is None:  # would be read as "has no carer", and find nearly everybody
            return self.none()
        own = Patient.objects.filter(user_id=user_id).values("pk")
        in_care = Patient.objects.filter(
            cared_for_by__user_id=user_id, cared_for_by__ended_at__isnull=True
        ).values("pk")
        # Not one condition with OR: that would read every patient there is.
        return self.filter(pk__in=own.union(in_care))


class ContactBy(models.TextChoices):
    EMAIL = "email", _("email")
    SMS = "sms", _("text message")


class Patient(models.Model):
    """A person who is treated. May have no login: booked by phone, and claimed later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="patient"
    )
    name = models.CharField(_("full name"), max_length=150)
    date_of_birth = models.DateField(_("date of birth"), null=True, blank=True)
    phone = models.CharField(
        _("phone"), max_length=16, blank=True, validators=[validate_e164], help_text="+15550123456"
    )
    email = models.EmailField(
        _("email"),
        blank=True,
        help_text=_("Where messages go; the login's address if there is one."),
    )
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default="en"
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Empty: the clinic's."),
    )
    contact_by = models.CharField(
        _("messages come by"), max_length=8, choices=ContactBy.choices, default=ContactBy.EMAIL
    )
    # Nobody is texted who has not agreed to it.
    texts_agreed_at = models.DateTimeField(_("agreed to text messages"), null=True, blank=True)
    # Reminders only: changes of a visit are always told.
    reminders_stopped_at = models.DateTimeField(_("stopped reminders"), null=True, blank=True)
    # A request from the public form: nobody has shown yet that the address is theirs.
    is_guest = models.BooleanField(_("guest"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Everything about this person was removed; the row stands nameless for the visits it had.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_guest=False) | models.Q(user__isnull=True),
                name="guest_has_no_login",
            )
        ]
        indexes = [
            models.Index(fields=["email"], name="patient_email"),
            models.Index(fields=["name"], name="patient_name"),
            models.Index(fields=["phone"], name="patient_phone"),
            models.Index(fields=["date_of_birth"], name="patient_born"),
            # The few among the many, in the order of the list.
            models.Index(
                fields=["name", "id"], condition=models.Q(is_guest=True), name="patient_guests"
            ),
            # "contains", whatever the case, as Django asks it; and names that are alike.
            GinIndex(
                OpClass(Upper("name"), "gin_trgm_ops"),
                OpClass(Upper("email"), "gin_trgm_ops"),
                OpClass(Upper("phone"), "gin_trgm_ops"),
                name="patient_trigrams",
            ),
        ]

    def clean(self) -> None:
        """What the portal may write down: nobody is texted without a number and an agreement."""
        agreed = self.phone and self.texts_agreed_at
        if self.contact_by == ContactBy.SMS and not agreed:
            message = _("Text messages need a phone number, and when the patient agreed to them.")
            raise ValidationError({"contact_by": message})

    def __str__(self) -> str:
        return self.name
