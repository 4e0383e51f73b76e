"""Patients whom the clinic writes down itself: a caller, somebody at the desk."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import Patient
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor


def register_patient(
    *,
    name: str,
    date_of_birth: dt.date | None = None,
    phone: str = "",
    email: str = "",
    language: str = "en",
    by: Actor,
    now: dt.datetime,
) -> Patient:
    """A new patient without a login, who may claim the record later (see `claim_patient`).

    Nobody is looked for here: `queries.likely_duplicates` is asked before.
    """
    with transaction.atomic():
        patient = Patient.objects.create(
            name=" ".join(name.split()),
            date_of_birth=date_of_birth,
            phone=phone,
            email=email.strip().lower(),
            language=language,
        )
        record_audit(action="patient.created", subject=patient, by=by, now=now)
    return patient
