"""Reads about people that other apps ask for."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, models
from django.db.models.functions import Upper

from accounts.looks import Look, looks_at
from accounts.models import AuditEvent, Care, Clinic, Doctor, Patient, TreatingRelationship, User
from accounts.operations.audit_digest import LINK_DIGEST
from clinic.lib.dates import dates_in

__all__ = ["Look", "looks_at"]  # beside what stands here

CLINIC_SECONDS = 5.0
# Less than this finds half of all patients.
SHORTEST_SEARCH = 2
SHORTEST_NUMBER = 4

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


def patient_now(patient_id: uuid.UUID) -> Patient | None:
    """Whom an id from some time ago means today: of two records that became one, the one kept.

    None when there is no such patient (any more).
    """
    seen: set[uuid.UUID] = set()
    while patient_id not in seen:
        seen.add(patient_id)
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is not None:
            return patient
        merged = AuditEvent.objects.filter(patient_id=patient_id, action="patient.merged")
        kept = merged.order_by("-at").values_list("data__kept", flat=True).first()
        if kept is None:
            return None
        patient_id = uuid.UUID(kept)
    return None


def people_of(user: Any) -> list[Patient]:
    """Whom this person may book for: first the patient who `user` is, then those in care."""
    if not user.is_authenticated:
        return []
    found = Patient.objects.looked_after_by(user.pk)
    return sorted(found, key=lambda each: (each.user_id != user.pk, each.name, str(each.pk)))


def carers_of(patient: Patient) -> list[User]:
    """Who looks after the patient's visits at present, the first one first."""
    cares = Care.objects.current().filter(patient=patient, user__is_active=True)
    return [care.user for care in cares.select_related("user").order_by("opened_at", "pk")]


def treats(*, doctor: Doctor, patient_id: uuid.UUID | str, now: dt.datetime) -> bool:
    """Whether the doctor may read the patient's record now."""
    treating = TreatingRelationship.objects.active(now=now)
    return treating.filter(doctor=doctor, patient_id=patient_id).exists()


def doctors_who_treat(*, patient_id: uuid.UUID, now: dt.datetime) -> models.QuerySet[Doctor]:
    """The doctors for whom `treats` says yes."""
    treating = TreatingRelationship.objects.active(now=now).filter(patient_id=patient_id)
    return Doctor.objects.filter(pk__in=treating.values("doctor"))


def has_verified_email(user: User) -> bool:
    return EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists()


def audit_actions(*, starting_with: str) -> list[str]:
    """The kinds of action that the trail has, by jumping from one to the next in their index: there
    are a hundred among millions of rows."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIONS)
        return [action for (action,) in cursor if action and action.startswith(starting_with)]


ACTIONS = """
    WITH RECURSIVE known AS (
        SELECT min(action) AS action FROM accounts_auditevent
        UNION ALL
        SELECT (SELECT min(e.action) FROM accounts_auditevent e WHERE e.action > known.action)
        FROM known WHERE known.action IS NOT NULL
    )
    SELECT action FROM known
"""


def verify_audit() -> list[str]:
    """Recompute every seal, and see that no row is in two. Returns a sentence for each fault.

    What seals cannot show is that the newest were cut off, or all computed anew by the database's
    owner: accounts.verifying compares them with what is kept outside.
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


def find_patients(text: str, *, limit: int = 8) -> list[Patient]:
    """Patients by what somebody says of himself: name, date of birth, phone or email.

    A name is found by any of its words, in any order; when none has them, by names that are alike.
    Guests are left out: nobody has shown whose their records are.
    """
    text = " ".join(text.replace("\0", "").split())[:150]
    if len(text) < SHORTEST_SEARCH:
        return []
    known = Patient.objects.present().filter(is_guest=False).order_by("name", "id")
    if days := dates_in(text):
        return list(known.filter(date_of_birth__in=days)[:limit])
    if "@" in text:
        return list(known.filter(email__icontains=text)[:limit])
    if digits := _digits(text):
        return list(known.filter(phone__icontains=digits)[:limit])
    named = known
    for word in text.split():
        named = named.filter(name__icontains=word)
    return list(named[:limit]) or _named_alike(text, limit=limit)


