"""Removing a person: the bytes of documents first, then every row, in one transaction.

What stands is without a name: the trail (ids and codes), visits that took a doctor's time, and that
somebody broke the glass. Each step can be the last one before a power cut: the same call again goes
on where it ended.
"""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count

from accounts.models import Patient, User
from accounts.operations import end_sessions, forget_sessions, record_audit
from booking.keeping.person import Person, person_of
from booking.keeping.register import Fate, Table
from booking.keeping.tables import TABLES
from booking.models import Appointment, FreedTime, Offer, Status, WaitlistEntry
from clinic.lib.actor import Actor
from documents import operations as documents
from documents.models import Document
from notifications.operations import forgetting

# Visits that are still to come or to be closed.
OPEN = [Status.HELD, Status.PENDING, Status.BOOKED, Status.CHECKED_IN]
SHOWN = 20


class CannotBeErased(Exception):
    """What stands in the way, as sentences without names; nothing was done."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class ErasedAlready(Exception):
    """There is nothing left of this person; `at` is when that was done."""

    def __init__(self, at: dt.datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


class Interrupted(Exception):
    """The store did not answer: some documents are gone, no row is yet. To be repeated."""

    def __init__(self, reason: str, documents: int) -> None:
        super().__init__(reason)
        self.reason, self.documents = reason, documents


@dataclass
class Erased:
    """What is gone, what stands and why; of a dry run what would be."""

    patient: str
    dry_run: bool = False
    documents: int = 0
    versions: int = 0  # of objects in the store
    sessions: int = 0
    mails: int = 0  # copies in this machine's mailbox
    gone: dict[str, int] = field(default_factory=dict)
    stands: dict[str, dict[str, Any]] = field(default_factory=dict)
    login_stays: str = ""


class _Undo(Exception):
    """Takes a dry run back."""


def why_not_erase(patient: Patient, *, now: dt.datetime) -> list[str]:
    """What must be settled first, in sentences with ids and no names; empty when nothing."""
    reasons = []
    held = Document.objects.filter(patient=patient, held_at__isnull=False)
    for pk, since in held.order_by("held_at").values_list("pk", "held_at")[:SHOWN]:
        reasons.append(f"Document {pk} is on legal hold since {since:%Y-%m-%d}.")
    visits = Appointment.objects.filter(patient=patient, status__in=OPEN).order_by("start")
    for pk, status, start in visits.values_list("pk", "status", "start")[:SHOWN]:
        reasons.append(
            f"Visit {pk} on {start:%Y-%m-%d} is {status}: cancel or close it first."
            if status != Status.HELD
            else f"A time is held (visit {pk}): release it, or wait until the hold ends."
        )
    if WaitlistEntry.objects.filter(patient=patient, status=WaitlistEntry.Status.OFFERED).exists():
        reasons.append("The waiting list has offered a time: wait for the answer, or its end.")
    checked = Document.objects.filter(patient=patient, leased_until__gt=now)
    for pk in checked.values_list("pk", flat=True)[:SHOWN]:
        reasons.append(f"Document {pk} is being checked at this moment: try again in minutes.")
    return reasons


def erase(*, patient_id: uuid.UUID, by: Actor, now: dt.datetime, dry_run: bool = False) -> Erased:
    """Remove all that is kept of a patient but what must stand; `dry_run` only counts it.

    Raises Patient.DoesNotExist, ErasedAlready, CannotBeErased, and Interrupted.
    """
    patient = Patient.objects.select_related("user").get(pk=patient_id)
    if patient.erased_at is not None:
        raise ErasedAlready(patient.erased_at)
    if reasons := why_not_erase(patient, now=now):
        raise CannotBeErased(reasons)
    person = person_of(patient)
    done = Erased(patient=str(patient_id), dry_run=dry_run, login_stays=person.login_stays)
    if dry_run:
        with suppress(_Undo), transaction.atomic():
            _remove_rows(patient_id, done, by=by, now=now)
            raise _Undo
        done.documents = done.gone.get(Document._meta.label_lower, 0)
        return done
    _shut_out(person, by=by, now=now)
    _remove_documents(patient, done, by=by, now=now)
    # Before the rows by which they are found.
    done.sessions = forget_sessions(person.login) if person.login else 0
    done.mails = forgetting.forget_mailbox(person.addresses)
    with transaction.atomic():
        _remove_rows(patient_id, done, by=by, now=now)
    return done


def _shut_out(person: Person, *, by: Actor, now: dt.datetime) -> None:
    """Nobody adds anything under this login while its rows go."""
    if person.login is None:
        return
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=person.login)
        if user.is_active:
            user.is_active = False
            user.save(update_fields=["is_active"])
            end_sessions(user=user, by=by, now=now)


def _remove_documents(patient: Patient, done: Erased, *, by: Actor, now: dt.datetime) -> None:
    for pk in list(Document.objects.filter(patient=patient).values_list("pk", flat=True)):
        try:
            versions = documents.purge(document_id=pk, cause="erased", by=by, now=now)
        except (documents.OnHold, documents.BeingChecked) as error:
            raise CannotBeErased([f"Document {pk}: {error}"]) from error
        except documents.StorageTrouble as error:
            raise Interrupted(error.reason, done.documents) from error
        done.documents += 1
        done.versions += versions


def _remove_rows(patient_id: uuid.UUID, done: Erased, *, by: Actor, now: dt.datetime) -> None:
    """In one transaction; locks wishes before the patient, as whoever offers them a time does."""
    wishes = WaitlistEntry.objects.filter(patient=patient_id).order_by("pk")
    list(wishes.select_for_update(no_key=True).values_list("pk", flat=True))
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)
    if patient.erased_at is not None:
        raise ErasedAlready(patient.erased_at)
    _insist_that_nothing_came_between(patient, done, now=now)
    person = person_of(patient)
    if forgetting.leaving_for(person.addresses, person.ids):
        raise CannotBeErased(["A message is leaving at this moment: try again in a minute."])
    forgetting.take_back_from(person.addresses, now=now)
    freed = set(Offer.objects.filter(entry__patient=patient).values_list("freed_id", flat=True))
    # Each set is found while all that it is found by is still there.
    for table, keys in [(table, _keys(table, person)) for table in TABLES]:
        _apply(table, keys, done)
    _count_offers_again(freed)
    Patient.objects.filter(pk=patient_id).update(erased_at=now, reminders_stopped_at=now)
    gone = {label: count for label, count in done.gone.items() if count}
    record_audit(action="patient.erased", subject=patient, by=by, now=now, data={"gone": gone})


def _insist_that_nothing_came_between(patient: Patient, done: Erased, *, now: dt.datetime) -> None:
    reasons = why_not_erase(patient, now=now)
    if not done.dry_run and Document.objects.filter(patient=patient).exists():
        reasons.append("A document was added in the meantime: run this again.")
    if reasons:
        raise CannotBeErased(reasons)


def _keys(table: Table, person: Person) -> list[Any]:
    return list(table.rows(person).values_list("pk", flat=True))


def _apply(table: Table, keys: list[Any], done: Erased) -> None:
    """Counts what was found, also of rows that went with another table's."""
    rows = table.model._base_manager.filter(pk__in=keys)
    if table.fate == Fate.DELETED:
        done.gone[table.label] = done.gone.get(table.label, 0) + len(keys)
        rows.delete()
        return
    if table.fate == Fate.EMPTIED:
        rows.update(**table.empties)
    if keys:
        done.stands[f"{table.label} ({table.fate})"] = {"rows": len(keys), "why": table.why}


def _count_offers_again(freed: set[int]) -> None:
    """A freed time counts its offers, and those of this person are gone."""
    for each in FreedTime.objects.filter(pk__in=freed).annotate(left=Count("offers")):
        FreedTime.objects.filter(pk=each.pk).update(offers_made=each.left)
