"""Opening a document: permission, then the line in the audit trail, and only then its bytes."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction

from accounts.models import AuditEvent, Patient, User
from accounts.operations import record_audit
from accounts.queries import Look, looks_at
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus, Page
from documents.operations.errors import NotReady, NotYours
from documents.queries import (
    CLINIC_LIST,
    OWN_LIST,
    Ground,
    Why,
    documents_of,
    ground_on_record,
    ground_to_read,
)

READ = "document.read"
LISTED = "documents.listed"
# The pictures of a page that was opened come without a line of their own for so long.
LOOK = dt.timedelta(minutes=15)


def list_documents(*, patient: Patient, user: User, by: Actor, now: dt.datetime) -> list[Document]:
    """What `user` may see of the patient's documents, the newest first; one line says that
    they were listed, or that there are none. Nobody learns here whether there are any that may
    not be seen: of who may see nothing no line speaks."""
    with transaction.atomic():
        found = list(documents_of(patient, user=user, now=now).select_related("patient"))
        ground = ground_on_record(user=user, patient=patient, now=now)
        if found or ground:
            data = _reasons(ground or Ground(Why.SHARED))
            record_audit(action=LISTED, subject=patient, by=by, now=now, data=data)
    return found


def list_looks(
    *,
    patient: Patient,
    user: User,
    before: int | None,
    own: bool,
    limit: int,
    by: Actor,
    now: dt.datetime,
) -> list[Look]:
    """Who looked at the patient's record, for the patient and who looks after the patient; see
    `accounts.queries.looks_at`. Raises NotYours."""
    ground = ground_on_record(user=user, patient=patient, now=now)
    if ground is None or not ground.is_family:
        raise NotYours
    looks = looks_at(patient.pk, before=before, own=own, limit=limit)
    record_audit(action="looks.viewed", subject=patient, by=by, now=now, data=_reasons(ground))
    return looks


def look_at(
    *, document_id: uuid.UUID, user: User, by: Actor, now: dt.datetime
) -> tuple[Document, Ground]:
    """What a page about a document shows, and why `user` may see it. The look is on record when
    this returns, also at what is called by a name and cannot be opened (yet). Raises NotYours.
    """
    with transaction.atomic(durable=True):
        document, ground = look_up(document_id=document_id, user=user, now=now)
        ready = document.status == DocumentStatus.READY
        _record(document, ground, by=by, now=now, how="page" if ready else "name")
    return document, ground


def open_document(*, document_id: uuid.UUID, user: User, by: Actor, now: dt.datetime) -> Document:
    """A document that is ready, for `user` to take away; that is on record when it returns.

    The line is committed, which is why this
    refuses to run inside a transaction: a link that exists has been written down, whatever becomes
    of the answer. Raises NotYours (also when the document was deleted) and NotReady.
    """
    with transaction.atomic(durable=True):
        document, ground = _permitted(document_id, user=user, now=now)
        if document.status != DocumentStatus.READY:
            raise NotReady
        _record(document, ground, by=by, now=now, how="file")
    return document


def open_page(
    *, document_id: uuid.UUID, number: int, user: User, by: Actor, now: dt.datetime
) -> Page:
    """The picture of one page, for `user` to look at. Raises NotYours and NotReady.

    A look at a document asks for many pictures and is one line: another is written when this
    person's last look is longer ago, or was on another ground.
    """
    with transaction.atomic(durable=True):
        document, ground = _permitted(document_id, user=user, now=now)
        if document.status != DocumentStatus.READY:
            raise NotReady
        page = document.pages.filter(number=number).first()
        if page is None:
            raise NotYours
        if not _looked_just_now(document, ground, user=user, now=now):
            _record(document, ground, by=by, now=now, how="page")
    page.document = document
    return page


def look_up(*, document_id: uuid.UUID, user: User, now: dt.datetime) -> tuple[Document, Ground]:
    """What a document is and why `user` may know of it: its row, without anything of its bytes.

    Raises NotYours: of what came to nothing only the family is told.
    """
    document, ground = _permitted(document_id, user=user, now=now)
    if document.status not in (OWN_LIST if ground.is_family else CLINIC_LIST):
        raise NotYours
    return document, ground


def _permitted(document_id: uuid.UUID, *, user: User, now: dt.datetime) -> tuple[Document, Ground]:
    found = Document.objects.kept().select_related("patient").filter(pk=document_id).first()
    if found is None or (ground := ground_to_read(user=user, document=found, now=now)) is None:
        raise NotYours
    return found, ground


def _record(document: Document, ground: Ground, *, by: Actor, now: dt.datetime, how: str) -> None:
    data = {**_reasons(ground), "how": how}
    record_audit(
        action=READ, subject=document, patient_id=document.patient_id, by=by, now=now, data=data
    )


def _reasons(ground: Ground) -> dict[str, Any]:
    data = {"ground": ground.why.value}
    return {**data, "emergency": str(ground.emergency)} if ground.emergency else data


def _looked_just_now(document: Document, ground: Ground, *, user: User, now: dt.datetime) -> bool:
    looks = AuditEvent.objects.filter(
        subject_id=str(document.pk),
        action=READ,
        user_id=user.pk,
        at__gt=now - LOOK,
        at__lte=now,
        data__ground=ground.why.value,
        data__how__in=["page", "file"],
    )
    if ground.emergency:
        looks = looks.filter(data__emergency=str(ground.emergency))
    return looks.exists()
