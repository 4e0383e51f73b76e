"""One person written down twice becomes one record again: across all apps, and so here."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Care, EmergencyAccess, Patient, Role, TreatingRelationship
from accounts.operations import open_treating, record_audit
from booking.models import Appointment, Status, WaitlistEntry
from booking.operations import offering, steps
from booking.operations.errors import BookingError, Busy
from booking.wording import when_text
from clinic.lib.actor import Actor
from documents.models import Document
from notifications.models import Message

# What staff may take from either record. The rest stays as it is in the one that is kept.
CHOOSABLE = ("name", "date_of_birth", "phone", "email", "language")
# Visits that mean treatment; see `writing.treat`.
TREATED = [Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED]
OPEN = [WaitlistEntry.Status.WAITING, WaitlistEntry.Status.OFFERED]
OVERLAPS_SHOWN = 10


class MergeRefused(BookingError):
    """These two cannot become one; `reasons` are sentences, each something to settle first."""

    code = "merge-refused"
    sentence = gettext_lazy("These two records cannot be put together yet.")

    def __init__(self, reasons: list[str]) -> None:
        super().__init__()
        self.reasons = reasons


class NoLongerThere(BookingError):
    code = "no-longer-there"
    sentence = gettext_lazy("One of the two records is no longer there. Look for them again.")


class NotMoved(AssertionError):
    """Something still points at the duplicate: a table that this operation does not know."""


def why_not_merge(keep: Patient, duplicate: Patient) -> list[str]:
    """What stands in the way of making them one, in sentences; empty when nothing does."""
    reasons = []
    if keep.pk == duplicate.pk:
        reasons.append(_("These are one and the same record."))
    if keep.erased_at is not None or duplicate.erased_at is not None:
        reasons.append(_("One of them was erased: nothing is written to that record any more."))
    if keep.user_id and duplicate.user_id:
        reasons.append(
            _("Both sign in. One of the two logins must be ended first, by an operator.")
        )
    offered = WaitlistEntry.objects.filter(
        patient__in=[keep.pk, duplicate.pk], status=WaitlistEntry.Status.OFFERED
    ).values_list("visit_type", flat=True)
    if len(set(offered)) < len(offered):
        reasons.append(_("Both have an offer of the waiting list that is not answered yet."))
    return reasons + _overlaps(keep, duplicate)


def merge_patients(
    *,
    keep: Patient,
    duplicate: Patient,
    values: Mapping[str, Any] | None = None,
    by: Actor,
    now: dt.datetime,
) -> Patient:
    """Give `keep` all that hangs on `duplicate`, and delete that; returns the one that is left.

    `values` are those of CHOOSABLE that `keep` shall have from now on. A login goes with its
    record, and its address with it. The audit trail stays as it was written; a row for each of the
    two ids says that they are one. Raises MergeRefused with the list of what must be settled first,
    NoLongerThere when somebody else was quicker, and Busy.
    """
    ids = sorted([keep.pk, duplicate.pk])
    try:
        with steps.short_transaction():
            _lock_wishes(ids)
            rows = Patient.objects.select_for_update().order_by("pk").in_bulk(ids)
            if len(rows) < len(set(ids)):
                raise NoLongerThere
            keep, duplicate = rows[keep.pk], rows[duplicate.pk]
            if reasons := why_not_merge(keep, duplicate):
                raise MergeRefused(reasons)
            was_guest = {each.pk for each in (keep, duplicate) if each.is_guest}
            moved = _move(keep, duplicate, by=by, now=now)
            _insist_that_nothing_is_left(duplicate)
            merged_id = duplicate.pk
            changed = _become_one(keep, duplicate, values or {})
            if was_guest and not keep.is_guest:
                _treat(keep, by=by, now=now)
            data = {"kept": str(keep.pk), "merged": str(merged_id), "fields": changed, **moved}
            for subject in (keep, Patient(pk=merged_id)):
                record_audit(action="patient.merged", subject=subject, by=by, now=now, data=data)
    except IntegrityError as error:  # written to the duplicate at this very moment
        raise Busy from error
    return keep


def _lock_wishes(ids: list[uuid.UUID]) -> None:
    """Before the patients, as whoever offers them a time does."""
    wishes = WaitlistEntry.objects.filter(patient__in=ids, status__in=OPEN)
    list(wishes.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _overlaps(keep: Patient, duplicate: Patient) -> list[str]:
    """Live visits that one person could not both have come to."""
    mine = list(_live(keep))
    both = []
    for other in _live(duplicate):
        for visit in mine:
            if visit.start < other.end and other.start < visit.end:
                zone = visit.clinic.zone
                both.append(
                    _("Both have a visit at the same time: %(one)s and %(other)s.")
                    % {
                        "one": f"{when_text(visit.start, zone, year=True)} ({visit.doctor})",
                        "other": f"{when_text(other.start, zone, year=True)} ({other.doctor})",
                    }
                )
    return both[:OVERLAPS_SHOWN]


def _live(patient: Patient) -> Any:
    live = Appointment.objects.live().filter(patient=patient)
    return live.select_related("clinic", "doctor").order_by("start", "pk")


def _move(keep: Patient, duplicate: Patient, *, by: Actor, now: dt.datetime) -> dict[str, int]:
    visits = Appointment.objects.filter(patient=duplicate)
    list(visits.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    moved = {"visits": visits.update(patient=keep)}
    moved["wishes"] = _move_wishes(keep, duplicate, by=by, now=now)
    _move_treating(keep, duplicate)
    _move_care(keep, duplicate, now=now)
    moved["documents"] = Document.objects.filter(patient=duplicate).update(patient=keep)
    # Under the id that the trail knows: what was opened for one is open for both, and told.
    EmergencyAccess.objects.filter(patient=duplicate).update(patient=keep)
    # What was written, or is about to leave, is of the one person from now on.
    Message.objects.filter(patient=duplicate).update(patient=keep)
    return moved


def _move_wishes(keep: Patient, duplicate: Patient, *, by: Actor, now: dt.datetime) -> int:
    """Of two wishes for one visit type the one with an offer stays, or else the older one."""
    both = WaitlistEntry.objects.filter(patient__in=[keep.pk, duplicate.pk], status__in=OPEN)
    first: dict[uuid.UUID, WaitlistEntry] = {}
    entries = list(both.order_by("pk").select_for_update(no_key=True))
    entries.sort(key=lambda each: (each.status != WaitlistEntry.Status.OFFERED, each.created_at))
    for entry in entries:
        kept = first.setdefault(entry.visit_type_id, entry)
        if kept is not entry:
            WaitlistEntry.objects.filter(pk=entry.pk).update(
                status=WaitlistEntry.Status.LEFT, ended_at=now
            )
            offering.note("waitlist.left", entry, by=by, now=now)
            since = min(kept.created_at, entry.created_at)
            WaitlistEntry.objects.filter(pk=kept.pk).update(created_at=since)
    return WaitlistEntry.objects.filter(patient=duplicate).update(patient=keep)


def _move_treating(keep: Patient, duplicate: Patient) -> None:
    """Where both are treated by one doctor, from the first opening to the last end."""
    known = {each.doctor_id: each for each in TreatingRelationship.objects.filter(patient=keep)}
    for each in TreatingRelationship.objects.filter(patient=duplicate):
        mine = known.get(each.doctor_id)
        if mine is None:
            each.patient = keep
            each.save(update_fields=["patient"])
            continue
        mine.opened_at = min(mine.opened_at, each.opened_at)
        mine.ends_at = max(mine.ends_at, each.ends_at)
        mine.save(update_fields=["opened_at", "ends_at"])
        each.delete()


def _move_care(keep: Patient, duplicate: Patient, *, now: dt.datetime) -> None:
    """Nobody looks after one person twice, nor after himself."""
    users = [user for user in (keep.user_id, duplicate.user_id) if user]
    carers = Care.objects.current().filter(patient=keep).values("user")
    twice = Q(patient=duplicate, user__in=carers)
    own = Q(patient__in=[keep.pk, duplicate.pk], user__in=users)
    Care.objects.current().filter(twice | own).update(ended_at=now)
    Care.objects.filter(patient=duplicate).update(patient=keep)


def _insist_that_nothing_is_left(duplicate: Patient) -> None:
    """Also of tables that were added since, whose rows would be deleted with the record."""
    for relation in Patient._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: duplicate})
        if rows.exists():
            raise NotMoved(relation.related_model._meta.label)


def _become_one(keep: Patient, duplicate: Patient, values: Mapping[str, Any]) -> list[str]:
    """Write the chosen values, and the duplicate's login if it had one; returns what changed."""
    chosen = {name: value for name, value in values.items() if name in CHOOSABLE}
    user = duplicate.user or keep.user
    if user is not None:
        chosen["email"] = user.email  # where a code has proved it
    changed = sorted(name for name, value in chosen.items() if getattr(keep, name) != value)
    if duplicate.user is not None:
        changed.append("user")
    keep.is_guest = keep.is_guest and duplicate.is_guest
    # Who asked for silence under either name is not written to under the other.
    keep.reminders_stopped_at = keep.reminders_stopped_at or duplicate.reminders_stopped_at
    duplicate.delete()
    keep.user = user
    for name, value in chosen.items():
        setattr(keep, name, value)
    keep.save()
    if user is not None:
        user.add_role(Role.PATIENT)
    return changed


def _treat(keep: Patient, *, by: Actor, now: dt.datetime) -> None:
    """A guest's visits opened nothing; now it is known whose they are."""
    visits = Appointment.objects.filter(patient=keep, status__in=TREATED).select_related("doctor")
    for visit in visits.order_by("start"):
        open_treating(patient=keep, doctor=visit.doctor, visit_end=visit.end, by=by, now=now)