def patients_matching(text: str) -> models.QuerySet[Patient]:
    """Every patient, guests too, whom a search of the portal's lists means: by date of birth, part
    of an email or phone, or all words of the name. Each is answered from an index, and no more is
    asked than what was written can mean."""
    text = " ".join(text.replace("\0", "").split())[:150]
    present = Patient.objects.present()
    if days := dates_in(text):
        return present.filter(date_of_birth__in=days)
    if "@" in text:
        return present.filter(email__icontains=text)
    if digits := _digits(text):
        return present.filter(phone__icontains=digits)
    named = present
    for word in text.split():
        is_address = re.search(r"[.\d_]", word)
        named = named.filter(
            models.Q(name__icontains=word) | models.Q(email__icontains=word)
            if is_address
            else models.Q(name__icontains=word)
        )
    return named


def likely_duplicates(
    *, name: str, date_of_birth: dt.date | None, phone: str = "", email: str = "", limit: int = 5
) -> list[Patient]:
    """Whom a new patient may be already: the same phone or email, or a name that is alike with the
    same date of birth or with none on one side."""
    same = models.Q()
    if phone:
        same |= models.Q(phone=phone)
    if email:
        same |= models.Q(email__iexact=email)
    known = Patient.objects.present().filter(is_guest=False)
    found = {patient.pk: patient for patient in (known.filter(same)[:limit] if same else [])}
    for patient in _named_alike(name, limit=4 * limit):
        born = {patient.date_of_birth, date_of_birth} - {None}
        if len(born) <= 1:
            found.setdefault(patient.pk, patient)
    return list(found.values())[:limit]


def likely_pairs(*, limit: int = 50) -> list[tuple[Patient, Patient]]:
    """Records that may be of one person: alike in name, and the same phone, email or date of birth.

    Families share phones and addresses, so a birthday that differs speaks against it.
    """
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, {"alike": ALIKE, "limit": limit})
        ids = cursor.fetchall()
    known = Patient.objects.in_bulk({pk for pair in ids for pk in pair})
    return [(known[one], known[other]) for one, other in ids]


# Of names that are alike: less, and every Maria is another's.
ALIKE = 0.45

# A union of joins, each by an equality that has an index: an OR would compare all with all.
PAIRS = """
    SELECT one, other FROM (
        SELECT a.id AS one, b.id AS other, a.name, b.name AS also
        FROM accounts_patient a JOIN accounts_patient b
            ON b.date_of_birth = a.date_of_birth AND b.id > a.id
        WHERE left(upper(a.name), 1) = left(upper(b.name), 1)
           OR a.phone = b.phone AND a.phone <> '' OR a.email = b.email AND a.email <> ''
        UNION
        SELECT a.id, b.id, a.name, b.name
        FROM accounts_patient a JOIN accounts_patient b
            ON b.phone = a.phone AND a.phone <> '' AND b.id > a.id
        WHERE a.date_of_birth IS NULL OR b.date_of_birth IS NULL
        UNION
        SELECT a.id, b.id, a.name, b.name
        FROM accounts_patient a JOIN accounts_patient b
            ON b.email = a.email AND a.email <> '' AND b.id > a.id
        WHERE a.date_of_birth IS NULL OR b.date_of_birth IS NULL
    ) pair
    WHERE similarity(upper(name), upper(also)) >= %(alike)s
    ORDER BY similarity(upper(name), upper(also)) DESC, one, other
    LIMIT %(limit)s
"""


def _named_alike(name: str, *, limit: int) -> list[Patient]:
    """Most alike first (pg_trgm's similarity, of which 0.3 is counted as alike)."""
    wanted = name.upper()
    alike = (
        Patient.objects.present()
        .filter(is_guest=False)
        .annotate(upper_name=Upper("name"))
        .filter(upper_name__trigram_similar=wanted)
        .annotate(likeness=TrigramSimilarity("upper_name", wanted))
    )
    return list(alike.order_by("-likeness", "name", "id")[:limit])


def _digits(text: str) -> str:
    """What of a phone number is the same in every way of writing it; "" when it is no number."""
    if not re.fullmatch(r"[\d\s()+./-]+", text):
        return ""
    digits = re.sub(r"\D", "", text)
    return digits.lstrip("0") if len(digits) >= SHORTEST_NUMBER else ""
