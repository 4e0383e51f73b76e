"""Reads about people that other apps ask for."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts.models import Clinic, Doctor, Patient, TreatingRelationship, User
from accounts.operations.audit_digest import LINK_DIGEST

CLINIC_SECONDS = 5.0

_clinic: tuple[float, Clinic] | None = None  # until when (monotonic clock), and which


def current_clinic() -> Clinic | None:
    """The clinic whose pages these are, or None before `setup_clinic`.

    Kept in the process for a few seconds: every page and message asks.
    """
    global _clinic
    if _clinic is not None and time.monotonic() < _clinic[0]:
        return _clinic[1]
    clinic = Clinic.objects.filter(is_current=True).first()
    _clinic = (time.monotonic() + CLINIC_SECONDS, clinic) if clinic else None
    return clinic


def forget_current_clinic() -> None:
    """For whoever changes it, and for tests, whose database is not what it was."""
    global _clinic
    _clinic = None


def patient_of(user: Any) -> Patient | None:
    """The patient who `user` (or an anonymous visitor) is."""
    if not user.is_authenticated:
        return None
    return Patient.objects.of_user(user.pk).first()


def treats(*, doctor: Doctor, patient_id: uuid.UUID | str, now: dt.datetime) -> bool:
    """Whether the doctor may read the patient's record now."""
    treating = TreatingRelationship.objects.active(now=now)
    return treating.filter(doctor=doctor, patient_id=patient_id).exists()


def has_verified_email(user: User) -> bool:
    return EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists()


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk).exists()


def verify_audit() -> list[str]:
    """Recompute every seal, and see that no row is in two. Returns a sentence for each fault.

    What a seal cannot show is that its newest successors were cut off: compare the newest digest
    with a copy kept elsewhere.
    """
    broken, previous = [], ""
    with connection.cursor() as cursor:
        cursor.execute(VERIFY)
        for seal, rows, linked, digest, found, recomputed in cursor.fetchall():
            if linked != previous:
                broken.append(f"Seal {seal} does not follow the one before it.")
            if found != rows:
                broken.append(f"Seal {seal} covers {rows} rows, but {found} are there.")
            elif recomputed != digest:
                broken.append(f"A row of seal {seal} was changed.")
            previous = digest
        cursor.execute(SEALED_TWICE)
        broken += [f"Row {row} of seal {seal} is in another too." for seal, row in cursor]
    return broken


VERIFY = f"""
SELECT s.id, s.rows, s.previous, s.digest, link.found, link.digest
FROM accounts_auditseal s
CROSS JOIN LATERAL (
    SELECT count(*) AS found, {LINK_DIGEST.format(previous="s.previous")} AS digest
    FROM jsonb_array_elements(s.event_ids) span
    JOIN accounts_auditevent e ON e.id BETWEEN (span->>0)::bigint AND (span->>1)::bigint
) link
ORDER BY s.id
"""  # noqa: S608 (joins two constants of ours)

SEALED_TWICE = """
SELECT seal, first
FROM (
    SELECT s.id AS seal, (span->>0)::bigint AS first,
           max((span->>1)::bigint) OVER (
               ORDER BY (span->>0)::bigint, s.id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS before
    FROM accounts_auditseal s, jsonb_array_elements(s.event_ids) span
) spans
WHERE first <= before
ORDER BY first
"""
