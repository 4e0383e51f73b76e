"""Taking a document in: a form for the browser, or a stream; then it waits to be checked."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction

from accounts.models import Patient, User
from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents import storage, wanted
from documents.files import plain_name, type_of
from documents.models import Document, DocumentStatus, Kind
from documents.operations.arriving import record_arrival
from documents.operations.errors import (
    EmptyFile,
    NothingArrived,
    NothingChosen,
    NotYours,
    TooLarge,
    TooManyAtOnce,
    WrongType,
)
from documents.queries import ground_on_record, ground_to_read

# More than anybody sends; a program gone wrong sends more.
MOST_AN_HOUR = 60
HOUR = dt.timedelta(hours=1)


def begin_upload(
    *,
    patient: Patient,
    user: User,
    kind: Kind,
    name: str,
    content_type: str,
    size: int,
    by: Actor,
    now: dt.datetime,
) -> tuple[Document, storage.Form]:
    """A row for a document to come, and the form by which the browser sends it to quarantine.

    `size` in bytes and `content_type` as the browser says: to refuse early, the store insists on
    both. Raises NotYours, UploadRefused, and StorageError.
    """
    accepted = check_file(name=name, content_type=content_type, size=size)
    with transaction.atomic():
        document = _added(patient, user, kind, name, accepted, by=by, now=now)
    form = storage.upload_form(
        document.upload_key,
        content_type=accepted,
        most_bytes=settings.DOCUMENT_MAX_BYTES,
        seconds=settings.DOCUMENT_FORM_SECONDS,
    )
    return document, form


def arrive(
    *,
    document_id: uuid.UUID,
    user: User,
    by: Actor,
    now: dt.datetime,
    wanted_id: uuid.UUID | None = None,
) -> Document:
    """The browser says that it has sent everything: look, and let it be checked.

    The version that lies there now is the one that counts. Said twice it is the same; without it
    the sweep finds the file later. Raises NotYours, NothingArrived, NotTied and StorageError.
    """
    document = _own(document_id, user=user, now=now)
    if document.status == DocumentStatus.AWAITED:
        stored = storage.head(document.upload_key)
        if stored is None:
            raise NothingArrived
        record_arrival(document_id=document.pk, stored=stored, by=by, now=now)
        document.refresh_from_db(from_queryset=Document.objects.select_related("patient"))
    if wanted_id is not None:
        wanted.fulfil(wanted_id=wanted_id, document_id=document.pk, by=by, now=now)
    return document


def take_in(
    *,
    patient: Patient,
    user: User,
    kind: Kind,
    name: str,
    stored: storage.Stored,
    by: Actor,
    now: dt.datetime,
    wanted_id: uuid.UUID | None = None,
) -> Document:
    """A document that came through us and lies in quarantine as `stored` says.

    Raises NotYours and UploadRefused; what lies there is then for the caller to remove. Raises
    NotTied when it is taken in, and who waits for it could not be told.
    """
    accepted = check_file(name=name, content_type=stored.content_type, size=stored.size)
    with transaction.atomic():
        key = stored.key
        document = _added(patient, user, kind, name, accepted, by=by, now=now, key=key)
        record_arrival(document_id=document.pk, stored=stored, by=by, now=now)
        document.refresh_from_db()
    if wanted_id is not None:
        wanted.fulfil(wanted_id=wanted_id, document_id=document.pk, by=by, now=now)
    return document


def may_upload(*, user: User, patient: Patient, now: dt.datetime) -> bool:
    """The patient, and who looks after the patient; and staff, who scan what was brought. To a
    record that was erased nobody adds anything."""
    if patient.erased_at is not None:
        return False
    if user.is_active and user.is_staff and user.has_perm("documents.add_document"):
        return True
    ground = ground_on_record(user=user, patient=patient, now=now)
    return ground is not None and ground.is_family


def check_file(*, name: str, content_type: str, size: int) -> str:
    """The type as which it is taken in. Raises UploadRefused, with what to do instead."""
    if not plain_name(name):
        raise NothingChosen
    accepted = type_of(plain_name(name), content_type)
    if not accepted:
        raise WrongType
    if size <= 0:
        raise EmptyFile
    if size > settings.DOCUMENT_MAX_BYTES:
        raise TooLarge
    return accepted


def _added(
    patient: Patient,
    user: User,
    kind: Kind,
    name: str,
    content_type: str,
    *,
    by: Actor,
    now: dt.datetime,
    key: str = "",
) -> Document:
    patient = _still_there(patient)
    if not may_upload(user=user, patient=patient, now=now):
        raise NotYours
    if Document.objects.filter(patient=patient, created_at__gt=now - HOUR).count() >= MOST_AN_HOUR:
        raise TooManyAtOnce
    document = Document.objects.create(
        patient=patient,
        kind=kind,
        name=plain_name(name),
        created_at=now,
        created_by=by.label,
        created_by_user=user.pk,
        upload_key=key or storage.new_key(storage.UPLOADS),
        declared_type=content_type,
    )
    record_audit(
        action="document.added",
        subject=document,
        patient_id=patient.pk,
        by=by,
        now=now,
        data={"kind": document.kind},
    )
    return document


def _still_there(patient: Patient) -> Patient:
    """The row, locked against who puts two records together or erases one: nothing is added behind
    their backs, and the uploads of an hour are counted one after the other."""
    locked = Patient.objects.select_for_update(of=("self",), no_key=True)
    found = locked.filter(pk=patient.pk, erased_at__isnull=True).first()
    if found is None:
        raise NotYours
    return found


def _own(document_id: uuid.UUID, *, user: User, now: dt.datetime) -> Document:
    """A document of somebody whom the user is or looks after."""
    kept = Document.objects.kept().select_related("patient")
    document = kept.filter(pk=document_id).first()
    ground = document and ground_to_read(user=user, document=document, now=now)
    if document is None or not ground or not ground.is_family:
        raise NotYours
    return document
