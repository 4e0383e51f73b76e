"""Who may read which document, and why. Every way to a file asks here."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Q

from accounts.models import Care, Doctor, EmergencyAccess, Patient, User
from accounts.queries import treats
from documents.models import Document, DocumentStatus, Share
from documents.models.document import DocumentQuerySet

# What the patient sees in the list; a form that was given out and never used is no document.
OWN_LIST = [DocumentStatus.CHECKING, DocumentStatus.READY, DocumentStatus.REFUSED]
# What the clinic's people see: nothing that was refused is of use to them.
CLINIC_LIST = [DocumentStatus.CHECKING, DocumentStatus.READY]


class Why(StrEnum):
    """On which ground somebody reads. Written to the audit trail as it stands."""

    OWN = "own"
    CARE = "care"
    TREATING = "treating"
    SHARED = "shared"
    EMERGENCY = "emergency"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody may read, and for an emergency which one (`EmergencyAccess.id`)."""

    why: Why
    emergency: uuid.UUID | None = None

    @property
    def is_family(self) -> bool:
        """The patient, or who looks after the patient."""
        return self.why in (Why.OWN, Why.CARE)


def ground_on_record(*, user: User, patient: Patient, now: dt.datetime) -> Ground | None:
    """Why `user` may read every document of `patient` at `now`; None: they may not.

    The strongest ground first: who treats a patient needs no emergency.
    """
    if not user.is_active:
        return None
    if patient.user_id == user.pk:
        return Ground(Why.OWN)
    if Care.objects.current().filter(user=user, patient=patient).exists():
        return Ground(Why.CARE)
    if doctor := _who_works_here(user):
        if treats(doctor=doctor, patient_id=patient.pk, now=now):
            return Ground(Why.TREATING)
        active = EmergencyAccess.objects.active(now=now)
        opened = active.filter(doctor=doctor, patient=patient, user_id=user.pk)
        if emergency := opened.order_by("-ends_at").values_list("pk", flat=True).first():
            return Ground(Why.EMERGENCY, emergency)
    if user.is_staff and user.has_perm("documents.view_document"):
        return Ground(Why.STAFF)
    return None


def ground_to_read(*, user: User, document: Document, now: dt.datetime) -> Ground | None:
    """Why `user` may read this document at `now`; None: to them it does not exist.

    Says nothing of the document's state: one that is deleted or not ready is given to nobody
    (`documents.operations.open_document`). A share comes before an emergency: it is the patient's
    own wish.
    """
    ground = ground_on_record(user=user, patient=document.patient, now=now)
    if ground is not None and ground.why != Why.EMERGENCY:
        return ground
    shares = Share.objects.current().filter(document=document)
    doctor = _who_works_here(user)
    if doctor and shares.filter(doctor=doctor).exists():
        return Ground(Why.SHARED)
    return ground


def _who_works_here(user: User) -> Doctor | None:
    """A doctor who left may sign in for what is to be finished, and reads nobody's documents."""
    doctor = user.own_doctor
    return doctor if doctor and doctor.active and user.is_active else None


def documents_of(patient: Patient, *, user: User, now: dt.datetime) -> DocumentQuerySet:
    """The documents of `patient` that `user` may see at `now`, the newest first.

    The family sees what is being checked and what was refused too; the clinic's people what is
    being checked or ready; a doctor without a ground on the record what was shared with them.
    """
    kept = Document.objects.kept().filter(patient=patient).order_by("-created_at", "pk")
    ground = ground_on_record(user=user, patient=patient, now=now)
    if ground is not None:
        return kept.filter(status__in=OWN_LIST if ground.is_family else CLINIC_LIST)
    if doctor := _who_works_here(user):
        shared = Share.objects.current().filter(doctor=doctor)
        return kept.filter(status__in=CLINIC_LIST, pk__in=shared.values("document"))
    return kept.none()


def decides_over(*, user: User, document: Document, now: dt.datetime) -> bool:
    """Whether `user` may share, rename or delete the document.

    The patient may. Whoever looks after a patient may in the stead of one who does not sign in
    (a child), and otherwise over what they added themselves.
    """
    ground = ground_on_record(user=user, patient=document.patient, now=now)
    return _decides_on(ground, user, document)


def _decides_on(ground: Ground | None, user: User, document: Document) -> bool:
    if ground is None or not ground.is_family:
        return False
    if ground.why == Why.OWN:
        return True
    return document.patient.user_id is None or document.created_by_user == user.pk


def deleted_of(patient: Patient, *, user: User, now: dt.datetime) -> list[Document]:
    """What the family deleted and `user` can have back, the latest first."""
    since = now - dt.timedelta(days=settings.DOCUMENT_UNDO_DAYS)
    deleted = Document.objects.filter(
        patient=patient, deleted_at__gt=since, purging_at__isnull=True, status__in=OWN_LIST
    )
    mine = deleted_by_family(deleted, user=user).select_related("patient")
    ground = ground_on_record(user=user, patient=patient, now=now)
    return [each for each in mine.order_by("-deleted_at", "pk") if _decides_on(ground, user, each)]


def deleted_by_family(documents: DocumentQuerySet, *, user: User) -> DocumentQuerySet:
    """Of these, the ones that the user deleted, or a carer of the user did. What the clinic removed
    (another's letter, say) only the clinic brings back."""
    carers = Care.objects.filter(patient__user=user).values("user")
    return documents.filter(Q(deleted_by=user.pk) | Q(patient__user=user, deleted_by__in=carers))
