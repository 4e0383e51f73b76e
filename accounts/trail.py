"""The audit trail, found by person, patient or record: each by an index, among millions of rows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db.models import F, Q, QuerySet, Value

from accounts.models import AuditEvent, Patient, User
from accounts.queries import audit_actions, patients_matching

# The trail of so many patients at once is shown; who finds more has written too little.
MOST_PATIENTS = 20
# Of one patient, the newest; the rest is found by narrowing the days.
MOST_ROWS = 5_000


def about(patients: Collection[uuid.UUID], events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Those of `events` that speak of these patients, alone or among others.

    Two questions, each to its own index: in one, PostgreSQL would rather walk all rows by time in
    the hope of coming by a few of these soon.
    """
    ids = direct_ids(patients, events) | listed_ids(patients, events)
    return events.filter(pk__in=ids)


def direct_ids(patients: Collection[uuid.UUID], events: QuerySet[AuditEvent]) -> set[int]:
    return _newest(events.filter(patient_id__in=list(patients)))


def listed_ids(patients: Iterable[uuid.UUID], events: QuerySet[AuditEvent]) -> set[int]:
    named = Q()
    for each in patients:
        named |= Q(data__patients__contains=[str(each)])
    return _newest(events.filter(named, data__has_key="patients")) if named else set()


def _newest(found: QuerySet[AuditEvent]) -> set[int]:
    # By a sum that no index has, or the primary key would be walked from its end.
    ordered = found.order_by((F("pk") + Value(0)).desc())
    return set(ordered.values_list("pk", flat=True)[:MOST_ROWS])


def searched(text: str, events: QuerySet[AuditEvent], *, by_name: bool) -> QuerySet[AuditEvent]:
    """By an id (of a person, patient or record), a person's email, the start of an action; and
    `by_name`, for whoever may see patients, by what finds a patient."""
    text = text.strip()
    if (id := as_id(text)) is not None:
        ids = {*direct_ids([id], events), *listed_ids([id], events)}
        ids |= _newest(events.filter(user_id=id)) | _newest(events.filter(subject_id=str(id)))
        return events.filter(pk__in=ids)
    if actions := audit_actions(starting_with=text):
        return events.filter(action__in=actions)
    if users := users_named(text):
        return events.filter(user_id__in=users)
    if by_name and (patients := patients_named(text)):
        return about(patients, events)
    return events.filter(subject_id=text)


def users_named(text: str) -> list[uuid.UUID]:
    """By the login's id or email. Whole, so that nobody is guessed."""
    if (id := as_id(text)) is not None:
        return [id]
    return list(User.objects.filter(email=text.strip().lower()).values_list("pk", flat=True))


def patients_named(text: str) -> list[uuid.UUID]:
    """By the record's id, or by what finds a patient elsewhere in the portal."""
    if (id := as_id(text)) is not None:
        return [id]
    return list(patients_matching(text).values_list("pk", flat=True)[:MOST_PATIENTS])


def names_of(rows: Iterable[AuditEvent], *, patients: bool) -> dict[uuid.UUID, str]:
    """Of whoever looked, and with `patients` of whose record it was, as far as they are there."""
    events = list(rows)
    users = {row.user_id for row in events if row.user_id}
    names = {
        pk: name or email
        for pk, name, email in User.objects.filter(pk__in=users)
        .filter(Q() if patients else Q(patient=None))
        .values_list("pk", "name", "email")
    }
    if patients:
        shown = {row.patient_id for row in events if row.patient_id}
        names |= dict(Patient.objects.filter(pk__in=shown).values_list("pk", "name"))
    return names


def as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
