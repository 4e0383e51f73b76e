"""Arguments that several commands take."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime

from accounts.models import Clinic, Patient, Role, User
from clinic.lib.actor import Actor


def clinic_named(text: str) -> Clinic:
    """The clinic with that id or name. Raises CommandError."""
    try:
        found = Clinic.objects.filter(pk=uuid.UUID(text))
    except ValueError:
        found = Clinic.objects.filter(name=text)
    clinics = list(found[:2])
    if len(clinics) != 1:
        how_many = "No clinic has" if not clinics else "More than one clinic has"
        raise CommandError(f"{how_many} the id or name “{text}”.")
    return clinics[0]


def current_clinic() -> Clinic:
    """The clinic whose pages these are. Raises CommandError before there is one."""
    try:
        return Clinic.objects.current()
    except Clinic.DoesNotExist:
        raise CommandError("There is no clinic yet: `manage.py setup_clinic` makes it.") from None


def moment(text: str, zone: dt.tzinfo) -> dt.datetime:
    """By the clock of `zone`, unless it says another. Raises CommandError."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"“{text}” is no moment: write 2026-12-01T08:00.")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def patient_with(text: str) -> Patient:
    """The patient with that id. Raises CommandError."""
    try:
        return Patient.objects.get(pk=uuid.UUID(text))
    except (ValueError, Patient.DoesNotExist):
        raise CommandError("No patient has this id.") from None


def clinics_person(email: str) -> Actor:
    """Who stands behind a command: staff or an operator, by the login's address. Raises
    CommandError."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None or not user.role_names & {Role.STAFF.value, Role.OPERATOR.value}:
        raise CommandError("--by: this is no login of staff or an operator.")
    return Actor.of_user(user)
